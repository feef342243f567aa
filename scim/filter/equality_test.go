package filter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

func TestEqualities(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for text, want := range map[string]string{
		`userName eq "Ana@A.example"`:                                              "userName=ana@a.example",
		`externalId eq Ab1`:                                                        "externalId=Ab1",
		`externalId eq 123`:                                                        "externalId=123",
		`id eq "u1" and manager eq "u2"`:                                           "id=u1",
		`(id eq "u1" and (userName eq "B" and active eq true))`:                    "id=u1 userName=b",
		`emails[type eq "work"].value eq "Ana@x"`:                                  "emails.work=ana@x",
		`emails[type eq "work" and value eq "Ana@x"]`:                              "emails.work=ana@x",
		`emails[value eq "Ana@x" and primary eq true and type eq "WORK"]`:          "emails.work=ana@x",
		`active eq true and urn:ietf:params:scim:schemas:core:2.0:User:ID eq "u1"`: "id=u1",
		`emails[type eq "home"].value eq "a"`:                                      "",
		`emails[type eq "work" or value eq "a"]`:                                   "",
		`emails[type ne "work"].value eq "a"`:                                      "",
		`emails[type eq "work"].value co "a"`:                                      "",
		`emails.value eq "a"`:                                                      "",
		`phoneNumbers[type eq "work"].value eq "a"`:                                "",
		`userName eq "a" or id eq "u1"`:                                            "",
		`not (userName eq "a")`:                                                    "",
		`userName ne "a"`:                                                          "",
		`userName sw "a"`:                                                          "",
		`externalId eq null`:                                                       "",
		`emails[type eq "work" and value eq null]`:                                 "",
		`userName eq "a" and nosuch eq "b"`:                                        "",
		`urn:x:y:User:userName eq "a"`:                                             "",
		`meta.version eq "id"`:                                                     "",
	} {
		f, err := filter.Compile(rt, text, filter.Rules{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, e := range f.Equalities() {
			got = append(got, e.Attribute+"="+e.Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Whoever matches has what the Equalities demand: else a store that looks there loses them.
func TestEqualitiesLoseNobody(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for _, c := range matches {
		f, err := filter.Compile(rt, c.filter, filter.Rules{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range people(t, rt) {
			if f.Match(s) {
				checkEqualities(t, f, s)
			}
		}
	}
}

func checkEqualities(t *testing.T, f *filter.Filter, s filter.Subject) {
	t.Helper()
	for _, e := range f.Equalities() {
		userName, _ := s.Document["userName"].(string)
		displayName, _ := s.Document["displayName"].(string)
		has := map[string][]string{filter.ID: {s.ID}, filter.UserName: {schema.Fold(userName)}, filter.DisplayName: {schema.Fold(displayName)}}
		if id, ok := s.Document["externalId"].(string); ok {
			has[filter.ExternalID] = []string{id}
		}
		mails, _ := s.Document["emails"].([]any)
		for _, m := range mails {
			mail := m.(scim.Document)
			if kind, _ := mail["type"].(string); schema.Fold(kind) == "work" {
				has[filter.WorkMail] = append(has[filter.WorkMail], schema.Fold(fmt.Sprint(mail["value"])))
			}
		}
		if !slices.Contains(has[e.Attribute], e.Value) {
			t.Fatalf("%s matches without %v", s.ID, e)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, c := range matches {
		f.Add(c.filter)
	}
	f.Add(strings.Repeat("not (", 25))
	f.Add(`a eq "\u00`)
	f.Add(`members[type eq "User" and value eq "u1"] or displayName ge "f"`)
	rt, group := schematest.User(f), schematest.Group(f)
	all := people(f, rt)
	strict := filter.Rules{EqualOnly: true, Refused: []string{filter.RuleUnknownAttribute, filter.RuleBareLiteral, filter.RuleNumberForString,
		schema.RuleForeignExtension, schema.RuleStringBoolean, schema.RuleBareExtension, schema.RuleOddURN}}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		for _, kind := range []*schema.ResourceType{rt, group} {
			if _, err := filter.Compile(kind, text, strict); err == nil {
				if lenient, err := filter.Compile(kind, text, filter.Rules{}); err != nil || len(lenient.Unknown()) > 0 {
					t.Fatalf("strict accepts what lenient does not: %v", err)
				}
			}
		}
		compiled, err := filter.Compile(rt, text, filter.Rules{})
		if err != nil {
			if e := scim.AsError(err); e.Status != 400 || e.Type != scim.TypeInvalidFilter && e.Type != scim.TypeTooMany || e.Detail == "" {
				t.Fatalf("%#v", e)
			}
		} else {
			for _, s := range all {
				matched := compiled.Match(s)
				if matched && len(compiled.Unknown()) > 0 {
					t.Fatal("a filter on an unknown attribute matched")
				}
				if matched {
					checkEqualities(t, compiled, s)
				}
			}
		}
		if took := time.Since(start); took > time.Second {
			t.Fatalf("took %v", took)
		}
	})
}
