package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scimrelay/relay"
)

// Nobody answers at the vendor's address.
func TestWhatCannotBeDoneSaysWhatToDo(t *testing.T) {
	t.Parallel()
	config := installed(t)
	text := strings.Replace(explained, "  scope: user.department == \"Sales\"\n", "", 1)
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "tenants", "acme.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	push(t, config, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ana@acme.test","title":"Buyer",
		"name":{"givenName":"Ana","familyName":"Ruiz"}}`)
	told := func(want int, args ...string) string {
		t.Helper()
		var out, errs screen
		if code := run(t.Context(), append(args, "--config", config), console{&out, &errs}); code != want {
			t.Fatalf("%v: exit code %d: %s%s", args, code, &out, &errs)
		}
		return out.String() + errs.String()
	}
	if got := told(exitFailed, "plan", "acme"); !strings.Contains(got, "the vendor could be asked about nobody: target sales") || !strings.Contains(got, "0 create") {
		t.Errorf("plan: %s", got)
	}
	told(exitFine, "tenant", "pause", "acme")
	got := told(exitFailed, "sync", "acme", "ana@acme.test")
	if !strings.Contains(told(exitFine, "audit", "list", "--tenant", "acme", "--kind", "target"), "target.paused") {
		t.Error("a family is not found by its name")
	}
	if !strings.Contains(got, `it is paused; "scimrelay tenant resume acme" lets it go on`) || strings.Contains(got, ": \n") {
		t.Errorf("sync while paused: %s", got)
	}
}

func TestASearchThatFindsSaysSo(t *testing.T) {
	t.Parallel()
	for want, step := range map[string]relay.Step{"found": {Action: "find"}, "not_found": {Action: "find", Fault: "not_found"}, "": {Action: "create"}} {
		if got := became(step); got != want {
			t.Errorf("%+v: %q, want %q", step, got, want)
		}
	}
	if got := line("club:", "create(mail)", ""); got != "club: create(mail)" {
		t.Errorf("%q", got)
	}
}
