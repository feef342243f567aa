package configs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
)

func TestKeysAndAnchorsAreRead(t *testing.T) {
	t.Setenv("KEY_ONE", strings.Repeat("1", 32))
	t.Setenv("KEY_TWO", strings.Repeat("2", 40))
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, `audit: {anchors: anchors.jsonl, key: "${env:KEY_ONE}"}
secrets:
  keys:
    - {id: k2, key: "${env:KEY_TWO}"}
    - {id: k1, key: "${env:KEY_ONE}"}
`)
	c, err := configs.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Audit.Anchors, len(c.Audit.Key.Reveal()), len(c.Secrets.Keys), c.Secrets.Keys[0].ID, len(c.Secrets.Keys[0].Key.Reveal())}
	want := []any{filepath.Join(filepath.Dir(path), "anchors.jsonl"), 32, 2, "k2", 40}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKeysThatCannotServeAreFaults(t *testing.T) {
	t.Setenv("KEY", strings.Repeat("1", 32))
	t.Setenv("SHORT", "hunter2")
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, `audit: {key: "${env:KEY}"}
secrets:
  keys:
    - {id: k1, key: "${env:KEY}"}
    - {id: k1, key: "${env:KEY}"}
    - {id: k3, key: "${env:SHORT}"}
    - {id: "K:4", key: "${env:KEY}"}
    - {id: k5, key: hunter2hunter2hunter2hunter2hunter2}
    - {}
`)
	_, err := configs.Load(path)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Fatal(err)
	}
	for _, want := range []string{
		"1:14: audit.key: signs the file of audit.anchors, and there is none",
		"5:7: secrets.keys[1]: the id is another key's",
		"6:7: secrets.keys[2]: want a key of at least 32 bytes",
		"7:7: secrets.keys[3]: want an id of up to 32 small letters, digits and hyphens",
		"8:21: secrets.keys[4].key: a secret stands only as ${env:NAME} or ${file:PATH}",
		"9:7: secrets.keys[5]: id is required",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no fault %q in\n%v", want, err)
		}
	}
}
