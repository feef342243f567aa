package main

import (
	"net/http/httptest"
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
