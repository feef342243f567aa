package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scimrelay/telemetry"
)

const explained = `id: acme
extensions:
- urn: urn:acme:2.0:User
  resource: User
  attributes: [{name: costGroup}]
targets:
- id: sales
  product: sage
  base_url: http://127.0.0.1:1
  credentials: {public_key: "${file:secret}", private_key: "${file:secret}"}
  defaults: {role_id: 3, branch_id: 1, level: 1, id_prefix: 69, phone: "000000000"}
  mapping:
    nic: {expression: 'user["urn:acme:2.0:User"].costGroup', apply: on_create, default: none}
    locale: user.locale
  scope: user.department == "Sales"
`

// A person is pushed as an identity provider does it; explaining asks no vendor, for there is none.
func TestTenantCheckExplainsAPerson(t *testing.T) {
	t.Parallel()
	config := installed(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "tenants", "acme.yaml"), []byte(explained), 0o600); err != nil {
		t.Fatal(err)
	}
	push(t, config, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ana@acme.test","title":"Buyer","timezone":"Europe/Paris",
		"name":{"givenName":"An\u001bna","familyName":"Ruiz"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Legal"}}`)
	var out, errs screen
	if code := run(t.Context(), []string{"tenant", "check", "acme", "--user", "ANA@acme.test", "--config", config}, console{&out, &errs}); code != exitFine {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	lines := map[string]string{}
	for line := range strings.Lines(out.String()) {
		words := strings.Join(strings.Fields(line), " ")
		first, _, _ := strings.Cut(words, " ")
		if first == "name" && strings.Contains(words, "on_create") {
			first = "name at creation"
		}
		lines[first] = words
	}
	for first, want := range map[string]string{
		"target": `target sales: out of scope: user.department == "Sales"`,
		"key":    `key key ana@acme.test emails, userName product value(user.emails, "work") ?? primary(user.emails) ?? user.userName`,
		"name":   `name always "An\x1bna" name.givenName product user.name.givenName`,
		"nic":    `nic on_create none (the rule's default: there is no urn:acme:2.0:User:costGroup) urn:acme:2.0:User:costGroup target user["urn:acme:2.0:User"].costGroup`,
		"locale": `locale always nothing: there is no locale locale target user.locale`,
	} {
		if lines[first] != want {
			t.Errorf("got  %s\nwant %s", lines[first], want)
		}
	}
	for _, path := range []string{"timezone", "title", "enterprise:2.0:User:department"} {
		if !strings.Contains(lines["not"], path) {
			t.Errorf("%s is not named in %q", path, lines["not"])
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
	if code := run(t.Context(), []string{"tenant", "check", "acme", "--user", "nobody", "--config", config}, console{&out, &errs}); code != exitFailed || !strings.Contains(errs.String(), `no user "nobody"`) {
		t.Errorf("nobody: exit code %d: %s", code, &errs)
	}
}

// push creates one person through the SCIM URL of a gateway that takes writes and relays none.
func push(t *testing.T, config, person string) {
	t.Helper()
	var out, errs screen
	if code := run(t.Context(), []string{"token", "create", "--tenant", "acme", "--json", "--config", config}, console{&out, &errs}); code != exitFine {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	var token struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal([]byte(out.String()), &token); err != nil {
		t.Fatal(err)
	}
	in, err := configFlag{Config: config}.load("")
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
	front := httptest.NewServer(g.routes())
	mustCall(t, http.MethodPost, front.URL+"/t/acme/scim/v2/Users", token.Secret, person)
	front.Close()
	if err := g.close(); err != nil {
		t.Fatal(err)
	}
}
