package main

import (
	"bytes"
	"strings"
	"testing"

	"scimrelay/internal/board"
)

// lines are what go test -json prints of one test that is check C03.
func lines(result string, work ...string) string {
	text := `{"Action":"run","Package":"scimrelay/e2e","Test":"TestX"}
{"Action":"output","Package":"scimrelay/e2e","Test":"TestX","Output":"it went wrong\n"}
{"Action":"attr","Package":"scimrelay/e2e","Test":"TestX","Key":"check","Value":"C03"}
`
	for _, w := range work {
		text += `{"Action":"attr","Package":"scimrelay/e2e","Test":"TestX","Key":"work","Value":"` + w + `"}` + "\n"
	}
	return text + `{"Action":"` + result + `","Package":"scimrelay/e2e","Test":"TestX"}
{"Action":"output","Package":"scimrelay/e2e","Output":"ok  \tscimrelay/e2e\t1.0s\n"}
`
}

func told(t *testing.T, tier board.Tier, text string) (said string, fine bool) {
	t.Helper()
	var out bytes.Buffer
	r := newReport(&out)
	if err := r.read(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	fine = r.close(tier)
	return out.String(), fine
}

func TestTheBoardSaysWhatHeld(t *testing.T) {
	t.Parallel()
	said, fine := told(t, "", lines("pass", "C03 357 runs", "C03 101 points"))
	if !fine || !strings.Contains(said, "ok  \tscimrelay/e2e") || !strings.Contains(said, "C03   P  held") ||
		!strings.Contains(said, "357 runs, 101 points [TestX]") || strings.Contains(said, "it went wrong") {
		t.Errorf("fine %v, said:\n%s", fine, said)
	}
	if said, fine = told(t, "", lines("pass", "C03 357 runs")+lines("skip")); !fine || !strings.Contains(said, "C03   P  held") {
		t.Errorf("held in full, and left away with the race detector: fine %v, said:\n%s", fine, said)
	}
}

func TestTheBoardFailsWithItsChecks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tier board.Tier
		text string
		want string
	}{
		"a check that does not hold": {"", lines("fail"), "C03   P  BROKEN"},
		"one that held afterwards":   {"", lines("fail") + lines("pass"), "C03   P  BROKEN"},
		"what it printed":            {"", lines("fail"), "it went wrong"},
		"a check that did not run":   {board.Push, lines("pass"), "NOT RUN"},
		"one that was skipped":       {board.Push, lines("skip"), "C03   P  NOT RUN"},
		"one that tells of no work":  {board.Push, lines("pass"), "C03   P  NO WORK"},
		"a package that fails":       {"", `{"Action":"fail","Package":"scimrelay/e2e"}` + "\n", ""},
		"a package without a build":  {"", `{"Action":"build-fail","ImportPath":"scimrelay/e2e"}` + "\n", ""},
	} {
		if said, fine := told(t, c.tier, c.text); fine || !strings.Contains(said, c.want) {
			t.Errorf("%s: fine %v, said:\n%s", name, fine, said)
		}
	}
}

func TestANightsCheckIsNotDueWithAPush(t *testing.T) {
	t.Parallel()
	var all string
	for _, row := range board.Rows() {
		if row.Tier == board.Push {
			all += strings.ReplaceAll(lines("pass", "C03 357 runs"), "C03", row.ID)
		}
	}
	if said, fine := told(t, board.Push, all); !fine {
		t.Errorf("a push: %s", said)
	}
	if _, fine := told(t, board.Nightly, all); fine {
		t.Error("a night without its checks held")
	}
}
