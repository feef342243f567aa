package server_test

import (
	"strings"
	"testing"
)

func TestTheTableTellsWhatTheTestsHaveShown(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	l.note("E-01", "b.txt", true)
	l.note("E-01", "a.txt", true)
	l.note("E-02", "a.txt", true)
	l.note("E-02", "a.txt", false) // on the other store
	text, err := l.table()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		" cases: 1 passed, 1 failed, ",
		"\n| E-01 | Entra ID | Test Connection: an unknown user is an empty list | a.txt, b.txt | passed |\n",
		"\n| E-02 | Entra ID | tenant URL with the feature flag | a.txt | failed |\n",
		"\n| E-03 | Entra ID | no User-Agent, no Accept |  | open |\n",
		"\n| E-65 | Entra ID | skip-out-of-scope flag | Entra sends nothing | no test |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%.2000s", want, text)
		}
	}
}

func TestADialogueBeginsAsItsFileSays(t *testing.T) {
	t.Parallel()
	r := reader{start: dialogue{file: "x.txt", parts: []part{{}}}}
	for i, line := range []string{
		"!! client: {profile: strict}", "POST /Users", "Accept: a", `{"userName":"x"}`, "> 201", "> Location: *", `> {"id":"$U1"}`, "",
		"== R-01 one", "GET /Users", "> 200", "== R-02 two", "!! name: Two", "-- 1 part", "# for the reader", "GET /Groups", "> 404",
	} {
		if err := r.read(line, i+1); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.cases) != 2 {
		t.Fatalf("%d cases", len(r.cases))
	}
	one, two := r.cases[0], r.cases[1]
	if one.settings != "client: {profile: strict}\n" || two.settings != one.settings+"name: Two\n" {
		t.Errorf("settings %q and %q", one.settings, two.settings)
	}
	for _, d := range r.cases {
		if first := d.parts[0].steps; len(first) != 1 || first[0].status != 201 || first[0].call.header.Get("Accept") != "a" || first[0].header.Get("Location") != "*" {
			t.Errorf("%s begins with %+v", d.name, first)
		}
	}
	if one.parts[1].steps[0].call.target != "/Users" || two.parts[2].name != "1" || two.parts[2].steps[0].line != 16 {
		t.Errorf("%+v, %+v", one.parts, two.parts)
	}
	for _, wrong := range []string{"-- 1", `> {"id":1}`} {
		if err := (&reader{start: dialogue{parts: []part{{}}}}).read(wrong, 1); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	for name, s := range map[string]step{"no status": {}, "half a body": {status: 200, body: "{"}} {
		if s.whole() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
