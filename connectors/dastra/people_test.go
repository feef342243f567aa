package dastra_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

func TestWhatIsSent(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		want := o.record("7f0c", "lea@acme.test", nil)
		renamed := o.record("7f0c", "lea.roy@acme.test", map[string]any{"name": map[string]any{"givenName": "Léa"}})
		make := []string{"POST /v1/TenantUsers 200"}
		change := []string{"GET /v1/TenantUsers/4002 200", "PUT /v1/TenantUsers/4002 200"}
		if v.relays {
			make = []string{"POST /scim/v2/Users 201", "GET /v1/TenantUsers 200", "GET /v1/ws/573/RoleUserWorkSpaces/4002 200"}
			change = []string{"GET /v1/TenantUsers/4002 200", "GET /scim/v2/Users 200", "PATCH /scim/v2/Users/ulm6 200"}
		}
		read := []string{"GET /v1/TenantUsers/4002 200", "GET /v1/ws/573/RoleUserWorkSpaces/4002 200"}
		var have connectors.Remote
		for _, step := range []struct {
			name string
			do   func() error
			want []string
		}{
			{"the first look", func() error {
				if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
					return err
				}
				return nil
			}, []string{"GET /v1/TenantUsers 200"}},
			{"create", func() (err error) { have, err = o.Connector.Create(t.Context(), want); return err }, make},
			{"find by e-mail", func() error { have = o.find(want); return nil }, []string{"GET /v1/TenantUsers 200", read[1]}},
			{"find by id", func() error { want.VendorID, renamed.VendorID = have.ID, have.ID; have = o.find(want); return nil }, read},
			{"update to the same", func() error { _, err := o.Connector.Update(t.Context(), have, want); return err }, nil},
			{"update", func() (err error) { have, err = o.Connector.Update(t.Context(), have, renamed); return err }, change},
			{"deactivate", func() (err error) { have, err = o.Connector.Deactivate(t.Context(), have); return err },
				[]string{"POST /v1/ws/573/Users/4002/revoke 200"}},
			{"update who is away", func() (err error) { have, err = o.Connector.Update(t.Context(), have, renamed); return err }, nil},
			{"reactivate", func() (err error) { have, err = o.Connector.Reactivate(t.Context(), have, renamed); return err },
				[]string{"POST /v1/ws/573/RoleUserWorkSpaces/4002/3 200"}},
		} {
			before := o.Count()
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if diff := cmp.Diff(step.want, o.Calls(before)); diff != "" {
				t.Errorf("%s:\n%s", step.name, diff)
			}
		}
		row := o.Native("lea.roy@acme.test")
		if row["username"] != "lea.roy@acme.test" || row["givenName"] != "Léa" || row["displayName"] != "Léa Roy" || have.Key != "lea.roy@acme.test" {
			t.Error(row)
		}
	})
}

// Entra leaves out what a person no longer has; other directories say so.
func TestANameThatIsGoneIsCleared(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		want := o.record("1", "lea@acme.test", nil)
		o.make(&want)
		want.Fields["familyName"] = nil
		for range 2 {
			if _, err := o.Connector.Update(t.Context(), o.find(want), want); err != nil {
				t.Fatal(err)
			}
		}
		if got := o.Native("lea@acme.test")["familyName"]; got != nil {
			t.Error(got)
		}
	})
}

func TestUserNameIsTheEmailOfTheLogin(t *testing.T) {
	o := newOffice(t, variant{})
	other := []any{map[string]any{"type": "work", "value": "lea@mail.acme.test"}}
	for _, c := range []struct{ userName, key string }{{"lea@acme.test", "lea@acme.test"}, {"lea", "lea@mail.acme.test"}} {
		if got := o.record("1", c.userName, map[string]any{"emails": other}).Key; got != c.key {
			t.Errorf("%s: the key is %q", c.userName, got)
		}
	}
	if _, err := o.Mapping.Record("1", person("lea", map[string]any{"emails": nil})); !connectors.Is(err, connectors.Invalid) {
		t.Errorf("nobody can be without an e-mail: %v", err)
	}
	want := o.record("1", "lea@acme.test", nil)
	o.make(&want)
	before := o.Count()
	louder := o.record("1", "LEA@acme.test", nil)
	if _, err := o.Connector.Update(t.Context(), o.find(louder), louder); err != nil || strings.Contains(strings.Join(o.Calls(before), " "), "PUT") {
		t.Errorf("letter case alone was sent: %v %v", o.Calls(before), err)
	}
}

// A PUT takes the whole person: what people wrote into their profiles must survive ours.
func TestAnUpdateKeepsWhatIsNotTheDirectorys(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		want := o.record("1", "lea@acme.test", nil)
		have := o.make(&want)
		o.admin("PUT", "/v1/TenantUsers/"+have.ID, `{"email":"lea@acme.test","givenName":"Léa","familyName":"Roy","displayName":"Léa Roy","bio":"DPO since 2019","phoneNumber":"+33 1"}`)
		want.Fields["familyName"] = "Roy-Petit"
		if _, err := o.Connector.Update(t.Context(), o.find(want), want); err != nil {
			t.Fatal(err)
		}
		if row := o.Native("lea@acme.test"); row["bio"] != "DPO since 2019" || row["phoneNumber"] != "+33 1" || row["familyName"] != "Roy-Petit" {
			t.Error(row)
		}
	})
}

func TestAnEmailOfSomebodyElse(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		lea, eva := o.record("1", "lea@acme.test", nil), o.record("2", "eva@acme.test", nil)
		o.make(&lea)
		o.make(&eva)
		if _, err := o.Connector.Create(t.Context(), o.record("3", "LEA@acme.test", nil)); !connectors.Is(err, connectors.Exists) {
			t.Errorf("create: %v", err)
		}
		eva.Fields["email"] = "lea@acme.test"
		if _, err := o.Connector.Update(t.Context(), o.find(eva), eva); !connectors.Is(err, connectors.Exists) {
			t.Errorf("update: %v", err)
		}
	})
}

func TestWhatDastraDoesNotKeepIsReported(t *testing.T) {
	o := newOffice(t, variant{})
	doc := person("lea@acme.test", map[string]any{"addresses": []any{map[string]any{"type": "work", "country": "FR"}},
		scim.SchemaEnterprise: map[string]any{"organization": "Acme"}})
	want := []string{"addresses", scim.SchemaEnterprise + ":organization"}
	if diff := cmp.Diff(want, o.Mapping.NotForwarded(doc)); diff != "" {
		t.Error(diff)
	}
}

func TestALaggingSearchDoesNotMakeASecondPerson(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		o.Turn(`{"search_lag": "30s"}`)
		want := o.record("1", "lea@acme.test", nil)
		_, err := o.Connector.Create(t.Context(), want)
		if fault := connectors.FaultOf(err); v.relays && (fault == nil || fault.Class != connectors.Unknown || !fault.Uncertain) || !v.relays && fault != nil {
			t.Fatal(err)
		}
		if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
			t.Fatal(err)
		}
		if _, err := o.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Exists) {
			t.Fatal(err)
		}
		o.Clock.Advance(31_000_000_000)
		o.find(want)
	})
}

func TestNewPeopleAreInvitedAsTheTargetSays(t *testing.T) {
	invite := func(how string) func(*simhost.Sample) {
		return func(s *simhost.Sample) { s.Defaults["invite"] = how }
	}
	t.Run("none", func(t *testing.T) {
		o := newOffice(t, variant{}, invite("none"))
		want := o.record("1", "lea@acme.test", nil)
		o.make(&want)
		if o.Native("lea@acme.test")["isInvited"] != false || o.Count() != 1 {
			t.Error(o.Calls(0))
		}
	})
	t.Run("invitation", func(t *testing.T) {
		o := newOffice(t, variant{}, invite("invitation"))
		want := o.record("1", "lea@acme.test", nil)
		o.make(&want)
		if o.Native("lea@acme.test")["isInvited"] != true {
			t.Error("nobody was invited")
		}
	})
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v, invite("reset_password"))
		want := o.record("1", "lea@acme.test", nil)
		made := o.make(&want)
		if calls := o.Calls(0); calls[len(calls)-1] != "POST /v1/TenantUsers/resetpassword/4002 200" || len(made.Notes) != 0 {
			t.Error(calls, made.Notes)
		}
		o.Turn(`{"rules": [{"path": "/v1/TenantUsers/resetpassword/*", "status": 500}]}`)
		other := o.record("2", "eva@acme.test", nil)
		if made := o.make(&other); len(made.Notes) != 1 || !strings.Contains(made.Notes[0], "send it from Dastra") {
			t.Error(made.Notes)
		}
	})
}

func TestSingleSignOnIsSetAtCreation(t *testing.T) {
	o := newOffice(t, variant{}, func(s *simhost.Sample) { s.Defaults["sso_configuration_id"] = 77 })
	want := o.record("1", "lea@acme.test", nil)
	o.make(&want)
	if got := o.Native("lea@acme.test")["ssoConfigurationId"]; got != int64(77) {
		t.Error(got)
	}
}

// What the vendor documents of its SCIM is what is sent, and nothing else.
func TestSCIMGetsTheDocumentedAttributes(t *testing.T) {
	o := newOffice(t, variant{relays: true})
	want := o.record("1", "lea@acme.test", map[string]any{"title": "DPO"})
	o.make(&want)
	request := o.scim("GET", `/scim/v2/Users?filter=userName+eq+%22lea@acme.test%22`)
	for _, part := range []string{`"externalId":"ext-lea@acme.test"`, `"userName":"lea@acme.test"`, `"givenName":"Léa"`, `"displayName":"Léa Roy"`, `"active":true`} {
		if !strings.Contains(request, part) {
			t.Errorf("%s is missing in %s", part, request)
		}
	}
}

func TestPhoneAndLanguageCanBeMapped(t *testing.T) {
	o := newOffice(t, variant{}, func(s *simhost.Sample) {
		s.Target = map[string]any{"mapping": map[string]any{"language": `language(user.preferredLanguage, {"fr": "fr", "en": "en"})`}}
	})
	want := o.record("1", "lea@acme.test", map[string]any{"preferredLanguage": "en-GB"})
	o.make(&want)
	if got := o.Native("lea@acme.test")["language"]; got != "en" {
		t.Error(got)
	}
}
