package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"scimrelay/internal/services"
)

// onEachStore runs the test on an installation with a file, and on one with PostgreSQL.
func onEachStore(t *testing.T, test func(t *testing.T, d operating)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, operating{t, installed(t)}) })
	t.Run("postgres", func(t *testing.T) {
		databases := new(services.Databases)
		t.Cleanup(databases.Stop)
		d := operating{t, installed(t)}
		d.write("scimrelay.yaml", "store: {url: \""+databases.New(t)+"\"}\ntenants: {dir: tenants}\n")
		test(t, d)
	})
}

func (d operating) keys(ids ...string) {
	d.t.Helper()
	text, err := os.ReadFile(d.config)
	if err != nil {
		d.t.Fatal(err)
	}
	base, _, _ := strings.Cut(string(text), "secrets:")
	var list []string
	for _, id := range ids {
		path := d.write(id+".master", "master key "+id+strings.Repeat(".", 32))
		list = append(list, `{id: `+id+`, key: "${file:`+path+`}"}`)
	}
	if len(ids) > 0 {
		base += "secrets: {keys: [" + strings.Join(list, ", ") + "]}\n"
	}
	d.write("scimrelay.yaml", base)
}

// kept is what the installation keeps of itself, as whoever reads it finds it.
func (d operating) kept() map[string]string {
	d.t.Helper()
	s, _, _ := d.open()
	defer s.Close()
	in, err := configFlag{Config: d.config}.load("")
	if err != nil {
		d.t.Fatal(err)
	}
	v, err := openVault(in.config, s)
	if err != nil {
		d.t.Fatal(err)
	}
	all, err := v.kept.All(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

// signs makes the key that events are signed with, as the first start does, and tells whether it
// is the same as before.
func (d operating) signs() string {
	d.t.Helper()
	s, _, _ := d.open()
	defer s.Close()
	in, err := configFlag{Config: d.config}.load("")
	if err != nil {
		d.t.Fatal(err)
	}
	signer, err := eventSigner(d.t.Context(), in.config, s, slog.New(slog.DiscardHandler))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(signer.KeySet())
}

// The one key may be kept apart, and the other lies open all the same.
func TestTheLogSaysWhichSecretsLieOpen(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, d operating) {
		d.add("server: {drain: 1ms, memory_limit: 0}\n")
		lying := func(want ...string) {
			t.Helper()
			log := d.served()
			for _, key := range []string{"the key of the token hashes", "the key that asynchronous answers are signed with"} {
				if open := strings.Contains(log, key+" is kept in the database"); open != slices.Contains(want, key) {
					t.Errorf("%s: %v; %s", key, open, log)
				}
			}
		}
		postgres := strings.HasSuffix(t.Name(), "postgres")
		if !postgres {
			lying()
			return
		}
		lying("the key of the token hashes", "the key that asynchronous answers are signed with")
		d.add("tokens: {key: \"${file:" + d.write("token.secret", strings.Repeat("token key ", 4)) + "}\"}\n")
		lying("the key that asynchronous answers are signed with")
		d.keys("k1")
		d.told(exitFine, "secrets", "rotate")
		lying()
	})
}

func TestSecretsAreSealedAndRotated(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, d operating) {
		// As it was without keys: what is kept lies open.
		d.told(exitFine, "token", "create", "--tenant", "acme")
		before := d.signs()
		if got := d.told(exitFine, "secrets", "status"); strings.Count(got, "lies open") != 2 {
			t.Error(got)
		}
		d.told(exitFailed, "secrets", "rotate")
		clear := d.kept()

		d.keys("k1")
		if got := d.told(exitFailed, "token", "list", "--tenant", "acme"); !strings.Contains(got, "run scimrelay secrets rotate once") {
			t.Error(got)
		}
		if got := d.told(exitFine, "secrets", "rotate", "--actor", "ana", "--reason", "policy"); strings.Count(got, "is sealed with key k1, and lay open") != 2 {
			t.Error(got)
		}
		d.told(exitFine, "token", "list", "--tenant", "acme")
		if d.signs() != before {
			t.Error("the key is another one")
		}
		for name, value := range d.kept() {
			for _, open := range clear {
				if strings.Contains(value, open) {
					t.Errorf("%s still lies open", name)
				}
			}
		}

		d.keys("k2", "k1")
		d.told(exitFine, "token", "list", "--tenant", "acme") // the old key still opens
		if got := d.told(exitFine, "secrets", "rotate"); strings.Count(got, "is sealed with key k2, and was with key k1") != 2 {
			t.Error(got)
		}
		d.keys("k2")
		if got := d.told(exitFine, "secrets", "rotate"); strings.Count(got, "is sealed with key k2\n") != 2 {
			t.Error(got)
		}
		if d.signs() != before {
			t.Error("the key is another one")
		}
		d.keys("k3")
		if got := d.told(exitFailed, "token", "list", "--tenant", "acme"); !strings.Contains(got, `key "k2": no such key`) {
			t.Error(got)
		}
		d.told(exitFailed, "secrets", "rotate")
		d.keys()
		if got := d.told(exitFailed, "token", "list", "--tenant", "acme"); !strings.Contains(got, "set secrets.keys") {
			t.Error(got)
		}
		var events []eventView
		if err := json.Unmarshal([]byte(d.told(exitFine, "audit", "list", "--tenant", "_installation", "--json")), &events); err != nil || len(events) != 4 {
			t.Fatalf("%+v, %v", events, err)
		}
		if e := events[3]; e.Kind != "secret.rotated" || e.Actor != "cli:ana" || !strings.Contains(e.Detail, "from key none to k1: policy") {
			t.Errorf("%+v", e)
		}
	})
}

// A sealed value in the place of another one is none: whoever writes the database cannot make the
// gateway take one secret for the other.
func TestASealedSecretInAnothersPlaceDoesNotOpen(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, d operating) {
		d.keys("k1")
		d.told(exitFine, "token", "create", "--tenant", "acme")
		d.signs()
		s, _, _ := d.open()
		in, err := configFlag{Config: d.config}.load("")
		if err != nil {
			t.Fatal(err)
		}
		v, err := openVault(in.config, s)
		if err != nil {
			t.Fatal(err)
		}
		all := d.kept()
		name := tokenKeySetting
		if v.kind == "file" {
			name = tokenKeyFile
		}
		if err := v.kept.Replace(t.Context(), name, all[name], all[eventKey]); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"token", "list", "--tenant", "acme"}, {"secrets", "rotate"}} {
			if got := d.told(exitFailed, args...); !strings.Contains(got, "does not open") {
				t.Errorf("%v: %s", args, got)
			}
		}
	})
}

// Somebody else's keys in the folder stay as they are.
func TestOnlyTheGatewaysOwnKeyFilesAreSealed(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	d.keys("k1")
	d.told(exitFine, "token", "create", "--tenant", "acme")
	path := d.write("server.key", "of the certificate")
	d.told(exitFine, "secrets", "rotate")
	if text, err := os.ReadFile(path); err != nil || string(text) != "of the certificate" {
		t.Errorf("%s, %v", text, err)
	}
	info, err := os.Stat(filepath.Join(filepath.Dir(d.config), tokenKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
