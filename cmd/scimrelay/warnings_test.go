package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// heard is a log whose lines can be waited for.
type heard chan string

func (h heard) Write(text []byte) (int, error) {
	h <- string(text)
	return len(text), nil
}

// until returns what is warned of before a line with the words comes.
func (h heard) until(t *testing.T, words string) (warned []string) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case line := <-h:
			if _, warning, ok := strings.Cut(line, `msg="a tenant's file needs a look" at=`); ok {
				_, warning, _ = strings.Cut(warning, "warning=")
				warned = append(warned, strings.TrimSpace(warning))
			}
			if strings.Contains(line, words) {
				slices.Sort(warned)
				return warned
			}
		case <-late:
			t.Fatalf("no line with %q", words)
		}
	}
}

// TestAFileThatIsReadAgainIsWarnedOfAsAtTheStart: of what the file itself says, and of what the
// gateway's file does not let it have.
func TestAFileThatIsReadAgainIsWarnedOfAsAtTheStart(t *testing.T) {
	t.Parallel()
	w := newTold(t)
	dir := filepath.Dir(w.config)
	w.write(t, "scimrelay.yaml", fmt.Sprintf(`store: {url: "sqlite://%s"}
server: {listen: "127.0.0.1:0", drain: 0s, public_url: "https://scim.example.com"}
log: {format: text}
notify: {operator: {webhook: "https://ops.example/x"}}
`, filepath.Join(dir, "data", "s.db")))
	tenant := func(name string) {
		w.write(t, "tenants/acme.yaml", `id: acme
name: `+name+`
targets:
- id: sage
  product: sage
  base_url: https://10.0.0.5
  credentials: {public_key: "${file:../any.key}", private_key: "${file:../any.key}"}
  defaults: {role_id: 3, branch_id: 1}
  guard: off
  notify: {email: it@acme.example, webhook: "https://hook.example/x"}
`)
	}
	tenant("Acme")
	ctx, stop := context.WithCancel(t.Context())
	log, ended := make(heard, 1000), make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve", "--config", w.config}, console{&screen{}, log}) }()
	defer func() { stop(); <-ended }()
	log.until(t, `msg="the configuration needs a look"`) // of the operator's webhook
	first := log.until(t, "msg=listening")
	for i, want := range []string{"targets[0].base_url: 10.0.0.5 is inside", "targets[0].guard: off", "targets[0].notify.email: no e-mail is sent", "targets[0].notify.webhook: without notify.secret"} {
		if len(first) != 4 || !strings.Contains(first[i], want) {
			t.Errorf("warned of %q", first)
		}
	}
	tenant("Acme SAS")
	if again := log.until(t, `msg="tenants read again"`); !slices.Equal(again, first) {
		t.Errorf("warned of %q, and at the start of %q", again, first)
	}
}
