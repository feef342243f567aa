package relay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// mailed is a world whose accounts have an e-mail address to log in with, beside the key.
func mailed(t *testing.T, key string, adopt tenants.Adoption) *relaytest.World {
	t.Helper()
	w := relaytest.New(t)
	m, faults := connectors.CompileMapping(connectors.Source{Product: []byte(`
key: ` + key + `
fields:
  name: user.displayName
  email: value(user.emails, "work")
`)})
	if len(faults) > 0 {
		t.Fatal(configs.Faults(faults))
	}
	w.Session.Mapping, w.Session.Target.Adopt = m, adopt
	return w
}

func ana(mail string) scim.Document {
	return scim.Document{"displayName": "Ana Real", "externalId": "E-7", "emails": []any{scim.Document{"type": "work", "value": mail}}}
}

// V35, X60, reliability rules 3.2 step 5: whoever can write a user name into the directory must not
// take over the account that has it by writing an address of their own beside it.
func TestAnAccountIsAdoptedAndKeepsWhatItLogsInWith(t *testing.T) {
	t.Parallel()
	adopted := board.Begin(t, "V35").Sum("accounts adopted that another hand had made", 4)
	for name, c := range map[string]struct {
		key   string
		adopt tenants.Adoption
		mail  string
	}{
		"by a weak key":                {"user.userName", "", "victim@acme.test"},
		"carefully":                    {"user.userName", tenants.AdoptCarefully, "victim@acme.test"},
		"fully, as the tenant says":    {"user.userName", tenants.AdoptFully, "mallory@evil.test"},
		"by a key nobody logs in with": {"user.externalId", "", "mallory@evil.test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mailed(t, c.key, c.adopt)
			key := "ana"
			if c.key == "user.externalId" {
				key = "E-7"
			}
			w.Vendor.Put(key, true, map[string]any{"name": "Old", "email": "victim@acme.test"})
			id := w.Person("ana", ana("mallory@evil.test"))
			w.Turn()
			synced(t, w, id)
			a := account(t, w, key, true)
			adopted.Add(1)
			if a.Fields["email"] != c.mail || a.Fields["name"] != "Ana Real" {
				t.Errorf("account %+v", a)
			}
			k, _ := w.Link(id)
			if left := c.mail == "victim@acme.test"; left != strings.Contains(k.Detail, "what it logs in with is left as it is until the next change (email)") {
				t.Errorf("it says %q", k.Detail)
			}
			w.Change(id, "ana", scim.Document{"displayName": "Anna", "externalId": "E-7", "emails": ana("new@acme.test")["emails"]})
			w.Turn()
			if a := account(t, w, key, true); a.Fields["email"] != "new@acme.test" {
				t.Errorf("after the next change: %+v", a)
			}
		})
	}
}

func TestATargetThatAdoptsNobodySetsThePersonAside(t *testing.T) {
	t.Parallel()
	w := mailed(t, "user.userName", tenants.AdoptNever)
	w.Vendor.Put("Ana", true, map[string]any{"name": "Old"})
	id := w.Person("ana", ana("ana@acme.test"))
	w.Turn()
	if k, _ := w.Link(id); k.State != "escrow" || k.Fault != "ambiguous" || k.VendorID != "" || k.Detail == "" {
		t.Errorf("link %+v", k)
	}
	silent(t, w)
}

// What a lost create has made is the link's own, whatever the target says about others'.
func TestWhatALostCreateMadeIsNobodyElses(t *testing.T) {
	t.Parallel()
	for _, adopt := range []tenants.Adoption{"", tenants.AdoptNever} {
		w := mailed(t, "user.userName", adopt)
		lost(w, true)
		id := w.Person("ana", ana("ana@acme.test"))
		w.Turn()
		w.Vendor.After = nil
		w.Change(id, "ana", ana("ana.new@acme.test")) // before anybody knows that the first was made
		w.Clock.Advance(time.Minute)
		w.Turn()
		synced(t, w, id)
		if a := account(t, w, "ana", true); a.Fields["email"] != "ana.new@acme.test" || w.Vendor.Accounts() != 1 {
			t.Errorf("adopt %q: account %+v", adopt, a)
		}
	}
}

// V35: an account is made by hand while the vendor could not be reached.
func TestAnAccountThatAppearsWhileWeAreAwayIsAdoptedOnce(t *testing.T) {
	t.Parallel()
	board.Begin(t, "V35")
	w := relaytest.New(t)
	w.Vendor.Before = func(context.Context, relaytest.Operation, string) error {
		return connectors.Faultf(connectors.Transient, "away")
	}
	id := w.Person("ana", nil)
	w.Turn()
	made := w.Vendor.Put("ANA", true, nil)
	w.Vendor.Before = nil
	w.Clock.Advance(time.Minute)
	w.Turn()
	if k := synced(t, w, id); k.VendorID != made || w.Vendor.Accounts() != 1 {
		t.Errorf("link %+v", k)
	}
}
