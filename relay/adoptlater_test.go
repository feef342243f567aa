package relay_test

import (
	"context"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// victim puts the account of somebody else at the vendor.
func victim(w *relaytest.World, key string) {
	w.Vendor.Put(key, true, map[string]any{"name": "Old", "email": "victim@acme.test"})
}

// wantMail fails when the account under the key logs in with another address.
func wantMail(t *testing.T, w *relaytest.World, key, mail string) {
	t.Helper()
	if a, _ := w.Vendor.Account(key); a.Fields["email"] != mail {
		t.Errorf("%s logs in with %v, want %s", key, a.Fields["email"], mail)
	}
}

// bossed is a mailed world whose people have a manager too.
func bossed(t *testing.T) *relaytest.World {
	t.Helper()
	w := mailed(t, "user.userName", "")
	m, faults := connectors.CompileMapping(connectors.Source{Product: []byte(`
key: user.userName
fields:
  name: user.displayName
  email: value(user.emails, "work")
  boss: reference(user.manager)
`)})
	if len(faults) > 0 {
		t.Fatal(configs.Faults(faults))
	}
	w.Session.Mapping = m
	return w
}

// X60, reliability rules 3.2 step 5: the step that adopts is not over with the first run. However
// often it is tried, what the account logs in with waits for the person's next change.
func TestAnAdoptionThatTakesSeveralRunsLeavesTheLoginAlone(t *testing.T) {
	t.Parallel()
	for name, adopt := range map[string]func(*testing.T, *relaytest.World) (id string){
		"the vendor was away": func(_ *testing.T, w *relaytest.World) string {
			w.Vendor.Before = refuses(relaytest.Update, "ana", connectors.Transient)
			id := w.Person("ana", ana("mallory@evil.test"))
			w.Turn()
			w.Vendor.Before = nil
			w.Clock.Advance(time.Minute)
			return id
		},
		"the manager had no account yet": func(_ *testing.T, w *relaytest.World) string {
			w.Vendor.Before = refuses(relaytest.Create, "boss", connectors.Invalid)
			boss := w.Person("boss", nil)
			doc := ana("mallory@evil.test")
			for name, value := range relaytest.Boss(boss) {
				doc[name] = value
			}
			id := w.Person("ana", doc)
			w.Turn()
			w.Vendor.Before = nil
			w.Change(boss, "boss", scim.Document{"title": "Head"})
			return id
		},
		"the process died before it recorded it": func(_ *testing.T, w *relaytest.World) string {
			id := w.Person("ana", ana("mallory@evil.test"))
			w.Chunk(w.Begin())
			w.End()
			return id
		},
		"the target has new settings": func(t *testing.T, w *relaytest.World) string {
			mend := func(settings string) {
				if err := w.Store.Targets.Mend(t.Context(), relaytest.Tenant, relaytest.Target, settings); err != nil {
					t.Fatal(err)
				}
			}
			id := w.Person("ana", ana("mallory@evil.test"))
			w.Turn()
			mend("first")
			w.Session.Target.OnDelete = "delete" // which changes what records come to
			mend("second")
			return id
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bossed(t)
			victim(w, "ana")
			id := adopt(t, w)
			w.Turn()
			synced(t, w, id)
			wantMail(t, w, "ana", "victim@acme.test")
			w.Change(id, "ana", ana("new@acme.test"))
			w.Turn()
			wantMail(t, w, "ana", "new@acme.test")
		})
	}
}

func refuses(op relaytest.Operation, key string, class connectors.Class) func(context.Context, relaytest.Operation, string) error {
	fails := failsTo(op, key, class)
	return func(_ context.Context, op relaytest.Operation, key string) error { return fails(op, key) }
}

// X60: who had an account here once has no claim on somebody else's by a new user name.
func TestWhoHadAnAccountHasNoClaimOnAnothers(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, w *relaytest.World) (id string){
		"it vanished": func(_ *testing.T, w *relaytest.World) string {
			id := w.Person("mallory", ana("mallory@evil.test"))
			w.Turn()
			w.Vendor.Remove("mallory")
			return id
		},
		"it vanished, and that is known": func(_ *testing.T, w *relaytest.World) string {
			id := w.Person("mallory", ana("mallory@evil.test"))
			w.Turn()
			w.Vendor.Remove("mallory")
			w.Change(id, "mallory", inactive())
			w.Turn()
			w.Clock.Advance(30 * time.Second)
			w.Turn()
			return id
		},
		"it is spent": func(_ *testing.T, w *relaytest.World) string {
			w.Vendor.Kind = connectors.DeactivateAnonymise
			w.Session.Capabilities.Deactivate, w.Session.Capabilities.CreateInactive = connectors.DeactivateAnonymise, false
			id := w.Person("mallory", ana("mallory@evil.test"))
			w.Turn()
			w.Change(id, "mallory", inactive())
			w.Turn()
			return id
		},
	} {
		for _, adopt := range []tenants.Adoption{"", tenants.AdoptNever} {
			t.Run(name+", adopt "+string(adopt), func(t *testing.T) {
				t.Parallel()
				w := mailed(t, "user.userName", adopt)
				id := lose(t, w)
				victim(w, "victim")
				w.Change(id, "victim", ana("mallory@evil.test"))
				for range 3 {
					w.Turn()
					w.Clock.Advance(30 * time.Second)
				}
				wantMail(t, w, "victim", "victim@acme.test")
				if k, _ := w.Link(id); adopt == tenants.AdoptNever && (k.State != "escrow" || k.Fault != "ambiguous") {
					t.Errorf("link %+v", k)
				}
			})
		}
	}
}

// What the link held is its own, by the key it had there or by its id.
func TestWhoReturnsGetsTheirAccountBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shown   string // the key the vendor shows on the account, when it is not the one it was made with
		returns string // the key the person has then
		anew    bool   // the vendor keeps it under another id by then
	}{
		"by the key it was made with":  {"", "ana", true},
		"by the key it has been given": {"anna", "anna", true},
		"by its id":                    {"", "anna", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mailed(t, "user.userName", tenants.AdoptNever)
			w.Session.Capabilities.Deactivate, w.Session.Capabilities.CreateInactive = connectors.DeactivateRemove, false
			v := &organisation{Vendor: w.Vendor, shown: c.shown}
			w.Session.Connector = v
			id := w.Person("ana", ana("ana@acme.test"))
			w.Turn()
			w.Change(id, "ana", inactive())
			w.Turn()
			if c.anew {
				w.Vendor.Remove("ana")
				w.Vendor.Put("ana", true, nil)
			}
			w.Change(id, c.returns, ana("ana.new@acme.test"))
			w.Turn()
			synced(t, w, id)
			wantMail(t, w, "ana", "ana.new@acme.test")
			if n := w.Vendor.Accounts(); n != 1 {
				t.Errorf("%d accounts", n)
			}
		})
	}
}

// organisation is a vendor of one account, which goes on without the organisation and comes back
// with it, whatever key it is searched by.
type organisation struct {
	*relaytest.Vendor
	out   bool
	shown string
}

// Find implements connectors.Connector.
func (o *organisation) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	if o.out && want.VendorID != "" {
		return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "nobody of this organisation")
	}
	if want.VendorID == "" {
		want.Key = "ana"
	}
	have, err := o.Vendor.Find(ctx, want)
	if o.shown != "" {
		have.Key = o.shown
	}
	return have, err
}

// Deactivate implements connectors.Deactivator.
func (o *organisation) Deactivate(_ context.Context, have connectors.Remote) (connectors.Remote, error) {
	o.out, have.Active = true, false
	return have, nil
}
