package planted

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"
)

// The texts that bugs need are where they say, and what stands in their place compiles.
func TestEveryBugCanStillBePlanted(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range Bugs() {
		list, err := b.overlay(root, t.TempDir())
		if err != nil {
			t.Error(err)
			continue
		}
		build := exec.CommandContext(t.Context(), "go", "build", "-overlay", list, "./"+filepath.Dir(b.File))
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", b.Name, err, out)
		}
	}
}

// C09: is the harness awake? Each bug turns tests red, by what they check and not because they no
// longer compile.
func TestEveryPlantedBugIsFound(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "C09")
	found := 0
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range Bugs() {
		t.Run(b.Name, func(t *testing.T) {
			list, err := b.overlay(root, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if said, failed := b.Found.run(t, root, list); !failed {
				t.Errorf("nobody noticed; %s %s said:\n%s", b.Found.Package, b.Found.Run, said)
				return
			}
			found++
			t.Logf("found by %s %s in %v", b.Found.Package, b.Found.Run, time.Since(began).Round(time.Second))
		})
	}
	check.Work("planted bugs found", found, len(Bugs()))
}

// run runs the tests with the bug in them and tells whether one of them failed.
func (s Suite) run(t *testing.T, root, list string) (said string, failed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-failfast", "-overlay", list, "-run", s.Run, s.Package)
	cmd.Dir = root
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if strings.Contains(out.String(), "[build failed]") {
		t.Fatalf("does not compile: %s", out.String())
	}
	return out.String(), err != nil && strings.Contains(out.String(), "--- FAIL")
}
