package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scimrelay/internal/services"
	"scimrelay/scim"
)

// patient has the tenant's writes wait for their outcome.
func (i *installation) patient(t *testing.T, tenant, wait string) {
	t.Helper()
	file := filepath.Join(i.dir, "tenants", tenant+".yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(text)+"    wait: "+wait+"\n")
}

// A gateway answers with what the worker, another process, has heard of the vendor; and what was
// refused leaves nothing that the next try could meet.
func TestARefusalOfTheVendorComesBackThroughACluster(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := install(t, databases.New(t), services.NewRedis(t).URL(), v)
	i.patient(t, "t0", "30s")
	c := i.client(t, "t0")
	c.http.Timeout = 0
	i.serve(t, "--role", "gateway")
	i.worker(t)
	const mail = "ines.moreau@acme.example"

	v.faults(t, `{"rate_limit":0,"rules":[{"method":"POST","path":"/api/v4/users","status":400,"body":{"Message":"Bad Request: the nic is taken"}}]}`)
	status, answer, _ := c.do(http.MethodPost, "/Users", user(mail))
	if status != http.StatusBadRequest || answer["scimType"] != scim.TypeInvalidValue {
		t.Fatalf("POST: %d %v", status, answer)
	}
	if detail := fmt.Sprint(answer["detail"]); !strings.HasPrefix(detail, "sage: ") || !strings.HasSuffix(detail, "the nic is taken") {
		t.Errorf("the reason is %q", detail)
	}
	if _, found, _ := c.do(http.MethodGet, `/Users?filter=userName+eq+%22`+mail+`%22`, ""); found["totalResults"] != 0.0 {
		t.Errorf("refused, and yet %v", found)
	}
	v.faults(t, `{"rate_limit":0}`)
	status, answer, _ = c.do(http.MethodPost, "/Users?attributes=userName,"+scim.SchemaRelay, user(mail))
	if status != http.StatusCreated {
		t.Fatalf("POST again: %d %v", status, answer)
	}
	if accounts := v.accounts(t); !allActive(accounts, 1) || accounts[0].Key != mail {
		t.Errorf("201, and the vendor has %v", accounts)
	}
	extension, _ := answer[scim.SchemaRelay].(map[string]any)
	targets, _ := extension["targets"].([]any)
	if len(targets) != 1 || fmt.Sprint(targets[0].(map[string]any)["state"]) != "in-sync" {
		t.Errorf("status %v", answer)
	}
}
