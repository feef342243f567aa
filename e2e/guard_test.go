package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"
)

// heldStatus is what tenant status says of the first target.
type heldStatus struct {
	Pending int `json:"pending"`
	Held    struct {
		Batch         string `json:"batch"`
		Tripped       string `json:"deletes_held_since"`
		Deactivations int    `json:"deactivations"`
		Deletions     int    `json:"deletions"`
	} `json:"held"`
}

func TestABurstOfLeaversWaitsForAnOperatorWhicheverWayTheyLeave(t *testing.T) {
	t.Parallel()
	board.Begin(t, "V34")
	v := startVendor(t)
	i := installGuarded(t, "", "", "inprocess", v)
	i.serve(t)
	c := i.client(t, "t0")
	const people = 12
	var ids []string
	name := func(n int) string { return fmt.Sprintf("user%d@acme.test", n) }
	for n := range people {
		ids = append(ids, c.create(t, name(n)))
	}
	working := func() (n int) {
		for key, active := range v.state(t, "sage") {
			if active && strings.HasPrefix(key, "user") {
				n++
			}
		}
		return n
	}
	tenant := func(verb string, args ...string) string {
		t.Helper()
		out, errs, code := command(t, append([]string{"tenant", verb, "t0", "--config", i.config}, args...)...)
		if code != 0 {
			t.Fatalf("%s: exit code %d\n%s%s", verb, code, out, errs)
		}
		return out
	}
	status := func() heldStatus {
		t.Helper()
		var views []heldStatus
		if err := json.Unmarshal([]byte(tenant("status", "--json")), &views); err != nil {
			t.Fatal(err)
		}
		return views[0]
	}
	must := func(want int, method, path, body string) {
		t.Helper()
		if got, _, _ := c.do(method, path, body); got != want {
			t.Fatalf("%s %s: %d", method, path, got)
		}
	}
	leave := func() { // together, so that the gateway sees them before it has done the first
		t.Helper()
		tenant("pause")
		for n := range 2 {
			must(http.StatusOK, http.MethodPatch, "/Users/"+ids[n], replace("active", "False"))
			must(http.StatusOK, http.MethodPut, "/Users/"+ids[2+n], strings.Replace(user(name(2+n)), `"active":true`, `"active":false`, 1))
		}
		tenant("resume")
	}
	eventually(t, 60*time.Second, "everybody has an account", func() bool { return working() == people })
	tenant("pause")
	for n := range 2 {
		must(http.StatusNoContent, http.MethodDelete, "/Users/"+ids[4+n], "")
	}
	leave()
	eventually(t, 60*time.Second, "they are held", func() bool { s := status(); return s.Held.Deactivations == 4 && s.Held.Deletions == 2 })
	c.create(t, name(people)) // goes on
	eventually(t, 60*time.Second, "somebody new has an account", func() bool { return working() == people+1 })
	shown := status()
	if shown.Held.Tripped == "" || !strings.Contains(tenant("status"), "DELETES_HELD") {
		t.Fatalf("%+v", shown)
	}
	if _, _, code := command(t, "tenant", "approve-deletes", "t0", "--batch", "b-0000", "--reason", "a slip", "--config", i.config); code != 1 {
		t.Errorf("an unknown batch: exit code %d", code)
	}
	tenant("reject-deletes", "--reason", "a wrong filter", "--json")
	eventually(t, 60*time.Second, "nothing waits", func() bool { s := status(); return s.Pending == 0 && s.Held.Batch == "" })
	if working() != people+1 {
		t.Fatalf("%d work", working())
	}
	for n := range 4 { // the identity provider takes it back, and means it later
		must(http.StatusOK, http.MethodPatch, "/Users/"+ids[n], replace("active", "True"))
	}
	c.create(t, name(4)) // finds the account of the one who was deleted
	leave()
	eventually(t, 60*time.Second, "nothing waits", func() bool { return status().Pending == 0 })
	if n := working(); n != people+1-4 { // four of thirteen are no burst
		t.Fatalf("%d work", n)
	}
	tenant("pause")
	for n := 6; n < 11; n++ {
		must(http.StatusNoContent, http.MethodDelete, "/Users/"+ids[n], "")
	}
	tenant("resume")
	eventually(t, 60*time.Second, "they are held", func() bool { return status().Held.Deletions == 5 })
	if out := tenant("approve-deletes", "--batch", status().Held.Batch, "--reason", "the branch closed"); !strings.Contains(out, ": 5 agreed to") {
		t.Error(out)
	}
	eventually(t, 60*time.Second, "they are gone", func() bool { return working() == people+1-9 })
}
