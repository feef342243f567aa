package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/scim"
	"scimrelay/store"
)

// crowded is an installation whose target owes a vendor many people: 30 wait for their turn, one
// was set aside for an hour, one for good, one waits for another.
func crowded(t *testing.T) (operating, map[string]string) {
	t.Helper()
	d := operating{t, installed(t)}
	d.write("tenants/acme.yaml", explained)
	s, _, _ := d.open()
	ids := map[string]string{}
	for i := range 33 {
		name := fmt.Sprintf("user%d", i)
		r, err := s.Directory.Create(t.Context(), store.Write{Tenant: "acme", Targets: []string{"sales"}}, scim.TypeUser, name,
			store.Revision{Body: []byte("{}"), Keys: store.Keys{Name: name}})
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = r.ID
	}
	hour := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	for name, next := range map[string]int64{"user0": hour, "user1": store.Never().UnixMilli()} {
		d.behind(fmt.Sprintf("UPDATE links SET state = 'escrow', fault = 'invalid', detail = 'no nic', next_at = %d WHERE resource = '%s'", next, ids[name]))
	}
	d.behind(fmt.Sprintf("UPDATE links SET state = 'parked', next_at = %d WHERE resource = '%s'", store.Never().UnixMilli(), ids["user2"]))
	return d, ids
}

func TestTenantStatusSaysWhenAndOfEverybody(t *testing.T) {
	t.Parallel()
	d, ids := crowded(t)
	out := d.told(exitFine, "tenant", "status", "acme")
	for _, want := range []string{"  waiting: 30 due, 2 escrow, 1 parked\n", "due (tried at the target's next turn)\n", "  and 13 more: --all shows them\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing: %s", want, out)
		}
	}
	if n := strings.Count(out, " at version 0 of 1: "); n != waitingShown {
		t.Errorf("%d listed: %s", n, out)
	}
	out = d.told(exitFine, "tenant", "status", "acme", "--all")
	for name, want := range map[string]string{
		"user0": "escrow invalid no nic (tried next 2100-01-01T00:00:00Z)", "user1": "escrow invalid no nic (tried again by hand only)",
		"user2": "parked (tried when that is there)", "user32": "due (tried at the target's next turn)",
	} {
		if !strings.Contains(out, ids[name]+" at version 0 of 1: "+want+"\n") {
			t.Errorf("%s: want %q in %s", name, want, out)
		}
	}
	if strings.Contains(out, "more:") {
		t.Error(out)
	}
	d.told(exitUsage, "tenant", "status", "acme", "--state", "asleep")
	d.told(exitFine, "tenant", "pause", "acme")
	if out := d.told(exitFine, "tenant", "status", "acme", "--state", "due"); strings.Count(out, "due (tried when the target goes on)") != waitingShown || !strings.Contains(out, "and 10 more") {
		t.Error(out)
	}
}

func TestTenantStatusInJSONListsOneState(t *testing.T) {
	t.Parallel()
	d, ids := crowded(t)
	for _, c := range []struct {
		args []string
		want int
	}{{[]string{"--state", "escrow"}, 2}, {[]string{"--state", "due"}, waitingShown}, {[]string{"--all"}, 33}} {
		var views []targetView
		if err := json.Unmarshal([]byte(d.told(exitFine, append([]string{"tenant", "status", "acme", "--json"}, c.args...)...)), &views); err != nil {
			t.Fatal(err)
		}
		if len(views) != 1 || len(views[0].Waiting) != c.want || views[0].States["due"] != 30 {
			t.Errorf("%v: %+v", c.args, views)
			continue
		}
		for _, w := range views[0].Waiting {
			if (w.Next == nil) != (w.Resource == ids["user1"] || w.Resource == ids["user2"]) {
				t.Errorf("%+v", w)
			}
		}
	}
}
