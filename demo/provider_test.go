package demo_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"scimrelay/demo"
)

func TestTheTenantHoldsTheDirectoryAfterEachCycle(t *testing.T) {
	t.Parallel()
	s, client := newTenant(t)
	people := demo.Directory(60)
	provider := demo.NewProvider(client, 8)
	for _, cycle := range append([]demo.Cycle{{}}, demo.Story(people)...) {
		people = cycle.Apply(people)
		if err := provider.Cycle(t.Context(), people); err != nil {
			t.Fatal(err)
		}
		gone := 0
		for _, p := range people {
			if p.Gone {
				gone++
				continue
			}
			s.holds(t, p, demo.ByID(people))
		}
		if len(s.users) != len(people)-gone || s.made != len(people) || provider.Pushed() != len(people) {
			t.Errorf("%s: %d users, %d made, %d pushed", cycle.Name, len(s.users), s.made, provider.Pushed())
		}
	}
	before := len(s.sent)
	if err := provider.Cycle(t.Context(), people); err != nil || len(s.sent) != before {
		t.Errorf("a cycle without news sent %d requests: %v", len(s.sent)-before, err)
	}
	if client.Tally.Requests() != len(s.sent) || client.Tally.Answers()[http.StatusCreated] != len(people) {
		t.Errorf("counted %d of %d: %s", client.Tally.Requests(), len(s.sent), &client.Tally)
	}
}

func TestRequestsLookLikeEntras(t *testing.T) {
	t.Parallel()
	s, client := newTenant(t)
	people := demo.Directory(demo.MinPeople)
	provider := demo.NewProvider(client, 1)
	if err := provider.Cycle(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.sent {
		for _, name := range []string{"User-Agent", "Accept", "If-Match"} {
			if _, there := r.header[name]; there {
				t.Fatalf("%s %s has a %s: %q", r.method, r.path, name, r.header[name])
			}
		}
		if r.header.Get("Content-Type") != "application/scim+json; charset=utf-8" || r.header.Get("Authorization") != "Bearer secret" {
			t.Fatalf("%s %s: %v", r.method, r.path, r.header)
		}
	}
	apostrophe := s.sent[0]
	if apostrophe.method != http.MethodGet || apostrophe.query != "filter=userName%20eq%20%22siobhan.o%27brien%40acme.example%22" {
		t.Errorf("the first search is %s %s", apostrophe.method, apostrophe.query)
	}
	if !slices.ContainsFunc(s.sent, func(r sent) bool { return strings.Contains(r.query, "mueller%2Bcrm") }) {
		t.Error("no search has a plus sign as %2B")
	}
	mustEqualJSON(t, s.sent[1].body, `{
		"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","`+enterprise+`"],
		"externalId":"siobhanobrien","userName":"siobhan.o'brien@acme.example","active":true,
		"displayName":"O'Brien, Siobhán","title":"Account Manager","preferredLanguage":"fr-FR",
		"name":{"formatted":"Siobhán O'Brien","familyName":"O'Brien","givenName":"Siobhán"},
		"emails":[{"primary":true,"type":"work","value":"siobhan.o'brien@acme.example"}],
		"phoneNumbers":[{"primary":true,"type":"work","value":"+33 1 55 55 00 00"},{"type":"mobile","value":"+33 6 12 34 00 00"}],
		"addresses":[{"type":"work","primary":true,"streetAddress":"12 Quai de la Fosse","locality":"Nantes","postalCode":"44000","country":"FR"}],
		"roles":[],"meta":{"resourceType":"User"},
		"`+enterprise+`":{"employeeNumber":"E-04000","department":"Sales"}}`)
	nulls := s.sent[slices.IndexFunc(s.sent, func(r sent) bool { return strings.Contains(r.body, `"familyName":null`) })]
	for _, want := range []string{`"addresses":null`, `"givenName":"Sukarno"`} {
		if !strings.Contains(nulls.body, want) {
			t.Errorf("no %s in %s", want, nulls.body)
		}
	}
	if !slices.ContainsFunc(s.sent, func(r sent) bool { return strings.Contains(r.body, `"title":null`) }) {
		t.Error("no body has a null title")
	}
	manager := s.sent[slices.IndexFunc(s.sent, func(r sent) bool { return r.method == http.MethodPatch })]
	mustEqualJSON(t, manager.body, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
		{"op":"Add","path":"`+enterprise+`:manager","value":"u2"}]}`)
	if manager.path != "/scim/v2/Users/u1" {
		t.Errorf("the first manager is set at %s", manager.path)
	}
}

// TestUpdatesAlternateBetweenEntrasTwoShapes changes the same of two people; the first of a
// cycle is written in the default shape, the second as with the flag.
func TestUpdatesAlternateBetweenEntrasTwoShapes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change         func(p, boss demo.Person) demo.Person
		plain, flagged string
	}{
		"disabled": {
			func(p, _ demo.Person) demo.Person { p.Active = false; return p },
			`[{"op":"Replace","path":"active","value":"False"}]`,
			`[{"op":"replace","path":"active","value":false}]`,
		},
		"several attributes": {
			func(p, _ demo.Person) demo.Person {
				p.Display, p.Given, p.Mail = "X", "Y", p.Nick+"@new.example"
				return p
			},
			`[{"op":"Replace","path":"displayName","value":"X"},{"op":"Replace","path":"name.givenName","value":"Y"},
			  {"op":"Replace","path":"name.formatted","value":"Y $F"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"$N@new.example"}]`,
			`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"$N@new.example"},
			  {"op":"replace","value":{"displayName":"X","name.givenName":"Y","name.formatted":"Y $F"}}]`,
		},
		"another manager": {
			func(p, boss demo.Person) demo.Person { p.Manager = boss.ID; return p },
			`[{"op":"Replace","path":"` + enterprise + `:manager","value":"u10"}]`,
			`[{"op":"replace","value":{"` + enterprise + `:manager":"u10"}}]`,
		},
		"cleared": { // Entra does not provision null
			func(p, _ demo.Person) demo.Person { p.Title, p.Number = "", "N"; return p },
			`[{"op":"Replace","path":"` + enterprise + `:employeeNumber","value":"N"}]`,
			`[{"op":"replace","value":{"` + enterprise + `:employeeNumber":"N"}}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := newTenant(t)
			people := demo.Directory(demo.MinPeople)
			provider := demo.NewProvider(client, 1)
			if err := provider.Cycle(t.Context(), people); err != nil {
				t.Fatal(err)
			}
			before := len(s.sent)
			people[0], people[1] = c.change(people[0], people[9]), c.change(people[1], people[9])
			if err := provider.Cycle(t.Context(), people); err != nil {
				t.Fatal(err)
			}
			for i, want := range []string{c.plain, c.flagged} {
				want = strings.NewReplacer("$N", people[i].Nick, "$F", people[i].Family).Replace(want)
				mustEqualJSON(t, s.sent[before+i].body, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":`+want+`}`)
			}
		})
	}
}

func TestAPersonWhoIsThereAlreadyIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	s, client := newTenant(t)
	people := demo.Directory(demo.MinPeople)
	s.users["old"] = map[string]any{"userName": strings.ToUpper(people[1].UserName), "title": "Praktikant"}
	if err := demo.NewProvider(client, 4).Cycle(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	s.holds(t, people[1], demo.ByID(people))
	if len(s.users) != len(people) || s.users["old"]["userName"] != people[1].UserName {
		t.Errorf("%d users, the old one is %v", len(s.users), s.users["old"])
	}
}

func TestConnectionIsTestedWithANameNobodyHas(t *testing.T) {
	t.Parallel()
	s, client := newTenant(t)
	if err := client.Test(t.Context(), "3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44"); err != nil {
		t.Fatal(err)
	}
	s.refuse = func(*http.Request) int { return http.StatusNotFound }
	if err := client.Test(t.Context(), "3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44"); err == nil {
		t.Fatal("a 404 passed")
	}
}

func TestAnUnexpectedAnswerIsAnErrorWithItsDetailAndStopsNobodyElse(t *testing.T) {
	t.Parallel()
	s, client := newTenant(t)
	posts := 0
	s.refuse = func(r *http.Request) int {
		if r.Method != http.MethodPost {
			return 0
		}
		if posts++; posts == 3 {
			return http.StatusBadRequest
		}
		return 0
	}
	provider := demo.NewProvider(client, 4)
	err := provider.Cycle(t.Context(), demo.Directory(demo.MinPeople))
	var unexpected *demo.UnexpectedError
	if !errors.As(err, &unexpected) || unexpected.Status != http.StatusBadRequest || unexpected.Detail != "not today" {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "POST /scim/v2/Users was answered 400 invalidValue: not today") {
		t.Error(err)
	}
	if got := provider.Pushed(); got != demo.MinPeople-1 {
		t.Errorf("%d people were pushed", got)
	}
}

func mustEqualJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := errors.Join(json.Unmarshal([]byte(got), &g), json.Unmarshal([]byte(want), &w)); err != nil {
		t.Fatalf("%v in\n%s\nor\n%s", err, got, want)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
