package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A rest that no time ends is a year that JSON has no form for.
func TestTheStatusOfADisabledTargetIsJSON(t *testing.T) {
	t.Parallel()
	config := installed(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "tenants", "acme.yaml"), []byte(explained), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs screen
	if code := run(t.Context(), []string{"tenant", "disable", "acme", "--target", "sales", "--reason", "moved", "--config", config}, console{&out, &errs}); code != exitFine {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	var shown, text screen
	if code := run(t.Context(), []string{"tenant", "status", "acme", "--json", "--config", config}, console{&shown, &errs}); code != exitFine {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	var views []targetView
	if err := json.Unmarshal([]byte(shown.String()), &views); err != nil || len(views) != 1 {
		t.Fatalf("%v: %s", err, &shown)
	}
	if v := views[0]; v.State != "disabled" || v.Until != nil {
		t.Errorf("%+v", v)
	}
	if code := run(t.Context(), []string{"tenant", "status", "acme", "--config", config}, console{&text, &errs}); code != exitFine || !strings.Contains(text.String(), "target sales: disabled admin") {
		t.Errorf("exit code %d: %s%s", code, &text, &errs)
	}
}
