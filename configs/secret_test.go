package configs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"scimrelay/configs"
)

type vault struct {
	Key configs.Secret `yaml:"key"`
}

// open decodes a vault whose file lies in the folder.
func open(folder, reference string) (configs.Secret, configs.Faults) {
	var v vault
	node, faults := configs.Parse(filepath.Join(folder, "vault.yaml"), []byte("key: "+reference+"\n"))
	faults = append(faults, node.Decode(&v)...)
	return v.Key, faults
}

func TestSecretReadsEnvironmentAndFiles(t *testing.T) {
	t.Setenv("VAULT_KEY", "from-env")
	folder := t.TempDir()
	write(t, filepath.Join(folder, "unix"), "from-file\n")
	write(t, filepath.Join(folder, "windows"), "two\n\r\n")
	for reference, want := range map[string]string{
		`"${env:VAULT_KEY}"`: "from-env",
		`${env:VAULT_KEY}`:   "from-env",
		`"${file:unix}"`:     "from-file",
		`"${file:` + filepath.Join(folder, "unix") + `}"`: "from-file",
		`"${file:windows}"`: "two\n",
	} {
		key, faults := open(folder, reference)
		if len(faults) > 0 || key.Reveal() != want {
			t.Errorf("%s: got %q, %v", reference, key.Reveal(), faults)
		}
	}
}

func TestSecretFaultsNeverPrintAValue(t *testing.T) {
	t.Setenv("VAULT_EMPTY", "")
	folder := t.TempDir()
	write(t, filepath.Join(folder, "empty"), "\n")
	write(t, filepath.Join(folder, "large"), strings.Repeat("hunter2", 10_000))
	for reference, want := range map[string]string{
		`hunter2`:               "a secret stands only as",
		`[hunter2]`:             "a secret stands only as",
		`1234567`:               "a secret stands only as",
		`x${env:VAULT_KEY}`:     "a secret stands only as",
		`"${env:hunter2-lit!}"`: "no name of an environment variable",
		`"${hunter2}"`:          "want ${env:NAME} or ${file:PATH}",
		`"${vault:hunter2}"`:    "want ${env:NAME} or ${file:PATH}",
		`"${env:}"`:             "want ${env:NAME} or ${file:PATH}",
		`""`:                    "the secret is empty",
		``:                      "the secret is empty",
		`"${env:VAULT_NONE}"`:   "the environment variable VAULT_NONE is not set",
		`"${env:VAULT_EMPTY}"`:  "the environment variable VAULT_EMPTY is empty",
		`"${file:none}"`:        "none cannot be read: no such file or directory",
		`"${file:empty}"`:       "empty is empty",
		`"${file:large}"`:       "it is larger than 65536 bytes",
		`"${file:.}"`:           "it is not a regular file",
	} {
		_, faults := open(folder, reference)
		got := faults.Error()
		if len(faults) != 1 || !strings.Contains(got, want) || strings.Contains(got, "hunter2") || strings.Contains(got, "1234567") {
			t.Errorf("%s: got %q, want %q", reference, got, want)
		}
	}
}

func TestSecretsAreRedactedWhereverTheyArePrinted(t *testing.T) {
	t.Parallel()
	s := configs.NewSecret("hunter2")
	u := configs.NewURL("postgres://gate:hunter2@db.internal:5432/relay?sslpassword=hunter2#hunter2")
	hidden := struct {
		Secret configs.Secret
		URL    configs.URL
		inner  configs.Secret
		url    configs.URL
	}{s, u, s, u}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+"\n", s, &s, hidden, u)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", s, "url", u, "all", hidden)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", s, "url", u, "all", hidden)
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		data, err := marshal(map[string]any{"s": s, "u": u, "all": hidden})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(data)
	}
	if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), "68756e74657232") {
		t.Fatal(out.String())
	}
	if !strings.Contains(out.String(), "db.internal:5432") || !strings.Contains(out.String(), "redacted") {
		t.Fatal(out.String())
	}
}

func TestURLHidesPasswordsThatWereNotEscaped(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"hunter2", "hun/ter2", "hun?ter2", "12#hunter2", "hun@ter2", "hun@te/r2", "12/r2", "hun%zzter2", "a b"} {
		printed := configs.NewURL("redis://gate:" + password + "@cache/0").String()
		for _, part := range []string{password, "hun", "ter2", "r2", "12", "a b"} {
			if strings.Contains(printed, part) {
				t.Errorf("%q shows as %q", password, printed)
			}
		}
	}
}

func TestSecretEquality(t *testing.T) {
	t.Parallel()
	if !configs.NewSecret("a").Equal(configs.NewSecret("a")) || configs.NewSecret("a").Equal(configs.NewSecret("b")) || !configs.NewSecret("").Empty() {
		t.Fatal("secrets compare wrongly")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
