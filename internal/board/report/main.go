// Command report reads what `go test -json` prints, shows it as go test would, and closes with the
// scoreboard: one line for each check with what was injected, how much work ran, and whether it
// held. It fails when a test failed, and with -all also when a check of the tier did not run.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"scimrelay/internal/board"
)

func main() {
	all := flag.String("all", "", "every check up to this tier (P or N) must have run")
	flag.Parse()
	r := newReport(os.Stdout)
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	if !r.close(board.Tier(*all)) {
		os.Exit(1)
	}
}

// event is a line of test2json.
type event struct {
	Action, Package, Test, Output, Key, Value string
	Elapsed                                   float64
}

// run is one test, once: a test may run again, in full and with the race detector.
type run struct {
	test   string
	output []string
	checks []string
	work   []string
	result string
}

// report gathers what tests say.
type report struct {
	out    io.Writer
	runs   []*run
	latest map[[2]string]*run // of each package and test
	failed bool
}

func newReport(out io.Writer) *report { return &report{out: out, latest: map[[2]string]*run{}} }

func (r *report) of(e event) *run {
	key := [2]string{e.Package, e.Test}
	if r.latest[key] == nil || e.Action == "run" {
		r.latest[key] = &run{test: e.Test}
		r.runs = append(r.runs, r.latest[key])
	}
	return r.latest[key]
}

// read goes through the lines. What is no event is a compiler's word, and shown.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" {
			fmt.Fprintln(r.out, lines.Text())
			continue
		}
		r.note(e)
	}
	return lines.Err()
}

func (r *report) note(e event) {
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.failed = true
	case "run":
		r.of(e)
	case "output":
		if e.Test == "" { // the package's own closing lines
			if !strings.HasPrefix(e.Output, "PASS") && !strings.HasPrefix(e.Output, "testing:") {
				fmt.Fprint(r.out, e.Output)
			}
			return
		}
		t := r.of(e)
		t.output = append(t.output, e.Output)
	case "attr":
		t := r.of(e)
		switch e.Key {
		case "check":
			t.checks = append(t.checks, e.Value)
		case "work":
			t.work = append(t.work, e.Value)
		}
	case "pass", "fail", "skip":
		r.end(e)
	}
}

// end shows what a test that failed printed, and forgets the rest.
func (r *report) end(e event) {
	t := r.of(e)
	t.result = e.Action
	if e.Action == "fail" {
		r.failed = true
		for _, line := range t.output {
			fmt.Fprint(r.out, line)
		}
	}
	t.output = nil
}

// close prints the scoreboard and reports whether everything held.
func (r *report) close(tier board.Tier) bool {
	shown := 0
	for _, row := range board.Rows() {
		result, work, tests := r.score(row.ID)
		must := tier == board.Nightly || tier == board.Push && row.Tier == board.Push
		if result == "" && !must {
			continue
		}
		if shown == 0 {
			fmt.Fprintf(r.out, "\n%-5s %-2s %-8s %s\n", "check", "", "result", "what was injected | work")
		}
		shown++
		switch {
		case result == "":
			result, r.failed = "NOT RUN", true
		case must && len(work) == 0:
			result, r.failed = "NO WORK", true
		}
		fmt.Fprintf(r.out, "%-5s %-2s %-8s %s | %s [%s]\n", row.ID, row.Tier, result, row.Injected, strings.Join(work, ", "), strings.Join(tests, " "))
	}
	if shown > 0 {
		fmt.Fprintf(r.out, "%d checks\n", shown)
	}
	return !r.failed
}

// score is how the check went in all the tests that are it.
func (r *report) score(id string) (result string, work, tests []string) {
	for _, t := range r.runs {
		if t.result == "skip" {
			continue
		}
		if slices.Contains(t.checks, id) {
			if !slices.Contains(tests, t.test) {
				tests = append(tests, t.test)
			}
			switch {
			case t.result != "pass":
				result = "BROKEN"
			case result == "":
				result = "held"
			}
		}
		for _, w := range t.work {
			if of, what, _ := strings.Cut(w, " "); of == id {
				work = append(work, what)
			}
		}
	}
	return result, work, tests
}
