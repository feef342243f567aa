package tenants_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestWatchNoticesNewSecrets well before everything is read anyway: where one is written anew, where
// another takes its name, and where Kubernetes swaps the folder that a link leads to.
func TestWatchNoticesNewSecrets(t *testing.T) {
	t.Parallel()
	refer := func(f folder, path string) {
		f.put(t, "a.yaml", "id: a\nname: A\ntargets:\n- {id: a, product: p, credentials: {key: \"${file:"+path+"}\"}}\n")
	}
	for name, change := range map[string]func(t *testing.T, secrets folder){
		"written anew": func(t *testing.T, secrets folder) {
			mustDo(t, os.WriteFile(filepath.Join(string(secrets), "key"), []byte("two"), 0o600))
		},
		"replaced": func(t *testing.T, secrets folder) { secrets.put(t, "key", "two") },
		"swapped": func(t *testing.T, secrets folder) {
			next := filepath.Join(string(secrets), "..2")
			mustDo(t, os.Mkdir(next, 0o700))
			folder(next).put(t, "key", "two")
			mustDo(t, os.Symlink(next, filepath.Join(string(secrets), "..data_tmp")))
			mustDo(t, os.Rename(filepath.Join(string(secrets), "..data_tmp"), filepath.Join(string(secrets), "..data")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, secrets := folder(t.TempDir()), folder(t.TempDir())
			secrets.put(t, "key", "one")
			if name == "swapped" {
				mustDo(t, os.Remove(filepath.Join(string(secrets), "key")))
				first := filepath.Join(string(secrets), "..1")
				mustDo(t, os.Mkdir(first, 0o700))
				folder(first).put(t, "key", "one")
				mustDo(t, os.Symlink(first, filepath.Join(string(secrets), "..data")))
				mustDo(t, os.Symlink(filepath.Join("..data", "key"), filepath.Join(string(secrets), "key")))
			}
			refer(f, filepath.Join(string(secrets), "key"))
			r := mustOpen(t, f, nil)
			changes := make(chan []string, 10)
			go r.Watch(t.Context(), slog.New(slog.DiscardHandler), func(changed []string) { changes <- changed })
			f.put(t, "b.yaml", simple("b", "B"))
			if got := receive(t, changes); !slices.Equal(got, []string{"b"}) { // it watches
				t.Fatal(got)
			}
			change(t, secrets)
			if got := receive(t, changes); !slices.Equal(got, []string{"a"}) {
				t.Error(got)
			}
		})
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
