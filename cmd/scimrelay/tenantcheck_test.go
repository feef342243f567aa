package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sagesim "scimrelay/connectors/sage/sim"
	"scimrelay/connectors/simhost"
)

// Sage's own words for a refused key pair say what to do; the class alone does not.
func TestTenantCheckSaysWhatWasFoundBeforeItFailed(t *testing.T) {
	t.Parallel()
	host := simhost.New(simhost.Options{}, sagesim.New(nil))
	server := httptest.NewServer(host)
	t.Cleanup(server.Close)
	config := installed(t)
	if err := host.WriteTenants(filepath.Join(filepath.Dir(config), "tenants"), server.URL); err != nil {
		t.Fatal(err)
	}
	if err := host.SetFaults("sage", []byte(`{"keys_revoked":true}`)); err != nil {
		t.Fatal(err)
	}
	var out, errs screen
	code := run(t.Context(), []string{"tenant", "check", "sage", "--config", config}, console{&out, &errs})
	if told := out.String(); code != exitFailed || !strings.Contains(told, "FAIL login: Sage refuses the key pair") || !strings.Contains(told, "FAIL auth: ") {
		t.Errorf("exit code %d: %s%s", code, told, errs.String())
	}
}

// TestTenantCheckCallsNobodyInside: a tenant's file must not lead the gateway's own machine to an
// address inside, with whatever it holds as credentials; where the operator allows none, the check
// asks none.
func TestTenantCheckCallsNobodyInside(t *testing.T) {
	t.Parallel()
	host := simhost.New(simhost.Options{}, sagesim.New(nil))
	server := httptest.NewServer(host)
	t.Cleanup(server.Close)
	config := installed(t)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, append(text, "server: {public_url: \"https://scim.example.com\"}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := host.WriteTenants(filepath.Join(filepath.Dir(config), "tenants"), server.URL); err != nil {
		t.Fatal(err)
	}
	var out, errs screen
	code := run(t.Context(), []string{"tenant", "check", "sage", "--config", config}, console{&out, &errs})
	if told := out.String(); code != exitFailed || !strings.Contains(told, "address that may not be called") {
		t.Errorf("exit code %d: %s%s", code, told, errs.String())
	}
	if calls := host.Calls("sage"); len(calls) > 0 {
		t.Errorf("%d calls went inside", len(calls))
	}
}

func TestConfigCheckWarnsOfAddressesInside(t *testing.T) {
	t.Parallel()
	tenant := func(config string) {
		text := "id: inside\ntargets:\n- id: sage\n  product: sage\n  base_url: http://10.0.0.5/api/v4\n" +
			"  credentials: {public_key: \"${file:secret}\", private_key: \"${file:secret}\"}\n  defaults: {role_id: 1, branch_id: 1}\n  notify: {webhook: \"http://127.0.0.1:9/hook\"}\n"
		if err := os.WriteFile(filepath.Join(filepath.Dir(config), "tenants", "inside.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for more, warned := range map[string]bool{
		"": false,
		"server: {public_url: \"https://scim.example.com\"}\n":                                   true,
		"server: {public_url: \"https://scim.example.com\"}\noutbound: {private: true}\n":        false,
		"server: {public_url: \"https://scim.example.com\"}\noutbound: {private: false}\n# no\n": true,
	} {
		config := installed(t)
		tenant(config)
		text, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(config, append(text, more...), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errs := check(t, config)
		for _, want := range []string{
			"inside.yaml:5:13: targets[0].base_url: 10.0.0.5 is inside, where no call may go: set outbound.private: true in the gateway's own file",
			"inside.yaml:8:21: targets[0].notify.webhook: 127.0.0.1 is inside",
		} {
			if code != exitFine || strings.Contains(errs, want) != warned {
				t.Errorf("%q: exit code %d: %s", more, code, errs)
			}
		}
	}
}
