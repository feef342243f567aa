package server_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	caseList = "testdata/cases.txt"
	table    = "../../docs/compatibility.md"
)

var (
	update        = flag.Bool("update", false, "write "+table+" anew")
	compatibility ledger
)

// ledger remembers which cases of the reference the tests were about, and how those went.
type ledger struct {
	mu      sync.Mutex
	entries map[string]*entry
}

type entry struct {
	where       map[string]bool
	runs, fails int
}

// proves notes that a test is about these cases. A case has passed if all that was noted for
// it has, on every store.
func proves(t *testing.T, ids ...string) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	provesIn(t, name, ids...)
}

// provesIn is proves of a test that is found at where.
func provesIn(t *testing.T, where string, ids ...string) {
	t.Helper()
	known, err := readCases()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(known, func(c referenceCase) bool { return c.id == id }) {
			t.Fatalf("%s has no case %s", caseList, id)
		}
	}
	t.Cleanup(func() {
		for _, id := range ids {
			compatibility.note(id, where, !t.Failed() && !t.Skipped())
		}
	})
}

func (l *ledger) note(id, where string, passed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries == nil {
		l.entries = make(map[string]*entry)
	}
	e := l.entries[id]
	if e == nil {
		e = &entry{where: make(map[string]bool)}
		l.entries[id] = e
	}
	e.where[where] = true
	e.runs++
	if !passed {
		e.fails++
	}
}

// referenceCase is a line of caseList: id, client, what it is, and why no test of requests and
// answers can show it, where that is so.
type referenceCase struct{ id, client, title, reason string }

var readCases = sync.OnceValues(func() (all []referenceCase, err error) {
	text, err := os.ReadFile(caseList)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		f := append(strings.Split(line, "\t"), "")
		if len(f) < 4 || len(f) > 5 || seen[f[0]] {
			return nil, fmt.Errorf("%s:%d: want a new id, a client, a title and perhaps a reason: %q", caseList, i+1, line)
		}
		seen[f[0]] = true
		all = append(all, referenceCase{f[0], f[1], f[2], f[3]})
	}
	return all, nil
})

// settle compares the table with what was found, after a run of all tests. It returns the
// exit code of the run.
func (l *ledger) settle(code int) int {
	if !complete() && *update {
		fmt.Fprintln(os.Stderr, "only a run of all tests can write docs/compatibility.md")
		return 1
	}
	if !complete() || code != 0 && !*update {
		return code
	}
	have, err := l.table()
	if err == nil && *update {
		err = os.WriteFile(table, []byte(have), 0o644)
	}
	want, readErr := os.ReadFile(table)
	if err = cmp.Or(err, readErr); err == nil && string(want) != have {
		err = fmt.Errorf("docs/compatibility.md is not what the tests have shown%s\nwrite it anew with: go test ./scim/server -update",
			firstDifference(string(want), have))
	}
	if err == nil {
		err = readmeAgrees(have)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

var counted = regexp.MustCompile(`(\d+) cases: (\d+) passed`)

// readmeAgrees checks that the README says as many as the table does.
func readmeAgrees(table string) error {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		return err
	}
	n := counted.FindStringSubmatch(table)
	if want := n[2] + " of " + n[1] + " cases"; !strings.Contains(string(text), want) {
		return fmt.Errorf("README.md does not say %q", want)
	}
	return nil
}

// complete reports whether this was a run of all tests.
func complete() bool {
	for _, name := range []string{"run", "skip", "list", "fuzz"} {
		if flag.Lookup("test."+name).Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

func firstDifference(want, have string) string {
	old := strings.Split(want, "\n")
	for i, line := range strings.Split(have, "\n") {
		if i >= len(old) || old[i] != line {
			return fmt.Sprintf(", from line %d on: %s", i+1, line)
		}
	}
	return ", which is longer"
}

func (l *ledger) table() (string, error) {
	cases, err := readCases()
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	count := make(map[string]int)
	var rows strings.Builder
	for _, c := range cases {
		outcome, where := "open", c.reason
		if e := l.entries[c.id]; e != nil {
			outcome, where = "passed", strings.Join(slices.Sorted(maps.Keys(e.where)), ", ")
			if e.fails > 0 {
				outcome = "failed"
			}
		} else if c.reason != "" {
			outcome = "no test"
		}
		count[outcome]++
		fmt.Fprintf(&rows, "| %s | %s | %s | %s | %s |\n", c.id, c.client, strings.ReplaceAll(c.title, "|", "\\|"), where, outcome)
	}
	return fmt.Sprintf(`# Compatibility

What identity providers send, and what the RFCs ask for: every case by its number, and the
tests that show it, each on SQLite and on PostgreSQL. The files are dialogues in
scim/server/testdata. Written by `+"`go test ./scim/server -update`"+`.

%d cases: %d passed, %d failed, %d open, %d without a test.

| case | client | what it is | tested in, or why not | outcome |
|---|---|---|---|---|
`, len(cases), count["passed"], count["failed"], count["open"], count["no test"]) + rows.String(), nil
}
