package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is a console that a test reads while the command still writes.
type screen struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(text)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// after is what stands behind the label.
func (s *screen) after(t *testing.T, label string) string {
	t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(label) + ` +(\S+)`).FindStringSubmatch(s.String())
	if found == nil {
		t.Fatalf("no %q in\n%s", label, s)
	}
	return found[1]
}

// until polls, for a process beside us cannot signal; it fails after a while.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(5 * time.Minute)
	for !done() {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("%s did not happen", what)
		}
	}
}

func TestDemoExitsWithZeroWhenTheVendorEqualsTheDirectory(t *testing.T) {
	t.Parallel()
	var out, errs screen
	data := t.TempDir()
	args := []string{"demo", "--exit", "--people", "40", "--data", data}
	if code := run(t.Context(), args, console{&out, &errs}); code != exitFine {
		t.Fatalf("exit code %d\n%s%s", code, &out, &errs)
	}
	for _, tenant := range []string{"sage", "all"} {
		row := regexp.MustCompile(`(?m)^` + tenant + ` +Sage Sales Management +40 +40 +37 +37 +40 +0 +0 +0 +0 +2 of 2$`)
		if !row.MatchString(out.String()) {
			t.Errorf("the table is not as wanted\n%s", &out)
		}
	}
	if errs.String() != "" {
		t.Errorf("on stderr: %s", &errs)
	}
	if log, err := os.ReadFile(filepath.Join(data, "scimrelay.log")); err != nil || bytes.Contains(log, []byte(`"level":"ERROR"`)) {
		t.Errorf("the log: %v\n%s", err, log)
	}
	if code := run(t.Context(), args, console{&out, &errs}); code != exitUsage || !strings.Contains(errs.String(), "holds a store already") {
		t.Errorf("a second time on one folder: exit code %d, %s", code, &errs)
	}
}

func TestDemoRefusesACompanyThatIsTooSmall(t *testing.T) {
	t.Parallel()
	var out, errs screen
	if code := run(t.Context(), []string{"demo", "--people", "3"}, console{&out, &errs}); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
}

func TestDemoServesUntilInterruptedAndItsCommandsWork(t *testing.T) {
	t.Parallel()
	var out, errs screen
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--people", "30", "--listen", "127.0.0.1:0"}, console{&out, &errs})
	}()
	until(t, "serving", func() bool { return strings.Contains(out.String(), "Serving until interrupted") || len(ended) > 0 })
	patch := regexp.MustCompile(`(?s)-d '(.+?)' '(.+?)'`).FindStringSubmatch(out.String())
	if patch == nil {
		t.Fatalf("no command to paste in\n%s%s", &out, &errs)
	}
	state := out.after(t, "vendor's state")
	token, base := out.after(t, "token"), out.after(t, "SCIM base URL")
	if got := mustCall(t, http.MethodGet, base+"/Users?count=5", token, ""); strings.Count(got, `"userName"`) != 5 {
		t.Errorf("five users are\n%s", got)
	}
	if page := mustCall(t, http.MethodGet, out.after(t, "vendor's page"), "", ""); !strings.Contains(page, "30 accounts") {
		t.Errorf("the vendor's page is\n%s", page)
	}
	mustCall(t, http.MethodPatch, patch[2], token, patch[1])
	until(t, "the disabling at the vendor", func() bool { return !active(t, state, "ines.moreau@acme.example") })
	interrupt()
	if code := <-ended; code != exitFine || errs.String() != "" {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}

func mustCall(t *testing.T, method, url, token, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/scim+json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s, %v\n%s", method, url, resp.Status, err, text)
	}
	return string(text)
}

func active(t *testing.T, state, key string) bool {
	t.Helper()
	var s struct {
		Accounts []struct {
			Key    string
			Active bool
		}
	}
	if err := json.Unmarshal([]byte(mustCall(t, http.MethodGet, state, "", "")), &s); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Accounts {
		if a.Key == key {
			return a.Active
		}
	}
	t.Fatalf("there is no account %s", key)
	return false
}
