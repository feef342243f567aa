package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// installation is a configuration on disk that processes share.
type installation struct {
	dir, config, addr string
}

// install writes a configuration with tenants that relay to the vendors, named after their
// place: t0, t1, … The target is quick to be sure about a lost call, so that kills cost seconds.
func install(t *testing.T, storeURL, queueURL string, vendors ...*vendor) *installation {
	t.Helper()
	return installGuarded(t, "    guard: off\n", storeURL, queueURL, vendors...) // tests' people come and go as they like
}

// installGuarded is install with a guard on those who leave, as the target's file says it.
func installGuarded(t *testing.T, guard, storeURL, queueURL string, vendors ...*vendor) *installation {
	t.Helper()
	i := &installation{dir: t.TempDir(), addr: freeAddr(t)}
	tenants := filepath.Join(i.dir, "tenants")
	for n, v := range vendors {
		raw, err := os.ReadFile(filepath.Join(v.tenants, "sage.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		secrets := filepath.Join(v.tenants, "secrets") + "/"
		text := strings.ReplaceAll(string(raw), "${file:secrets/", "${file:"+secrets)
		text = strings.Replace(text, "id: sage\n", fmt.Sprintf("id: t%d\n", n), 1)
		lines := strings.Split(text, "\n")
		kept := lines[:0]
		for _, line := range lines {
			if !strings.HasPrefix(strings.TrimSpace(line), "rate:") {
				kept = append(kept, line)
			}
		}
		text = strings.TrimRight(strings.Join(kept, "\n"), "\n") +
			"\n    rate: {per_second: 2000, burst: 2000, concurrency: 8}\n    settle: 1s\n    timeout: 2s\n" + guard
		write(t, filepath.Join(tenants, fmt.Sprintf("t%d.yaml", n)), text)
	}
	if storeURL == "" {
		storeURL = "sqlite://" + filepath.Join(i.dir, "data", "scimrelay.db")
	}
	i.config = filepath.Join(i.dir, "scimrelay.yaml")
	write(t, i.config, fmt.Sprintf("server: {listen: %q, public_url: %q, rate: {per_second: 0}, busy: 15s, drain: 500ms}\nstore: {url: %q}\nqueue: {url: %q}\ntenants: {dir: tenants}\n",
		i.addr, "http://"+i.addr, storeURL, queueURL))
	return i
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve starts the gateway and waits until it answers.
func (i *installation) serve(t *testing.T, flags ...string) *process {
	t.Helper()
	p := run(t, append([]string{"serve", "--config", i.config}, flags...)...)
	p.ready(t, i.addr, "/readyz")
	return p
}

// worker starts a process that only relays.
func (i *installation) worker(t *testing.T) *process {
	t.Helper()
	return i.member(t, "worker")
}

// member starts a process of a cluster, at an address of its own.
func (i *installation) member(t *testing.T, role string) *process {
	t.Helper()
	addr := freeAddr(t)
	p := run(t, "serve", "--config", i.config, "--role", role, "--listen", addr)
	p.ready(t, addr, "/readyz")
	p.addr = addr
	return p
}

// token is what token create and renew print with --json.
type token struct {
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	Status string `json:"status"`
	Secret string `json:"secret"`
}

func (i *installation) tokenCommand(t *testing.T, verb, tenant string, args ...string) (tok token, code int) {
	t.Helper()
	out, errs, code := command(t, append([]string{"token", verb, "--tenant", tenant, "--config", i.config, "--json"}, args...)...)
	if code == 0 {
		if err := json.Unmarshal([]byte(out), &tok); err != nil {
			t.Fatalf("token %s printed %q: %v", verb, out, err)
		}
	} else if errs == "" {
		t.Errorf("token %s failed and said nothing", verb)
	}
	return tok, code
}

// client creates a token for the tenant and returns a client that uses it.
func (i *installation) client(t *testing.T, tenant string) *client {
	t.Helper()
	tok, code := i.tokenCommand(t, "create", tenant)
	if code != 0 {
		t.Fatalf("token create: exit code %d", code)
	}
	return &client{base: "http://" + i.addr + "/t/" + tenant + "/scim/v2", token: tok.Secret,
		http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// client speaks SCIM for one tenant.
type client struct {
	base, token string
	http        *http.Client
}

// do sends one request. A status of 0 means that no answer came.
func (c *client) do(method, path, body string) (status int, answer map[string]any, header http.Header) {
	req, err := http.NewRequest(method, c.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, nil, nil
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, nil
	}
	_ = json.Unmarshal(raw, &answer)
	return resp.StatusCode, answer, resp.Header
}

// user is a person as Entra posts one.
func user(mail string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"externalId":%q,"active":true,
		"displayName":"Test Person","name":{"givenName":"Test","familyName":"Person"},"title":null,
		"emails":[{"primary":true,"type":"work","value":%q}],"phoneNumbers":[{"type":"work","value":"+33 1 55 55 00 12"}],
		"meta":{"resourceType":"User"},"roles":[]}`, mail, mail, mail)
}

// replace is a PATCH in Entra's default shape.
func replace(path, value string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":%q,"value":%q}]}`, path, value)
}
