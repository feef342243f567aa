package scimtarget_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/scim"
)

// asked is the query of the last call with a filter.
func (o *office) asked() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := len(o.queries) - 1; i >= 0; i-- {
		_, query, _ := strings.Cut(o.queries[i], "?")
		if values, err := url.ParseQuery(query); err == nil && values.Has("filter") {
			return values.Get("filter")
		}
	}
	return ""
}

func TestAFilterValueIsEscaped(t *testing.T) {
	o := newOffice(t, `{}`)
	for _, name := range []string{`o'brien+crm@acme.test`, `say "hi" \ bye`, `山田&太郎=100%`} {
		made := o.Create(o.record(name, map[string]any{"emails": nil}))
		if have := o.Find(o.record(name, nil)); have.ID != made.ID || have.Key != name {
			t.Errorf("%s: found %q", name, have.Key)
		}
	}
	o.Find(o.record(`say "hi" \ bye`, nil))
	if want := `userName eq "say \"hi\" \\ bye"`; o.asked() != want {
		t.Errorf("asked for %s, want %s", o.asked(), want)
	}
}

func TestUserNamesAreComparedByTheServersRule(t *testing.T) {
	for name, c := range map[string]struct {
		knobs string
		rule  string
		found bool
	}{
		"the RFC's":              {`{}`, "", true},
		"the schema's":           {`{"case_sensitive_user_name": true}`, "", false},
		"the target's":           {`{}`, "sensitive", false},
		"the target's over both": {`{"ignore_filter": true, "case_sensitive_user_name": true}`, "insensitive", true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, c.knobs, defaults(map[string]any{"user_name_case": c.rule}))
			o.Create(o.record("ana@acme.test", nil))
			upper := o.record("Ana@Acme.test", map[string]any{"emails": nil})
			_, err := o.Connector.Find(t.Context(), upper)
			if found := err == nil; found != c.found || !found && !connectors.Is(err, connectors.NotFound) {
				t.Fatalf("found %v, %v", found, err)
			}
			have := o.Find(o.record("ana@acme.test", nil))
			if changes := o.Connector.Difference(have, upper); (changes["userName"] == nil) != c.found {
				t.Errorf("would send %v", changes["userName"])
			}
		})
	}
}

// A server that ignores a filter lists everybody: the first one is not the one.
func TestAFilterThatIsIgnoredFindsNobodyElse(t *testing.T) {
	o := newOffice(t, `{"ignore_filter": true, "max_results": 3}`)
	ids := o.people(8)
	if _, err := o.Connector.Find(t.Context(), o.record("nobody@acme.test", nil)); !connectors.Is(err, connectors.NotFound) {
		t.Error(err)
	}
	if have := o.Find(o.record("p7@acme.test", nil)); have.ID != ids[7] {
		t.Errorf("found %s", have.Key)
	}
}

func TestAServerThatRefusesTheFilterIsReadWholeOnce(t *testing.T) {
	for name, knobs := range map[string]string{"says so": `{"no_filter": true}`, "refuses": `{"no_filter": true, "no_discovery": true}`} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, knobs)
			ids := o.people(3)
			for range 2 {
				if have := o.Find(o.record("p2@acme.test", nil)); have.ID != ids[2] {
					t.Errorf("found %s", have.Key)
				}
			}
			refused := 0
			for _, call := range o.Calls(0) {
				if call == "GET /Users 400" {
					refused++
				}
			}
			if asked := map[string]int{"says so": 0, "refuses": 1}[name]; refused != asked {
				t.Errorf("the filter was sent %d times, want %d", refused, asked)
			}
		})
	}
}

// More than can be read is no reason to say that somebody is not there.
func TestNobodyIsSaidToBeAbsentFromAListThatIsTooLong(t *testing.T) {
	o := newOffice(t, `{"no_filter": true}`)
	body := `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 5000, "Resources": [{"id": "1", "userName": "x"}]}`
	o.Turn(`{"no_filter": true, "rules": [{"path": "/scim/v2/Users", "status": 200, "body": ` + body + `}]}`)
	_, err := o.Connector.Find(t.Context(), o.record("ana@acme.test", nil))
	if !connectors.Is(err, connectors.Denied) || !strings.Contains(err.Error(), "more than 1000") {
		t.Error(err)
	}
}

func TestAbsenceIsSaidInSCIMOnly(t *testing.T) {
	const failure = `"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"`
	for name, c := range map[string]struct {
		rule string
		want connectors.Class
	}{
		"an empty list":                  {`{"status": 200, "body": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0}}`, connectors.NotFound},
		"an empty list, in small":        {`{"status": 200, "body": {"totalResults": 0, "resources": []}}`, connectors.NotFound},
		"a SCIM error":                   {`{"status": 404, "body": {` + failure + `}}`, connectors.NotFound},
		"another error":                  {`{"status": 404, "body": {"message": "no route"}}`, connectors.Nonsense},
		"an object":                      {`{"status": 200, "body": {}}`, connectors.Nonsense},
		"a page":                         {`{"do": "html"}`, connectors.Nonsense},
		"a total without anybody":        {`{"status": 200, "body": {"totalResults": 7, "Resources": []}}`, connectors.Nonsense},
		"somebody without an id":         {`{"status": 200, "body": {"totalResults": 1, "Resources": [{"userName": "x"}]}}`, connectors.Nonsense},
		"a server that is being changed": {`{"status": 503, "body": {` + failure + `}}`, connectors.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, `{}`)
			o.Turn(`{"rules": [` + strings.Replace(c.rule, "{", `{"path": "/scim/v2/Users", `, 1) + `]}`)
			if _, err := o.Connector.Find(t.Context(), o.record("ana@acme.test", nil)); !connectors.Is(err, c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// A whole endpoint that is not there says nothing about one person.
func TestACreateAt404IsAWrongAddress(t *testing.T) {
	o := newOffice(t, `{"rules": [{"method": "POST", "status": 404, "body": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"}}]}`)
	if _, err := o.Connector.Create(t.Context(), o.record("ana@acme.test", nil)); !connectors.Is(err, connectors.Nonsense) {
		t.Error(err)
	}
}

func TestAccountsAreMatchedByWhatTheTargetSays(t *testing.T) {
	changes := map[string]any{"externalId": "E-1", "emails": []any{map[string]any{"type": "home", "value": "x@home.test"},
		map[string]any{"type": "work", "value": "Ana@acme.test"}}}
	for match, filter := range map[string]string{"externalId": `externalId eq "E-1"`, "email": `emails.value eq "Ana@acme.test"`,
		"userName": `userName eq "aruiz"`} {
		t.Run(match, func(t *testing.T) {
			o := newOffice(t, `{}`, defaults(map[string]any{"match": match}))
			made := o.Create(o.record("aruiz", changes))
			if have := o.Find(o.record("aruiz", changes)); have.ID != made.ID || have.Key != o.record("aruiz", changes).Key {
				t.Errorf("found %q", have.Key)
			}
			if o.asked() != filter {
				t.Errorf("asked for %s", o.asked())
			}
		})
	}
	t.Run("two with one mail", func(t *testing.T) {
		o := newOffice(t, `{}`, defaults(map[string]any{"match": "email"}))
		o.Create(o.record("aruiz", changes))
		o.Create(o.record("ana", changes))
		if _, err := o.Connector.Find(t.Context(), o.record("aruiz", changes)); !connectors.Is(err, connectors.Ambiguous) {
			t.Error(err)
		}
	})
	t.Run("externalId without its filter", func(t *testing.T) {
		for _, d := range []map[string]any{{"match": "externalId"}, {"match": "externalId", "external_id_filter": false}} {
			o := newOffice(t, `{"no_external_id_filter": true}`, defaults(d))
			made := o.Create(o.record("aruiz", changes))
			if have := o.Find(o.record("aruiz", changes)); have.ID != made.ID {
				t.Errorf("found %q", have.Key)
			}
		}
	})
}

func TestListsArePagedAsTheServerLikes(t *testing.T) {
	for name, knobs := range map[string]string{"capped": `{"max_results": 3}`, "cursors": `{"max_results": 3, "cursors": true}`,
		"capped and not said": `{"max_results": 3, "no_discovery": true}`, "whole": `{}`} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, knobs)
			o.people(8)
			if seen := connectortest.Times(connectortest.ReadAll(t, o.Connector, 10, nil)); len(seen) != 8 {
				t.Errorf("%d of 8 accounts", len(seen))
			}
		})
	}
	t.Run("the same page again", func(t *testing.T) {
		o := newOffice(t, `{"max_results": 3, "same_page": true, "no_filter": true}`)
		o.people(5)
		if _, err := o.Connector.Find(t.Context(), o.record("p4@acme.test", nil)); !connectors.Is(err, connectors.Nonsense) {
			t.Error(err)
		}
	})
	t.Run("a cursor of another list", func(t *testing.T) {
		if _, err := newOffice(t, `{}`).Connector.List(t.Context(), "x"); !connectors.Is(err, connectors.Internal) {
			t.Error(err)
		}
	})
}

func TestOneWhoIsNotShownYetIsNotFound(t *testing.T) {
	o := newOffice(t, `{"search_lag": "10s"}`)
	record := o.record("ana@acme.test", nil)
	made := o.Create(record)
	if _, err := o.Connector.Find(t.Context(), record); !connectors.Is(err, connectors.NotFound) {
		t.Error(err)
	}
	if _, err := o.Connector.Create(t.Context(), record); !connectors.Is(err, connectors.Exists) {
		t.Error(err)
	}
	o.Clock.Advance(11e9)
	if have := o.Find(record); have.ID != made.ID {
		t.Error(have.ID)
	}
}

// Documents as servers that are careless write them.
func TestCarelessDocumentsAreRead(t *testing.T) {
	o := newOffice(t, `{"rules": [{"method": "GET", "path": "/scim/v2/Users/*", "status": 200, "body":
		{"ID": "7", "USERNAME": "ana", "active": "False", "emails": [{"value": "ana@acme.test", "primary": true}],
		"phoneNumbers": [{"type": "Work", "value": "tel:+34-600-100-200"}, {"type": "work", "value": "second"}], "groups": [{"value": "g"}],
		"`+scim.SchemaEnterprise+`": {"manager": "b7", "employeeNumber": 12}, "name": {"givenName": "", "familyName": "Ruiz"}}}]}`)
	record := o.record("ana", map[string]any{"phoneNumbers": []any{map[string]any{"type": "work", "value": "+34 600 100 200"}}})
	record.VendorID = "7"
	have := o.Find(record)
	want := map[string]any{"emails.work": "ana@acme.test", "phoneNumbers.work": "tel:+34-600-100-200", "manager": "b7",
		"employeeNumber": int64(12), "name.familyName": "Ruiz"}
	for field, value := range want {
		if have.Fields[field] != value {
			t.Errorf("%s is %v", field, have.Fields[field])
		}
	}
	if have.Active || have.Fields["name.givenName"] != nil || fmt.Sprint(o.Connector.Difference(have, record)["phoneNumbers.work"]) != "<nil>" {
		t.Errorf("%+v", have)
	}
}
