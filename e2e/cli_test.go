package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTokensAreChangedWhileTheGatewayRuns(t *testing.T) {
	t.Parallel()
	i := install(t, "", "inprocess", startVendor(t))
	p := i.serve(t)
	first, _ := i.tokenCommand(t, "create", "t0")
	second, _ := i.tokenCommand(t, "create", "t0")
	if first.Status != "active" || first.Tenant != "t0" || !strings.HasPrefix(first.Secret, "scr_"+first.ID+"_") {
		t.Fatalf("token %+v", first)
	}
	if _, code := i.tokenCommand(t, "create", "t0"); code != 1 {
		t.Errorf("a third active token: exit code %d", code)
	}
	c := &client{base: "http://" + i.addr + "/t/t0/scim/v2", http: http.DefaultClient}
	may := func(secret string) bool {
		c.token = secret
		status, _, _ := c.do(http.MethodGet, "/Users?count=1", "")
		return status == http.StatusOK
	}
	if !may(first.Secret) || !may(second.Secret) {
		t.Fatal("a fresh token is refused")
	}
	if tok, code := i.tokenCommand(t, "deactivate", "t0", first.ID); code != 0 || tok.Status != "inactive" || tok.Secret != "" {
		t.Fatalf("deactivate: %+v, exit code %d", tok, code)
	}
	began := time.Now()
	eventually(t, 5*time.Second, "the token is refused", func() bool { return !may(first.Secret) })
	if took := time.Since(began); took > time.Second {
		t.Errorf("a revoked token was good for %v", took)
	}
	if _, code := i.tokenCommand(t, "activate", "t0", first.ID); code != 0 {
		t.Errorf("activate: exit code %d", code)
	}
	eventually(t, 5*time.Second, "the token is good again", func() bool { return may(first.Secret) })
	fresh, code := i.tokenCommand(t, "renew", "t0", first.ID, "--overlap", "0s")
	if code != 0 || fresh.Secret == "" {
		t.Fatalf("renew: %+v, exit code %d", fresh, code)
	}
	eventually(t, 5*time.Second, "the renewed one is gone", func() bool { return !may(first.Secret) && may(fresh.Secret) })
	if _, code := i.tokenCommand(t, "delete", "t0", second.ID); code != 0 {
		t.Errorf("delete: exit code %d", code)
	}
	eventually(t, 5*time.Second, "the deleted one is gone", func() bool { return !may(second.Secret) })
	out, _, code := command(t, "token", "list", "--tenant", "t0", "--config", i.config)
	if code != 0 || !strings.Contains(out, fresh.ID) || strings.Contains(out, fresh.Secret) {
		t.Errorf("list, exit code %d:\n%s", code, out)
	}
	raw, err := os.ReadFile(filepath.Join(i.dir, "data", "scimrelay.db"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw)+p.tail(), fresh.Secret[13:50]) {
		t.Error("a secret is in the database or the log")
	}
}

func TestExitCodesAndFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := filepath.Join(dir, "scimrelay.yaml")
	write(t, config, "server: {listen: nowhere, colour: red}\nstore: {url: mysql://x}\n")
	out, errs, code := command(t, "serve", "--config", config)
	for _, want := range []string{"scimrelay.yaml:1:18: ", "scimrelay.yaml:1:27: ", "scimrelay.yaml:2:14: "} {
		if !strings.Contains(errs, want) {
			t.Errorf("no fault at %s in\n%s", want, errs)
		}
	}
	if code != 3 || out != "" {
		t.Errorf("exit code %d, printed %q", code, out)
	}
	write(t, config, "tenants: {dir: tenants}\n")
	write(t, filepath.Join(dir, "tenants", "a.yaml"), "id: a\nname: A\ntargets:\n  - {id: sage, product: nosuch}\n")
	write(t, filepath.Join(dir, "tenants", "b.yaml"), "id: b\nname: B\nshoe: 42\ntargets: []\n")
	_, errs, code = command(t, "config", "check", "--config", config)
	if code != 3 || !strings.Contains(errs, "a.yaml:4:") || !strings.Contains(errs, "b.yaml:3:1: ") {
		t.Errorf("exit code %d:\n%s", code, errs)
	}
	for _, usage := range [][]string{{"fly"}, {"serve", "--role", "king"}, {"token", "create"}, {"serve", "--role", "worker"}} {
		if _, errs, code := command(t, usage...); code != 2 || errs == "" {
			t.Errorf("%v: exit code %d, said %q", usage, code, errs)
		}
	}
	if _, _, code := command(t, "token", "create", "--tenant", "nobody"); code != 1 {
		t.Errorf("a tenant that is not there: exit code %d", code)
	}
}

func TestASecondGatewayOnOneFileIsRefused(t *testing.T) {
	t.Parallel()
	i := install(t, "", "inprocess", startVendor(t))
	i.serve(t)
	_, errs, code := command(t, "serve", "--config", i.config, "--listen", freeAddr(t))
	if code != 1 || !strings.Contains(errs, "another scimrelay") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// A trial run: the tenant is paused, the identity provider pushes, the plan shows what would be
// done, one person is synchronised by hand, and then everybody.
func TestATrialRunBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := install(t, "", "inprocess", v)
	c := i.client(t, "t0")
	i.serve(t)
	if out, _, code := command(t, "tenant", "pause", "t0", "--config", i.config); code != 0 || !strings.Contains(out, "paused") {
		t.Fatalf("pause: %d %s", code, out)
	}
	push(t, c, "trial", 20, 4)
	out, errs, code := command(t, "plan", "t0", "--config", i.config)
	if code != 0 || strings.Count(out, ": create(") != 20 || !strings.Contains(out, "20 create, 0 update") {
		t.Errorf("plan: %d %s%s", code, out, errs)
	}
	if n := len(v.accounts(t)); n != 0 {
		t.Fatalf("planning made %d accounts", n)
	}
	if _, _, code := command(t, "sync", "t0", "trial.7@acme.example", "--config", i.config); code != 1 {
		t.Errorf("a paused target was synchronised: %d", code)
	}
	command(t, "tenant", "resume", "t0", "--config", i.config)
	eventually(t, 60*time.Second, "everybody has an account", func() bool { return allActive(v.accounts(t), 20) })
	out, errs, code = command(t, "sync", "t0", "Trial.7@acme.example", "--config", i.config)
	if code != 0 || !strings.Contains(out, "find") || !strings.Contains(out, "link.applied") {
		t.Errorf("sync: %d %s%s", code, out, errs)
	}
	if out, _, _ := command(t, "plan", "t0", "--config", i.config); !strings.Contains(out, "0 create, 0 update, 0 deactivate") {
		t.Errorf("plan afterwards: %s", out)
	}
	v.faults(t, `{"keys_revoked":true}`)
	push(t, c, "later", 3, 1)
	eventually(t, 60*time.Second, "the target rests", func() bool {
		out, _, _ := command(t, "tenant", "status", "t0", "--config", i.config)
		return strings.Contains(out, "quarantined auth")
	})
	v.faults(t, `{}`)
	if _, _, code := command(t, "tenant", "release", "t0", "--reason", "the keys are back", "--config", i.config); code != 0 {
		t.Errorf("release: %d", code)
	}
	eventually(t, 60*time.Second, "everybody has an account", func() bool { return allActive(v.accounts(t), 23) })
}
