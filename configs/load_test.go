package configs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
)

func TestTheExampleFileSaysTheDefaults(t *testing.T) {
	t.Parallel()
	example, err := configs.Load("scimrelay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := configs.Load("")
	if err != nil {
		t.Fatal(err)
	}
	example.File = ""
	if diff := cmp.Diff(defaults, example); diff != "" {
		t.Fatal(diff)
	}
	got := []string{defaults.Server.Listen, defaults.Server.PublicURL, defaults.Store.URL.Reveal(), defaults.Queue.URL.Reveal(), defaults.Tenants.Dir}
	want := []string{"127.0.0.1:8080", "http://127.0.0.1:8080", "sqlite://data/scimrelay.db", "inprocess", "tenants"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestLoadReadsACluster(t *testing.T) {
	t.Setenv("RELAY_STORE", "postgres://gate:hunter2@db/relay")
	folder := t.TempDir()
	path := filepath.Join(folder, "scimrelay.yaml")
	write(t, filepath.Join(folder, "key"), strings.Repeat("k", 32))
	write(t, path, `
server: {listen: ":9000", public_url: "https://scim.example.com/eu/"}
store: {url: "${env:RELAY_STORE}"}
queue: {url: "rediss://:hunter2@cache:6379/0"}
tenants: {dir: customers}
tokens: {key: "${file:key}"}
log: {level: debug, format: text}
worker: {turns: 12}
`)
	c, err := configs.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Server.PublicURL, c.Store.URL.Reveal(), c.Store.URL.String(), c.Queue.URL.Scheme(), c.Tenants.Dir,
		len(c.Tokens.Key.Reveal()), c.Log, c.Worker.Turns, c.File}
	want := []any{"https://scim.example.com/eu", "postgres://gate:hunter2@db/relay", "postgres://redacted@db/relay", "rediss",
		filepath.Join(folder, "customers"), 32, configs.Log{Level: "debug", Format: "text"}, 12, path}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestLoadReportsEverythingAtOnce(t *testing.T) {
	t.Setenv("SHORT_KEY", "hunter2")
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, `server: {listen: localhost, public_url: "ftp://x"}
store: {url: "mysql://root:hunter2@db"}
queue: {url: "redis:///0"}
tenants: {dir: ""}
tokens: {key: "${env:SHORT_KEY}"}
log: {level: loud, format: xml, colour: true}
worker: {turns: 0}
`)
	_, err := configs.Load(path)
	var faults configs.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("not faults: %v", err)
	}
	want := []string{
		`1:18: server.listen: want a host and a port, as in "127.0.0.1:8080"`,
		`1:41: server.public_url: want a whole http or https URL, as in "https://scim.example.com"`,
		`2:14: store.url: want an address that starts with sqlite, postgres, postgresql`,
		`3:14: queue.url: want an address with a host, as in redis://host`,
		`4:16: tenants.dir: want a folder`,
		`5:15: tokens.key: want at least 32 bytes`,
		`6:14: log.level: want one of debug, info, warn, error`,
		`6:28: log.format: want one of json, text`,
		`6:33: unknown key "colour": known here are level, format`,
		`7:17: worker.turns: want 1 to 10000 turns`,
	}
	got := strings.Split(strings.ReplaceAll(err.Error(), path+":", ""), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestOverridesFollowTheCommandLine(t *testing.T) {
	t.Parallel()
	c, err := configs.LoadWith("", configs.Overrides{Listen: "0.0.0.0:7000", Data: "/var/lib/scim relay"})
	if err != nil {
		t.Fatal(err)
	}
	path, query, ok := c.Store.URL.SQLite()
	if c.Server.Listen != "0.0.0.0:7000" || c.Server.PublicURL != "http://127.0.0.1:7000" || path != "/var/lib/scim relay/scimrelay.db" || query != "" || !ok {
		t.Fatalf("got %+v, %q %q %v", c, path, query, ok)
	}
}

func TestOverridesAreValidatedWithTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, "store: {url: \"postgres://db/x\"}\nlog: {level: loud}\n")
	_, err := configs.LoadWith(path, configs.Overrides{Listen: "x", Data: "y"})
	for _, want := range []string{"--data: a data folder goes with a sqlite store only", "--listen: server.listen: want a host", "log.level"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestLoadOfAFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := configs.Load("nowhere.yaml")
	if err == nil || err.Error() != "nowhere.yaml: the file cannot be read: no such file or directory" {
		t.Fatal(err)
	}
}

func TestFingerprintFollowsContentAndSecrets(t *testing.T) {
	t.Setenv("PRINT_KEY", "one")
	folder := t.TempDir()
	print := func(text string) string {
		node, faults := configs.Parse(filepath.Join(folder, "x.yaml"), []byte(text))
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		return node.Fingerprint()
	}
	base := print("a: {b: [x, 1], key: \"${env:PRINT_KEY}\"}\n")
	if same := print("a: # why\n  b:\n  - 'x'\n  - 1\n  key: ${env:PRINT_KEY}\n"); same != base {
		t.Error("layout changed the fingerprint")
	}
	for _, text := range []string{"a: {b: [x, \"1\"], key: \"${env:PRINT_KEY}\"}\n", "a: {b: [x], c: 1, key: \"${env:PRINT_KEY}\"}\n", "a: {b: [x, 1], key: \"one\"}\n"} {
		if print(text) == base {
			t.Errorf("%q has the same fingerprint", text)
		}
	}
	t.Setenv("PRINT_KEY", "two")
	if print("a: {b: [x, 1], key: \"${env:PRINT_KEY}\"}\n") == base {
		t.Error("the secret did not change the fingerprint")
	}
	if err := os.Unsetenv("PRINT_KEY"); err != nil || print("a: {key: \"${env:PRINT_KEY}\"}\n") == base {
		t.Error("a missing secret is the same")
	}
}

func TestTheClustersFileIsValid(t *testing.T) {
	t.Setenv("SCIMRELAY_STORE", "postgres://scimrelay:secret@postgres:5432/scimrelay?sslmode=disable")
	t.Setenv("SCIMRELAY_QUEUE", "redis://redis:6379/0")
	t.Setenv("SCIMRELAY_TOKEN_KEY", strings.Repeat("k", 32))
	c, err := configs.Load("cluster.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Store.URL.Scheme() != "postgres" || c.Queue.URL.Scheme() != "redis" || c.Tenants.Dir != "/tenants" || c.Tokens.Key.Empty() {
		t.Errorf("config %+v", c)
	}
}

func TestProductsAreAFolderBesideTheFileOrNone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "scimrelay.yaml")
	for text, want := range map[string]string{"": "", "products: {dir: mine}\n": filepath.Join(folder, "mine"), "products: {dir: /srv/mine}\n": "/srv/mine"} {
		write(t, path, text)
		if c, err := configs.Load(path); err != nil || c.Products.Dir != want {
			t.Errorf("%q gives %q, %v", text, c.Products.Dir, err)
		}
	}
}
