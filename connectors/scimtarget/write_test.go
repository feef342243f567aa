package scimtarget_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
)

func TestAServerWithoutPatchGetsPutAfterOneRefusal(t *testing.T) {
	for name, knobs := range map[string]string{"discovery says so": `{"put_only": true}`, "discovery lies": `{"no_patch": true}`} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, knobs)
			made := o.Create(o.record("ana@acme.test", nil))
			before := o.Count()
			for range 2 {
				if _, err := o.Connector.Deactivate(t.Context(), made); err != nil {
					t.Fatal(err)
				}
			}
			want := []string{"GET /Users/* 200", "PUT /Users/* 200", "GET /Users/* 200", "PUT /Users/* 200"}
			if name == "discovery lies" {
				want = append([]string{"PATCH /Users/* 501"}, want...)
			}
			if got := o.Calls(before); !slices.Equal(got, want) {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestAServerWithoutPutGetsPatch(t *testing.T) {
	o := newOffice(t, `{"no_put": true, "rules": [{"path": "/scim/v2/ServiceProviderConfig", "status": 200, "body": {"patch": {"supported": false}}}]}`)
	made := o.Create(o.record("ana@acme.test", nil))
	if off, err := o.Connector.Deactivate(t.Context(), made); err != nil || off.Active {
		t.Error(err)
	}
}

func TestTheTargetsMethodIsTheOnlyOne(t *testing.T) {
	o := newOffice(t, `{"no_patch": true}`, defaults(map[string]any{"update": "patch"}))
	made := o.Create(o.record("ana@acme.test", nil))
	if _, err := o.Connector.Deactivate(t.Context(), made); !connectors.Is(err, connectors.Denied) {
		t.Error(err)
	}
	o = newOffice(t, `{}`, defaults(map[string]any{"update": "put"}))
	made = o.Create(o.record("ana@acme.test", nil))
	before := o.Count()
	if _, err := o.Connector.Deactivate(t.Context(), made); err != nil || o.Calls(before)[1] != "PUT /Users/* 200" {
		t.Error(err, o.Calls(before))
	}
}

// A server that accepts a leaver's end and does nothing must not pass for one that did.
func TestALeaverWhoStaysActiveIsAFailure(t *testing.T) {
	o := newOffice(t, `{"ignore_active": true}`)
	made := o.Create(o.record("ana@acme.test", nil))
	if off, err := o.Connector.Deactivate(t.Context(), made); !connectors.Is(err, connectors.Denied) || !off.Active {
		t.Error(off.Active, err)
	}
}

func TestLeaversAreDeletedWhereTheTargetSaysSo(t *testing.T) {
	o := newOffice(t, `{}`, removing)
	record := o.record("ana@acme.test", nil)
	made := o.Create(record)
	if off, err := o.Connector.Deactivate(t.Context(), made); err != nil || off.Active || len(o.State().Accounts) != 0 {
		t.Error(err)
	}
	if back := o.Create(record); back.ID == made.ID {
		t.Error("the id came back")
	}
}

func TestAnInactivePersonIsMadeInactive(t *testing.T) {
	o := newOffice(t, `{}`)
	if made := o.Create(o.record("ana@acme.test", map[string]any{"active": false})); made.Active || o.Native("ana@acme.test")["active"] != false {
		t.Error("the account is active")
	}
}

func TestAnIdIsFoundWhereverTheServerSaysIt(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		id   string
		note bool
	}{
		"in the resource":           {`{"id": "42", "userName": "ana@acme.test"}`, "42", true},
		"in a part of the resource": {`{"id": 42}`, "42", false},
		"nowhere":                   {`{}`, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, `{"rules": [{"method": "POST", "status": 201, "body": `+c.body+`}]}`)
			made, err := o.Connector.Create(t.Context(), o.record("ana@acme.test", nil))
			if made.ID != c.id || (err == nil) != (c.id != "") {
				t.Fatal(made.ID, err)
			}
			if err != nil && (!connectors.Is(err, connectors.Unknown) || !connectors.FaultOf(err).Uncertain) {
				t.Error(err)
			}
			if noted := len(made.Notes) > 0 && strings.Contains(made.Notes[0], "not kept by the server: ") && strings.Contains(made.Notes[0], "title"); noted != c.note {
				t.Errorf("notes %q", made.Notes)
			}
		})
	}
}

func TestRefusalsAreClassedByTheirScimType(t *testing.T) {
	scim := func(status, kind string) string {
		return `{"status": ` + status + `, "body": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "` + status +
			`", "scimType": "` + kind + `", "detail": "because"}}`
	}
	for name, c := range map[string]struct {
		rule           string
		create, update connectors.Class
	}{
		"uniqueness":                 {scim("409", "uniqueness"), connectors.Exists, connectors.Exists},
		"uniqueness with 400":        {scim("400", "uniqueness"), connectors.Exists, connectors.Exists},
		"a conflict":                 {scim("409", ""), connectors.Exists, connectors.EditConflict},
		"mutability":                 {scim("400", "mutability"), connectors.Invalid, connectors.Invalid},
		"noTarget":                   {scim("400", "noTarget"), connectors.Invalid, connectors.EditConflict},
		"invalidVers":                {scim("400", "invalidVers"), connectors.Nonsense, connectors.Nonsense},
		"forbidden":                  {scim("403", ""), connectors.Denied, connectors.Denied},
		"seats":                      {`{"status": 403, "body": {"detail": "No more licenses.", "status": "403"}}`, connectors.Seats, connectors.Seats},
		"payment":                    {scim("402", ""), connectors.Plan, connectors.Plan},
		"somebody was faster":        {scim("412", ""), connectors.EditConflict, connectors.EditConflict},
		"throttled":                  {scim("429", ""), connectors.Throttled, connectors.Throttled},
		"a page of the web server":   {`{"do": "html"}`, connectors.Nonsense, connectors.Nonsense},
		"gone, by the server's word": {scim("404", ""), connectors.Nonsense, connectors.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, `{}`)
			made := o.Create(o.record("ana@acme.test", nil))
			o.Turn(`{"rules": [` + c.rule + `]}`)
			if _, err := o.Connector.Create(t.Context(), o.record("bea@acme.test", nil)); !connectors.Is(err, c.create) {
				t.Errorf("create: %v", err)
			}
			_, err := o.Connector.Update(t.Context(), made, o.record("ana@acme.test", map[string]any{"title": "Head"}))
			if !connectors.Is(err, c.update) {
				t.Errorf("update: %v", err)
			}
			if told := connectors.FaultOf(err).SCIMType; (told == "mutability") != (name == "mutability") {
				t.Errorf("scimType %q", told)
			}
		})
	}
}

func TestErrorsAsHTMLAreNotTheServersWord(t *testing.T) {
	o := newOffice(t, `{"errors_as_html": true}`)
	record := o.record("ana@acme.test", nil)
	record.VendorID = "nobody"
	if _, err := o.Connector.Find(t.Context(), record); !connectors.Is(err, connectors.Nonsense) {
		t.Error(err)
	}
}

func TestAFullLicenceWaitsForASeat(t *testing.T) {
	o := newOffice(t, `{"quota": 1}`)
	o.people(1)
	if _, err := o.Connector.Create(t.Context(), o.record("ana@acme.test", nil)); !connectors.Is(err, connectors.Seats) {
		t.Error(err)
	}
}

func TestTheRateLimitSaysHowLongToWait(t *testing.T) {
	o := newOffice(t, `{"rate_limit": 4}`)
	o.Create(o.record("ana@acme.test", nil)) // with three calls of discovery
	_, err := o.Connector.Find(t.Context(), o.record("ana@acme.test", nil))
	if !connectors.Is(err, connectors.Throttled) || connectors.FaultOf(err).RetryAfter != 20*time.Second {
		t.Error(err)
	}
}

func TestBodiesAreSCIM(t *testing.T) {
	for _, kind := range []string{"application/scim+json", "application/json"} {
		o := newOffice(t, `{}`, defaults(map[string]any{"content_type": kind}))
		o.Create(o.record("ana@acme.test", nil))
		if head := o.head("POST"); head.Get("Content-Type") != kind || !strings.HasPrefix(head.Get("Accept"), kind) {
			t.Errorf("%v", head)
		}
	}
}

func TestATokenIsRenewedBeforeItEndsAndOnceWhenRefused(t *testing.T) {
	o := newOffice(t, `{"auth": "oauth"}`, credentials(map[string]string{"client_id": "client-acme-1", "client_secret": "secret-acme-1"}),
		defaults(map[string]any{"token_url": simhost.HostAddress + "/scimtarget/oauth2/token", "credentials_in_body": true}))
	o.Create(o.record("ana@acme.test", nil))
	grants := func() (n int) {
		for _, call := range o.Calls(0) {
			if strings.HasPrefix(call, "POST /oauth2/") {
				n++
			}
		}
		return n
	}
	o.Find(o.record("ana@acme.test", nil))
	if grants() != 1 {
		t.Errorf("%d tokens for one hour", grants())
	}
	o.Clock.Advance(59*time.Minute + 30*time.Second)
	o.Find(o.record("ana@acme.test", nil))
	if grants() != 2 {
		t.Errorf("%d tokens for two hours", grants())
	}
	o.Turn(`{"auth": "oauth", "rules": [{"method": "GET", "status": 401, "count": 1}]}`)
	if o.Find(o.record("ana@acme.test", nil)); grants() != 3 {
		t.Errorf("%d tokens after a refusal", grants())
	}
}

// Discovery that is broken for a moment is not believed for ever.
func TestDiscoveryIsReadOnceAndAgainWhenItWasBroken(t *testing.T) {
	o := newOffice(t, `{"rules": [{"path": "/scim/v2/Schemas", "status": 500}]}`)
	looks := func() (n int) {
		for _, call := range o.Calls(0) {
			if strings.HasPrefix(call, "GET /Schemas") {
				n++
			}
		}
		return n
	}
	o.people(2)
	if looks() != 1 {
		t.Errorf("%d looks", looks())
	}
	o.Turn(`{}`)
	for range 3 {
		o.Clock.Advance(11 * time.Minute)
		o.Find(o.record("p1@acme.test", nil))
	}
	if looks() != 2 {
		t.Errorf("%d looks", looks())
	}
	o = newOffice(t, `{}`, defaults(map[string]any{"discovery": false}))
	o.people(1)
	if told := o.Calls(0); len(told) != 1 {
		t.Errorf("%v", told)
	}
}

// An element without its type is found by nothing that PATCH has: PUT mends it.
func TestAnElementThatLostItsTypeIsChangedAllTheSame(t *testing.T) {
	o := newOffice(t, `{}`)
	o.hand("POST", "/Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ana@acme.test",
		"emails": [{"value": "ana@acme.test", "primary": true}]}`)
	record := o.record("ana@acme.test", map[string]any{"emails": []any{map[string]any{"type": "work", "value": "ana@acme.example"}}})
	o.Update(o.Find(record), record)
	emails, _ := o.Native("ana@acme.test")["emails"].([]any)
	if email, _ := emails[0].(map[string]any); len(emails) != 1 || email["value"] != "ana@acme.example" {
		t.Errorf("%v", emails)
	}
}
