package tenants_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"scimrelay/configs"
	"scimrelay/tenants"
)

// folder is a folder of tenants' files.
type folder string

func (f folder) put(t testing.TB, name, text string) {
	t.Helper()
	// As editors do: a new file over the old one.
	temporary := filepath.Join(string(f), "."+name+".tmp")
	if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, filepath.Join(string(f), name)); err != nil {
		t.Fatal(err)
	}
}

func (f folder) remove(t testing.TB, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(string(f), name)); err != nil {
		t.Fatal(err)
	}
}

func simple(id, name string) string {
	return fmt.Sprintf("id: %s\nname: %s\ntargets:\n- {id: a, product: p}\n", id, name)
}

func mustOpen(t testing.TB, f folder, check tenants.Check) *tenants.Registry {
	t.Helper()
	r, err := tenants.Open(string(f), check)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(r *tenants.Registry) (list []string) {
	for _, t := range r.All() {
		list = append(list, t.ID+"="+t.Name)
	}
	return list
}

func reload(t *testing.T, r *tenants.Registry, wantChanged, wantNames []string, wantFault string) {
	t.Helper()
	changed, faults := r.Reload()
	if diff := cmp.Diff(wantChanged, changed); diff != "" {
		t.Errorf("changed: %s", diff)
	}
	if diff := cmp.Diff(wantNames, names(r)); diff != "" {
		t.Errorf("tenants: %s", diff)
	}
	if got := faults.Error(); wantFault == "" && got != "" || !strings.Contains(got, wantFault) {
		t.Errorf("faults: got %q, want %q", got, wantFault)
	}
}

func TestOpenReadsYAMLFilesOnly(t *testing.T) {
	t.Parallel()
	f := folder(t.TempDir())
	f.put(t, "b.yml", simple("b", "B"))
	f.put(t, "other-name.yaml", simple("a", "A"))
	f.put(t, "README.md", "not yaml: [")
	f.put(t, "a.yaml~", "not yaml: [")
	f.put(t, ".hidden.yaml", "not yaml: [")
	if diff := cmp.Diff([]string{"a=A", "b=B"}, names(mustOpen(t, f, nil))); diff != "" {
		t.Fatal(diff)
	}
}

func TestOpenOfAMissingFolderIsEmpty(t *testing.T) {
	t.Parallel()
	dir := folder(filepath.Join(t.TempDir(), "later"))
	r := mustOpen(t, dir, nil)
	reload(t, r, nil, nil, "")
	if err := os.Mkdir(string(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	dir.put(t, "a.yaml", simple("a", "A"))
	reload(t, r, []string{"a"}, []string{"a=A"}, "")
}

func TestOpenReportsAllFaultsOfAllFiles(t *testing.T) {
	t.Parallel()
	f := folder(t.TempDir())
	f.put(t, "1.yaml", simple("same", "A"))
	f.put(t, "2.yaml", simple("same", "B"))
	f.put(t, "3.yaml", "id: c\ntargets:\n- {id: a, product: nothing, rate: {burst: x}}\n")
	f.put(t, "4.yaml", "id: [\n")
	f.put(t, "5.yaml", "id: e\ntargets:\n- {id: a}\n")
	_, err := tenants.Open(string(f), func(t tenants.Tenant) (fs configs.Faults) {
		for _, target := range t.Targets {
			if target.Product != "p" {
				at, ok := target.Positions["product"]
				if !ok {
					at = target.Position
				}
				fs.Add(at, "no product %q", target.Product)
			}
		}
		return fs
	})
	want := []string{
		`2.yaml:1:5: id: the tenant "same" stands already in 1.yaml`,
		`3.yaml:3:20: no product "nothing"`,
		`3.yaml:3:43: targets[0].rate.burst: want a whole number, found text`,
		`4.yaml:1:5: sequence end token ']' not found`,
		`5.yaml:3:3: targets[0]: product is required`,
	}
	if err == nil {
		t.Fatal("no faults")
	}
	if diff := cmp.Diff(want, strings.Split(strings.ReplaceAll(err.Error(), string(f)+"/", ""), "\n")); diff != "" {
		t.Fatal(diff)
	}
}

func TestReloadFollowsTheFolder(t *testing.T) {
	t.Parallel()
	f := folder(t.TempDir())
	f.put(t, "a.yaml", simple("a", "A"))
	f.put(t, "b.yaml", simple("b", "B"))
	r := mustOpen(t, f, nil)
	before, _ := r.Tenant("a")
	reload(t, r, nil, []string{"a=A", "b=B"}, "")

	f.put(t, "a.yaml", simple("a", "A2"))
	f.put(t, "c.yaml", simple("c", "C"))
	reload(t, r, []string{"a", "c"}, []string{"a=A2", "b=B", "c=C"}, "")
	if before.Name != "A" {
		t.Error("a version someone holds was changed")
	}

	f.put(t, "a.yaml", simple("a", "A3")+"colour: x\n")
	reload(t, r, nil, []string{"a=A2", "b=B", "c=C"}, `unknown key "colour"`)
	reload(t, r, nil, []string{"a=A2", "b=B", "c=C"}, "")

	f.put(t, "a.yaml", "")
	reload(t, r, nil, []string{"a=A2", "b=B", "c=C"}, "id is required")

	f.remove(t, "b.yaml")
	f.put(t, "a.yaml", "# a comment\n"+simple("a", "A2"))
	reload(t, r, []string{"b"}, []string{"a=A2", "c=C"}, "")

	f.put(t, "c.yaml", simple("d", "D"))
	reload(t, r, []string{"c", "d"}, []string{"a=A2", "d=D"}, "")

	if err := os.RemoveAll(string(f)); err != nil {
		t.Fatal(err)
	}
	reload(t, r, nil, []string{"a=A2", "d=D"}, "the folder cannot be read")
}

func TestACopyDoesNotTakeATenantOver(t *testing.T) {
	t.Parallel()
	f := folder(t.TempDir())
	f.put(t, "b.yaml", simple("x", "first"))
	r := mustOpen(t, f, nil)
	f.put(t, "a.yaml", simple("x", "copy"))
	reload(t, r, nil, []string{"x=first"}, "a.yaml:1:5: id: the tenant \"x\" stands already in "+string(f)+"/b.yaml")
	reload(t, r, nil, []string{"x=first"}, "")
	f.put(t, "b.yaml", simple("y", "moved"))
	reload(t, r, []string{"x", "y"}, []string{"x=copy", "y=moved"}, "")
	f.put(t, "b.yaml", simple("x", "back"))
	reload(t, r, nil, []string{"x=copy", "y=moved"}, "stands already")
}

func TestReloadReadsSecretsAgain(t *testing.T) {
	t.Parallel()
	f, secrets := folder(t.TempDir()), folder(t.TempDir())
	secrets.put(t, "key", "one\n")
	f.put(t, "a.yaml", "id: a\nname: A\ntargets:\n- {id: a, product: p, credentials: {key: \"${file:"+string(secrets)+"/key}\"}}\n")
	r := mustOpen(t, f, nil)
	before, _ := r.Tenant("a")
	reload(t, r, nil, []string{"a=A"}, "")
	secrets.put(t, "key", "two\n")
	reload(t, r, []string{"a"}, []string{"a=A"}, "")
	after, _ := r.Tenant("a")
	if before.Targets[0].Fingerprint == after.Targets[0].Fingerprint {
		t.Fatal("the fingerprint stayed")
	}
}

func TestWatchTellsOfChanges(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	f := folder(t.TempDir())
	f.put(t, "a.yaml", simple("a", "A"))
	r := mustOpen(t, f, nil)
	changes, done := make(chan []string), make(chan struct{})
	logged := make(lines, 100)
	ctx, cancel := contextOf(t)
	go func() {
		defer close(done)
		r.Watch(ctx, slog.New(slog.NewTextHandler(logged, nil)), func(changed []string) { changes <- changed })
	}()
	expect := func(want ...string) {
		t.Helper()
		if got := receive(t, changes); !slices.Equal(got, want) {
			t.Fatalf("changed %v, want %v", got, want)
		}
	}
	f.put(t, "b.yaml", simple("b", "B"))
	expect("b")
	f.put(t, "b.yaml", "id: [hunter2\n")
	for !strings.Contains(receive(t, logged), "faulty") {
	}
	f.put(t, "b.yaml", simple("b", "B2"))
	expect("b")
	f.remove(t, "a.yaml")
	expect("a")
	cancel()
	receive(t, done)
	if diff := cmp.Diff([]string{"b=B2"}, names(r)); diff != "" {
		t.Fatal(diff)
	}
}

// Whoever has to do with one tenant must not have to mend another's file first.
func TestOpenFaultyHoldsWhoHasNoFaults(t *testing.T) {
	t.Parallel()
	f := folder(t.TempDir())
	f.put(t, "a.yaml", simple("a", "A"))
	f.put(t, "b.yaml", simple("b", "B")+"oops: 1\n")
	f.put(t, "c.yaml", "[")
	r, faults := tenants.OpenFaulty(string(f), nil)
	if diff := cmp.Diff([]string{"a=A"}, names(r)); diff != "" {
		t.Errorf("tenants: %s", diff)
	}
	if text := faults.Error(); !strings.Contains(text, "b.yaml:5:1") || !strings.Contains(text, "c.yaml") {
		t.Errorf("faults: %v", text)
	}
	for id, want := range map[string][]string{"a": {"a.yaml"}, "b": {"b.yaml"}, "c": {"c.yaml"}, "d": nil} {
		var got []string
		for _, path := range r.Files(id) {
			got = append(got, filepath.Base(path))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("files of %s: %s", id, diff)
		}
	}
	f.put(t, "copy.yaml", simple("a", "Copy"))
	if got := r.Files("a"); len(got) != 1 {
		t.Errorf("before it is read again: %v", got)
	}
	r.Reload()
	if got := r.Files("a"); len(got) != 2 {
		t.Errorf("two files of one id: %v", got)
	}
}
