package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestABurstOfAnonymisationsWaitsForAnOperator(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := installAll(t, v, map[string][]string{"dastra": {"    sync:", "    on_deactivate: anonymise\n    consent: [anonymise]\n    sync:"}})
	i.serve(t)
	c := i.client(t, "dastra")
	const people = 8
	var ids []string
	for n := range people {
		ids = append(ids, c.create(t, fmt.Sprintf("user%d@acme.test", n)))
	}
	working := func() (n int) {
		for key, active := range v.state(t, "dastra") {
			if active && strings.HasPrefix(key, "user") {
				n++
			}
		}
		return n
	}
	eventually(t, 60*time.Second, "everybody has an account", func() bool { return working() == people })
	if status, _, _ := c.do(http.MethodPatch, "/Users/"+ids[0], replace("active", "False")); status != http.StatusOK {
		t.Fatal(status)
	}
	eventually(t, 60*time.Second, "one who leaves alone is gone", func() bool { return working() == people-1 })
	// Together, so that the gateway sees them before it has done the first.
	if _, errs, code := command(t, "tenant", "pause", "dastra", "--config", i.config); code != 0 {
		t.Fatal(errs)
	}
	for _, id := range ids[1:6] {
		if status, _, _ := c.do(http.MethodPatch, "/Users/"+id, replace("active", "False")); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if _, errs, code := command(t, "tenant", "resume", "dastra", "--config", i.config); code != 0 {
		t.Fatal(errs)
	}
	held := func() int {
		out, _, _ := command(t, "tenant", "status", "dastra", "--config", i.config)
		return strings.Count(out, "held confirm")
	}
	eventually(t, 60*time.Second, "they are held", func() bool { return held() == 5 })
	if working() != people-1 {
		t.Fatalf("%d work", working())
	}
	if _, _, code := command(t, "tenant", "approve-deletes", "dastra", "--config", i.config); code != 2 {
		t.Errorf("without a reason: exit code %d", code)
	}
	out, errs, code := command(t, "tenant", "approve-deletes", "dastra", "--reason", "the branch closed", "--config", i.config)
	if code != 0 || !strings.Contains(out, "target dastra: 5 agreed to") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	eventually(t, 60*time.Second, "they are gone", func() bool { return working() == people-6 })
	if _, _, code := command(t, "tenant", "approve-deletes", "dastra", "--reason", "again", "--config", i.config); code != 1 {
		t.Errorf("with nothing held: exit code %d", code)
	}
	// Who returns is somebody new there.
	if status, _, _ := c.do(http.MethodPatch, "/Users/"+ids[0], replace("active", "True")); status != http.StatusOK {
		t.Fatal(status)
	}
	eventually(t, 60*time.Second, "who returns has an account", func() bool { return v.state(t, "dastra")["user0@acme.test"] })
}

func TestAGroupWhoseDeletionDisablesPeopleWaitsForAnOperator(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := installAll(t, v, map[string][]string{"ivanti": {`"group_delete_limit":10000,`, ``}})
	i.serve(t)
	c := i.client(t, "ivanti")
	ana := c.create(t, "ana@acme.test")
	status, group, _ := c.do(http.MethodPost, "/Groups", fmt.Sprintf(
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Field","members":[{"value":%q}]}`, ana))
	if status != http.StatusCreated {
		t.Fatalf("%d: %v", status, group)
	}
	shown := func() string {
		out, _, _ := command(t, "tenant", "status", "ivanti", "--config", i.config)
		return out
	}
	eventually(t, 60*time.Second, "the group has its member", func() bool { return strings.Contains(shown(), ": 2 links, 0 not as wanted") })
	if status, _, _ := c.do(http.MethodDelete, fmt.Sprint("/Groups/", group["id"]), ""); status != http.StatusNoContent {
		t.Fatal(status)
	}
	eventually(t, 60*time.Second, "the deletion is held", func() bool { return strings.Contains(shown(), "held confirm") })
	if !v.state(t, "ivanti")["ana@acme.test"] {
		t.Fatal("ana is disabled already")
	}
	out, errs, code := command(t, "tenant", "approve-deletes", "ivanti", "--target", "ivanti", "--resource", fmt.Sprint(group["id"]),
		"--reason", "the team is dissolved", "--config", i.config)
	if code != 0 {
		t.Fatal(out, errs)
	}
	eventually(t, 60*time.Second, "the group is gone, and Ivanti has disabled who was in it alone",
		func() bool {
			return !v.state(t, "ivanti")["ana@acme.test"] && strings.Contains(shown(), ": 1 links, 0 not as wanted")
		})
}
