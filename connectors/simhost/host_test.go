package simhost_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/connectors/simhost"
	"scimrelay/tenants"
)

// parrot is a product that says what it was asked.
type parrot struct{ said atomic.Int32 }

func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.said.Add(1)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set(simhost.KeyHeader, "polly")
	fmt.Fprintf(w, `{"path":%q}`, r.URL.Path)
}
func (p *parrot) Name() string { return "parrot" }
func (p *parrot) State() simhost.State {
	return simhost.State{Accounts: []simhost.Account{{ID: "1", Key: "polly", Active: true, Native: map[string]any{"<b>": "<script>"}}}}
}
func (p *parrot) SetKnobs(knobs map[string]json.RawMessage) error {
	for name := range knobs {
		if name != "colour" {
			return fmt.Errorf("no knob %q", name)
		}
	}
	return nil
}
func (p *parrot) Knobs() []simhost.Knob {
	return []simhost.Knob{{Name: "colour", Default: "green", Meaning: "of its feathers"}}
}
func (p *parrot) Reset() { p.said.Store(0) }
func (p *parrot) Sample() simhost.Sample {
	return simhost.Sample{Title: "Parrot", Path: "/v1", Credentials: map[string]string{"api_key": "cracker"}, Defaults: map[string]any{"perch": 3}}
}

func newHost(t *testing.T) (*parrot, string) {
	t.Helper()
	p := &parrot{}
	server := httptest.NewUnstartedServer(simhost.New(simhost.Options{}, p))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	return p, server.URL
}

func call(t *testing.T, method, url, body string) (int, http.Header, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 2 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, string(text), err
}

func TestFaultsAreShown(t *testing.T) {
	for name, c := range map[string]struct {
		rule string
		code int
		says string
		cut  bool
		done bool
		head [2]string
	}{
		"none":            {`{"method": "DELETE"}`, 200, `{"path":"/v1/x"}`, false, true, [2]string{}},
		"other path":      {`{"path": "/v1/*/y"}`, 200, `{"path":"/v1/x"}`, false, true, [2]string{}},
		"status":          {`{"path": "/v1/*", "status": 418, "body": {"a": 1}}`, 418, `{"a":1}`, false, false, [2]string{}},
		"throttle":        {`{"do": "throttle"}`, 429, "simulated", false, false, [2]string{"Retry-After", ""}},
		"throttle, timed": {`{"do": "throttle", "retry_after": "20s"}`, 429, "simulated", false, false, [2]string{"Retry-After", "20"}},
		"hang":            {`{"do": "hang"}`, 0, "", true, false, [2]string{}},
		"lost":            {`{"do": "lost"}`, 0, "", true, true, [2]string{}},
		"drop":            {`{"do": "drop"}`, 0, "", true, false, [2]string{}},
		"html":            {`{"do": "html"}`, 200, "<html>", false, false, [2]string{"Content-Type", "text/html; charset=utf-8"}},
		"truncated":       {`{"do": "truncated"}`, 200, `{"path":`, false, true, [2]string{}},
		"cut":             {`{"do": "cut"}`, 200, `{"path":`, true, true, [2]string{}},
		"redirect":        {`{"do": "redirect"}`, 302, "", false, false, [2]string{"Location", "https://elsewhere.example/"}},
		"skipped":         {`{"skip": 1}`, 200, `{"path":"/v1/x"}`, false, true, [2]string{}},
		"never":           {`{"rate": 0}`, 200, `{"path":"/v1/x"}`, false, true, [2]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, url := newHost(t)
			if code, _, body, err := call(t, "PUT", url+"/_sim/parrot/faults", `{"rules": [`+c.rule+`]}`); code != 200 {
				t.Fatal(code, body, err)
			}
			code, header, body, err := call(t, "POST", url+"/parrot/v1/x", "{}")
			if code != c.code || !strings.HasPrefix(body, c.says) && !strings.Contains(body, c.says) || (err != nil) != c.cut {
				t.Errorf("got %d %q, %v", code, body, err)
			}
			if header.Get(c.head[0]) != c.head[1] || header.Get(simhost.KeyHeader) != "" {
				t.Errorf("headers %v", header)
			}
			if (p.said.Load() > 0) != c.done {
				t.Errorf("the product was asked %d times", p.said.Load())
			}
		})
	}
}

func TestCountedAndRatedFaultsEnd(t *testing.T) {
	_, url := newHost(t)
	codes := func(n int) (failed int) {
		for range n {
			if code, _, _, _ := call(t, "GET", url+"/parrot/v1/x", ""); code != 200 {
				failed++
			}
		}
		return failed
	}
	call(t, "PUT", url+"/_sim/parrot/faults", `{"rules": [{"status": 500, "count": 2}]}`)
	if failed := codes(5); failed != 2 {
		t.Errorf("%d failed, want 2", failed)
	}
	call(t, "PUT", url+"/_sim/parrot/faults", `{"rules": [{"status": 500, "rate": 0.3}]}`)
	if failed := codes(50); failed < 13 || failed > 17 {
		t.Errorf("%d of 50 failed, want about 15", failed)
	}
	call(t, "PUT", url+"/_sim/parrot/faults", `{"latency": "60ms"}`)
	started := time.Now()
	if codes(1); time.Since(started) < 60*time.Millisecond {
		t.Error("there is no latency")
	}
}

func TestStateCallsAndReset(t *testing.T) {
	_, url := newHost(t)
	call(t, "POST", url+"/parrot/v1/x?secret=1", "{}")
	_, _, state, _ := call(t, "GET", url+"/_sim/parrot/state", "")
	var shown simhost.State
	if err := json.Unmarshal([]byte(state), &shown); err != nil || len(shown.Accounts) != 1 || !strings.Contains(state, `"groups": []`) {
		t.Error(state, err)
	}
	_, _, calls, _ := call(t, "GET", url+"/_sim/parrot/calls", "")
	var listed []simhost.Call
	if err := json.Unmarshal([]byte(calls), &listed); err != nil || len(listed) != 1 {
		t.Fatal(calls, err)
	}
	if c := listed[0]; c.Method != "POST" || c.Path != "/v1/x" || c.Status != 200 || c.Key != "polly" || c.At.IsZero() {
		t.Errorf("%+v", c)
	}
	call(t, "POST", url+"/_sim/parrot/reset", "")
	if _, _, calls, _ := call(t, "GET", url+"/_sim/parrot/calls", ""); strings.TrimSpace(calls) != "[]" {
		t.Error(calls)
	}
	_, _, page, _ := call(t, "GET", url+"/parrot/_ui", "")
	if !strings.Contains(page, "polly") || strings.Contains(page, "<script>") {
		t.Error(page)
	}
	_, _, manual, _ := call(t, "GET", url+"/_sim/", "")
	if !strings.Contains(manual, "rules[].do") || !strings.Contains(manual, "of its feathers") {
		t.Error(manual)
	}
	if code, _, _, _ := call(t, "GET", url+"/_sim/nobody/state", ""); code != 404 {
		t.Error(code)
	}
}

func TestWrongKnobsChangeNothing(t *testing.T) {
	_, url := newHost(t)
	call(t, "PUT", url+"/_sim/parrot/faults", `{"rules": [{"status": 500}]}`)
	for _, knobs := range []string{`[]`, `{"feathers": 1}`, `{"rules": [{"do": "dance"}]}`, `{"latency": "fast"}`, `{"latency": "-1s"}`,
		`{"rules": [{"dialect": "x"}]}`, `{"rules": [{"pth": "x"}]}`, `{"rules": [{"status": 99}]}`, `{"rules": [{"path": "["}]}`} {
		if code, _, body, _ := call(t, "PUT", url+"/_sim/parrot/faults", knobs); code != 400 {
			t.Errorf("%s: %d %s", knobs, code, body)
		}
	}
	if code, _, _, _ := call(t, "GET", url+"/parrot/v1/x", ""); code != 500 {
		t.Error("the fault is gone")
	}
}

func TestTenantFilesAreReadyToUse(t *testing.T) {
	dir := t.TempDir()
	if err := simhost.New(simhost.Options{}, &parrot{}).WriteTenants(dir, "http://127.0.0.1:9100/"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "parrot.yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tenant, faults := tenants.Parse(file, data)
	if len(faults) > 0 {
		t.Fatalf("%v\n%s", faults, data)
	}
	target := tenant.Targets[0]
	if tenant.ID != "parrot" || target.BaseURL != "http://127.0.0.1:9100/parrot/v1" || strings.Contains(string(data), "cracker") {
		t.Errorf("%s", data)
	}
	info, err := os.Stat(filepath.Join(dir, "secrets", "parrot-api_key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}
