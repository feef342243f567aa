package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"
)

// Two tenants with a vendor each, 32 clients at each, reading and writing at once. Whatever
// carries one tenant's mark must never be seen by, or sent for, the other.
func TestTenantsSideBySideUnderLoadNeverMix(t *testing.T) {
	t.Parallel()
	looks := board.Begin(t, "X50").Sum("answers looked at for another tenant's mark", 5000)
	const clients, each = 32, 12
	vendors := []*vendor{startVendor(t), startVendor(t)}
	i := install(t, "", "inprocess", vendors...)
	speakers := []*client{i.client(t, "t0"), i.client(t, "t1")}
	i.serve(t)
	var all sync.WaitGroup
	for tenant, c := range speakers {
		mark, foreign := fmt.Sprintf("tenant%d", tenant), fmt.Sprintf("tenant%d", 1-tenant)
		for w := range clients {
			all.Go(func() {
				for n := range each {
					looks.Add(exercise(t, c, speakers[1-tenant], fmt.Sprintf("%s.%d.%d@acme.example", mark, w, n), foreign))
				}
			})
		}
	}
	all.Wait()
	for tenant, v := range vendors {
		mark := fmt.Sprintf("tenant%d.", tenant)
		eventually(t, 120*time.Second, "everybody has an account", func() bool { return len(v.accounts(t)) == clients*each })
		for _, a := range v.accounts(t) {
			if !strings.HasPrefix(a.Key, mark) {
				t.Errorf("vendor %d holds %s", tenant, a.Key)
			}
		}
	}
}

// exercise lives one person's life, looks at every answer for the other tenant's mark, and counts.
func exercise(t *testing.T, c, other *client, mail, foreign string) (looks int64) {
	t.Helper()
	look := func(what string, status, want int, answer map[string]any) {
		looks++
		if status != want || strings.Contains(fmt.Sprint(answer), foreign) {
			t.Errorf("%s: %d, want %d: %v", what, status, want, answer)
		}
	}
	status, answer, _ := c.do(http.MethodPost, "/Users", user(mail))
	look("POST", status, http.StatusCreated, answer)
	id, _ := answer["id"].(string)
	status, answer, _ = c.do(http.MethodPatch, "/Users/"+id, replace("displayName", "Name of "+mail))
	look("PATCH", status, http.StatusOK, answer)
	status, answer, _ = c.do(http.MethodGet, "/Users/"+id, "")
	look("GET", status, http.StatusOK, answer)
	status, answer, _ = c.do(http.MethodGet, fmt.Sprintf("/Users?startIndex=%d&count=20", 1+rand.IntN(100)), "")
	look("list", status, http.StatusOK, answer)
	status, _, _ = other.do(http.MethodGet, "/Users/"+id, "")
	look("GET by the other tenant", status, http.StatusNotFound, nil)
	status, _, _ = other.do(http.MethodDelete, "/Users/"+id, "")
	look("DELETE by the other tenant", status, http.StatusNotFound, nil)
	intruder := *c
	intruder.base = other.base
	status, _, _ = intruder.do(http.MethodGet, "/Users", "")
	look("own token at the other's URL", status, http.StatusUnauthorized, nil)
	return looks
}
