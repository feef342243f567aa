package sage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
)

func TestWhatIsSent(t *testing.T) {
	o := newOffice(t, noTable)
	want := o.record("7f0c", "ana.ruiz@acme.test", map[string]any{"preferredLanguage": "es-ES"})
	steps := []struct {
		name string
		do   func() error
		want []string
	}{
		{"create", func() error { _, err := o.Connector.Create(t.Context(), want); return err },
			[]string{"POST /login 200", "POST /users 200", "PUT /users/101/roles 200"}},
		{"find by e-mail", func() error { _, err := o.Connector.Find(t.Context(), want); want.VendorID = "101"; return err },
			[]string{"GET /users 200"}},
		{"find by id", func() error { _, err := o.Connector.Find(t.Context(), want); return err }, []string{"GET /users/101 200"}},
		{"update to the same", func() error { _, err := o.Connector.Update(t.Context(), o.Find(want), want); return err },
			[]string{"GET /users/101 200"}},
		{"update", func() error {
			want = o.record("7f0c", "ana.ruiz@acme.test", map[string]any{"name": map[string]any{"givenName": "Ana", "familyName": "Ruiz Gil"}})
			want.VendorID = "101"
			_, err := o.Connector.Update(t.Context(), o.Find(want), want)
			return err
		}, []string{"GET /users/101 200", "PUT /users/101 200"}},
		{"deactivate", func() error { _, err := o.Connector.Deactivate(t.Context(), o.Find(want)); return err },
			[]string{"GET /users/101 200", "PUT /users/101 200"}},
		{"reactivate", func() error { _, err := o.Connector.Reactivate(t.Context(), o.Find(want), want); return err },
			[]string{"GET /users/101 200", "PUT /users/101 200"}},
	}
	for _, step := range steps {
		before := o.Count()
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, o.Calls(before)); diff != "" {
			t.Errorf("%s:\n%s", step.name, diff)
		}
	}
	row := o.Native("ana.ruiz@acme.test")
	got := map[string]any{}
	for _, name := range []string{"name", "lastName", "nic", "phone", "phoneExtension", "idPrefix", "dbLanguage", "uiLanguage", "extId", "isActive", "level", "roles"} {
		got[name] = row[name]
	}
	if diff := cmp.Diff(map[string]any{"name": "Ana", "lastName": "Ruiz Gil", "nic": "ana.ruiz", "phone": "600100200", "phoneExtension": "+34",
		"idPrefix": int64(69), "dbLanguage": "EN", "uiLanguage": "ES", "extId": "gw:7f0c", "isActive": true, "level": int64(1), "roles": []int64{3}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatSageNeeds(t *testing.T) {
	noPhone := func(s *simhost.Sample) { delete(s.Defaults, "phone") }
	noPrefix := func(s *simhost.Sample) {
		delete(s.Defaults, "id_prefix")
		delete(s.Defaults, "id_prefixes")
	}
	for name, c := range map[string]struct {
		office  func(*simhost.Sample)
		email   string
		changes map[string]any
		want    string
	}{
		"phone":       {noPhone, "ana@acme.test", map[string]any{"phoneNumbers": nil}, "defaults.phone"},
		"country":     {noPrefix, "ana@acme.test", nil, "defaults.id_prefix"},
		"e-mail":      {noPhone, "ana", map[string]any{"emails": nil}, "e-mail"},
		"placeholder": {func(*simhost.Sample) {}, "ana@acme.test", map[string]any{"phoneNumbers": nil}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, c.office)
			_, err := o.Connector.Create(t.Context(), o.record("1", c.email, c.changes))
			if c.want == "" {
				if err != nil || o.Native(c.email)["phone"] != "000000000" {
					t.Fatal(err)
				}
				return
			}
			if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), c.want) || o.Count() != 0 {
				t.Fatalf("%d calls, %v", o.Count(), err)
			}
		})
	}
}

// Sage wants both names; who has one or none gets the other from what there is.
func TestPeopleWithoutBothNamesAreMadeAllTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		changes     map[string]any
		first, last string
	}{
		"one name":       {map[string]any{"name": map[string]any{"givenName": "Madonna"}}, "Madonna", "Madonna"},
		"a display name": {map[string]any{"name": nil, "displayName": "Desk 12"}, "Desk 12", "Desk 12"},
		"a user name":    {map[string]any{"name": nil, "displayName": nil, "userName": "ana@acme.test"}, "ana", "ana"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			if _, err := o.Connector.Create(t.Context(), o.record("1", "ana@acme.test", c.changes)); err != nil {
				t.Fatal(err)
			}
			if made := o.Native("ana@acme.test"); made["name"] != c.first || made["lastName"] != c.last {
				t.Errorf("made %v", made)
			}
		})
	}
}

func TestAnUpdateLeavesAloneWhatTheDirectoryDoesNotSay(t *testing.T) {
	o := newOffice(t)
	o.create("1", "ana@acme.test")
	want := o.record("1", "ANA@acme.test", map[string]any{"phoneNumbers": nil, "name": map[string]any{"givenName": "Ana"}, "userName": "ana@acme.test"})
	before := o.Count()
	have := o.Find(want)
	if _, err := o.Connector.Update(t.Context(), have, want); err != nil {
		t.Fatal(err)
	}
	if calls := strings.Join(o.Calls(before), " "); strings.Contains(calls, "PUT") {
		t.Errorf("an update was sent: %s", calls)
	}
}

func TestLanguages(t *testing.T) {
	o := newOffice(t)
	for i, c := range [][2]string{{"fr-FR", "EN"}, {"en-US", "US"}, {"en-GB", "EN"}, {"pt-BR", "BR"}, {"pt", "PT"}, {"de_DE", "DE"}, {"", "EN"}} {
		changes := map[string]any{"preferredLanguage": c[0]}
		if c[0] == "" {
			changes = nil
		}
		email := string(rune('a'+i)) + "@acme.test"
		if _, err := o.Connector.Create(t.Context(), o.record(email, email, changes)); err != nil {
			t.Fatal(err)
		}
		if got := o.Native(email)["uiLanguage"]; got != c[1] {
			t.Errorf("%q became %v", c[0], got)
		}
	}
}
