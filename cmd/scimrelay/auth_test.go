package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scimrelay/telemetry"
)

const clientSecret = "client-secret-0123456789-0123456789"

// installed writes an installation with one tenant, which has a client and a user.
func installed(t *testing.T) (config string) {
	t.Helper()
	dir := t.TempDir()
	config = filepath.Join(dir, "scimrelay.yaml")
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		config:                               "store: {url: \"sqlite://" + filepath.ToSlash(filepath.Join(dir, "scimrelay.db")) + "\"}\ntenants: {dir: tenants}\n",
		filepath.Join(dir, "tenants/secret"): clientSecret,
		filepath.Join(dir, "tenants/acme.yaml"): `id: acme
auth:
  bare_token: false
  oauth_clients: [{id: acme-entra, secrets: ["${file:secret}"], lifetime: 2h}]
  basic: [{username: okta, passwords: ["${file:secret}"]}]
  entra: {tenant_id: 3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44}
`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

func TestTheModesOfATenantAreListedWithoutSecrets(t *testing.T) {
	t.Parallel()
	config := installed(t)
	for name, args := range map[string][]string{
		"status": {"tenant", "status", "acme", "--config", config},
		"check":  {"tenant", "check", "acme", "--config", config},
		"list":   {"tenant", "list", "--json", "--config", config},
	} {
		var out, errs screen
		if code := run(t.Context(), args, console{&out, &errs}); code != exitFine {
			t.Fatalf("%s: exit code %d: %s", name, code, &errs)
		}
		for _, mode := range []string{"bearer: the gateway's tokens", "oauth_clients: acme-entra, 1 secret(s), tokens live 2h0m0s",
			"basic: okta, 1 password(s)", "entra: tokens of the Entra tenant 3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44 for 8adf8e6e"} {
			if !strings.Contains(out.String(), mode) {
				t.Errorf("%s does not list %q:\n%s", name, mode, &out)
			}
		}
		if strings.Contains(out.String()+errs.String(), clientSecret) {
			t.Errorf("%s shows a secret", name)
		}
	}
}

// The parts fit together: what the token endpoint gives, the SCIM URL takes.
func TestAGatewayGivesAndTakesAccessTokens(t *testing.T) {
	t.Parallel()
	in, err := configFlag{Config: installed(t)}.load("")
	if err != nil {
		t.Fatal(err)
	}
	tel, err := telemetry.Start(t.Context(), telemetry.Options{Version: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tel.Shutdown(t.Context()) })
	g, err := build(t.Context(), in, roleAll, slog.New(slog.DiscardHandler), tel)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.close() })
	front := httptest.NewServer(g.routes())
	t.Cleanup(front.Close)
	resp, err := http.PostForm(front.URL+"/t/acme/oauth2/token",
		url.Values{"grant_type": {"client_credentials"}, "client_id": {"acme-entra"}, "client_secret": {clientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Token    string `json:"access_token"`
		Lifetime int    `json:"expires_in"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || resp.StatusCode != http.StatusOK || got.Lifetime != 7200 {
		t.Fatalf("%s, %v, %d s", resp.Status, err, got.Lifetime)
	}
	if list := mustCall(t, http.MethodGet, front.URL+"/t/acme/scim/v2/Users", got.Token, ""); !strings.Contains(list, `"totalResults":0`) {
		t.Error(list)
	}
}
