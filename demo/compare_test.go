package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/demo"
)

// held is what a faultless Sage holds of the people, in the form of its state page.
func held(t *testing.T, people []demo.Person) demo.State {
	t.Helper()
	ids := map[string]int{"": -1}
	for i, p := range people {
		ids[p.ID] = 100 + i
	}
	languages := map[string]string{"fr-FR": "EN", "fr-CA": "EN", "nl-NL": "EN", "en-GB": "EN", "en-US": "US",
		"de-DE": "DE", "es-ES": "ES", "it": "IT", "pt-PT": "PT", "": "EN"}
	var accounts []any
	for _, p := range people {
		last, phone := p.Family, p.Phone
		if last == "" {
			last = p.Given
		}
		if phone == "" {
			phone = p.Mobile
		}
		phone = strings.Replace(strings.NewReplacer("(0)", "", " ", "", "-", "").Replace(phone), "0049", "+49", 1)
		accounts = append(accounts, map[string]any{"id": ids[p.ID], "key": p.Mail, "active": p.Active && !p.Gone, "native": map[string]any{
			"id": ids[p.ID], "email": p.Mail, "name": p.Given, "lastName": last, "phone": phone, "phoneExtension": nil,
			"uiLanguage": languages[p.Language], "managerId": map[string]any{"id": ids[p.Manager], "description": " "},
		}})
	}
	return mustState(t, map[string]any{"accounts": accounts, "groups": []any{}})
}

// mustState reads the state as it comes from a simulator.
func mustState(t *testing.T, body any) demo.State {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(body) }))
	defer server.Close()
	state, err := demo.FetchState(t.Context(), demo.NewHTTP(1), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func sage(t *testing.T) demo.Vendor {
	t.Helper()
	for _, v := range demo.Vendors() {
		if v.Name == "sage" {
			v.Groups = nil // a Sage that is told of no groups
			return v
		}
	}
	t.Fatal("there is no sage")
	return demo.Vendor{}
}

func today() []demo.Person {
	people := demo.Directory(40)
	for _, cycle := range demo.Story(people) {
		people = cycle.Apply(people)
	}
	return people
}

func TestAVendorThatHoldsTheDirectoryIsEqual(t *testing.T) {
	t.Parallel()
	people := today()
	c := demo.Compare(sage(t), people, held(t, people))
	if !c.OK() || c.Wanted != 40 || c.Held != 40 || c.Equal != 40 || c.WantedActive != 37 || c.HeldActive != 37 {
		t.Errorf("%+v", c)
		t.Error(report(t, demo.Result{Comparison: c}))
	}
}

func TestCompareFindsEachKindOfDifference(t *testing.T) {
	t.Parallel()
	set := func(name string, value any) func(*demo.State) {
		return func(s *demo.State) { s.Accounts[3].Native[name] = value }
	}
	for name, c := range map[string]struct {
		plant func(*demo.State)
		want  string // what is said of it
		count func(demo.Comparison) int
	}{
		"a wrong first name": {set("name", "Dmitri"), `name is "Dmitri" instead of "Дмитрий"`, differing},
		"a lost last name":   {set("lastName", nil), `lastName is "" instead of "Соколов"`, differing},
		"another mail":       {set("email", "x@acme.example"), `email is "x@acme.example" instead of "dmitri.sokolov@acme.example"`, differing},
		"a wrong phone":      {set("phone", "+14155550004"), `phone is "14155550004" instead of "14155550003"`, differing},
		"a wrong language":   {set("uiLanguage", "DE"), `uiLanguage is "DE" instead of "ES"`, differing},
		"no manager":         {set("managerId", map[string]any{"id": json.Number("-1")}), `manager is "" instead of "yijun.chen@acme.example"`, differing},
		"another manager":    {set("managerId", map[string]any{"id": json.Number("100")}), `manager is "siobhan.o'brien@acme.example" instead of`, differing},
		"wrongly inactive":   {func(s *demo.State) { s.Accounts[3].Active = false }, `active is "false" instead of "true"`, differing},
		"a leaver still active": {func(s *demo.State) { s.Accounts[place(leaver)].Active = true },
			`active is "true" instead of "false"`, differing},
		"one deleted still active": {func(s *demo.State) { s.Accounts[place(purged)].Active = true },
			`active is "true" instead of "false"`, differing},
		"a missing account": {func(s *demo.State) { s.Accounts = append(s.Accounts[:3], s.Accounts[4:]...) },
			"Дмитрий Соколов (dmitri.sokolov@acme.example): no account", func(c demo.Comparison) int { return c.Missing }},
		"a doubled account": {func(s *demo.State) {
			twin := s.Accounts[3]
			twin.ID, twin.Key = "999", strings.ToUpper(twin.Key)
			s.Accounts = append(s.Accounts, twin)
		}, "Дмитрий Соколов (dmitri.sokolov@acme.example): 2 accounts", func(c demo.Comparison) int { return c.Doubled }},
		"an extra account": {func(s *demo.State) { s.Accounts = append(s.Accounts, demo.Account{ID: "999", Key: "old@acme.example"}) },
			"account 999 (old@acme.example) belongs to nobody", func(c demo.Comparison) int { return len(c.Extra) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			people := today()
			state := held(t, people)
			c.plant(&state)
			got := demo.Compare(sage(t), people, state)
			said := report(t, demo.Result{Comparison: got})
			if got.OK() || c.count(got) != 1 || !strings.Contains(said, c.want) {
				t.Errorf("ok %v, counted %d: %s", got.OK(), c.count(got), said)
			}
		})
	}
}

func report(t *testing.T, r demo.Result) string {
	t.Helper()
	var out strings.Builder
	if err := demo.Report(&out, []demo.Result{r}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func differing(c demo.Comparison) int { return c.Differing }

func leaver(p demo.Person) bool { return !p.Active }
func purged(p demo.Person) bool { return p.Gone }

func place(is func(demo.Person) bool) int {
	for i, p := range today() {
		if is(p) {
			return i
		}
	}
	return -1
}

func TestTheVendorsOwnAccountsAreNobodys(t *testing.T) {
	t.Parallel()
	people := today()
	state := held(t, people)
	state.Accounts = append(state.Accounts, demo.Account{ID: "1", Key: "admin@sage.example", Active: true})
	v := sage(t)
	v.Own = func(a demo.Account) bool { return a.ID == "1" }
	if c := demo.Compare(v, people, state); !c.OK() || c.Held != 40 {
		t.Errorf("ok %v with %d held", c.OK(), c.Held)
	}
}

func TestWatchWaitsUntilEqualAndNothingIsPending(t *testing.T) {
	t.Parallel()
	people := today()
	whole := held(t, people)
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		w := demo.Watch{Every: time.Second, Patience: 10 * time.Second,
			Fetch: func(context.Context) (demo.State, error) {
				looks++
				return demo.State{Accounts: whole.Accounts[:min(looks, 40)]}, nil
			},
			Pending: func(context.Context) (int, error) { return max(0, 45-looks), nil },
		}
		c, err := w.Until(t.Context(), sage(t), people)
		if err != nil || !c.OK() || looks != 46 {
			t.Errorf("after %d looks: %v, %v", looks, c.OK(), err)
		}
	})
}

func TestWatchLosesPatienceWhenNothingGetsBetter(t *testing.T) {
	t.Parallel()
	people := today()
	whole := held(t, people)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := demo.Watch{Every: time.Second, Patience: 10 * time.Second,
			Fetch: func(context.Context) (demo.State, error) {
				return demo.State{Accounts: whole.Accounts[:min(int(time.Since(began).Seconds()), 30)]}, nil
			},
		}
		c, err := w.Until(t.Context(), sage(t), people)
		if err != nil || c.OK() || c.Equal == 0 || time.Since(began) < 39*time.Second || time.Since(began) > 42*time.Second {
			t.Errorf("after %s: ok %v, %d equal, %v", time.Since(began), c.OK(), c.Equal, err)
		}
	})
}

func TestWatchEndsWithTheVendorOrTheContext(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	w := demo.Watch{Every: time.Second, Patience: time.Minute, Fetch: func(context.Context) (demo.State, error) { return demo.State{}, away }}
	if _, err := w.Until(t.Context(), sage(t), today()); !errors.Is(err, away) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.Fetch = func(context.Context) (demo.State, error) { cancel(); return demo.State{}, nil }
	if _, err := w.Until(ctx, sage(t), today()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestReportNamesWhatIsInteresting(t *testing.T) {
	t.Parallel()
	people := demo.Directory(40)
	cycles := demo.Story(people)
	for _, cycle := range cycles {
		people = cycle.Apply(people)
	}
	c := demo.Compare(sage(t), people, held(t, people))
	out := report(t, demo.Result{Comparison: c, Cycles: cycles, Invitation: demo.Invitation{
		Tenant: "sage", Base: "http://h/t/sage/scim/v2", Token: "scr_x", Guest: people[1], ID: "u2"}})
	for _, want := range []string{"Sage Sales Management  40", "leaver ", "returner ", "L'Hôpital-Şahin", "purged ", "inactive: equal", ", active: equal",
		`curl -sH 'Authorization: Bearer scr_x' 'http://h/t/sage/scim/v2/Users?count=5'`, `'http://h/t/sage/scim/v2/Users/u2'`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if n := strings.Count(out, "returner"); n != 1 {
		t.Error(fmt.Sprint(n, " lines about the returner"))
	}
}
