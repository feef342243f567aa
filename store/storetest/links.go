package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

func due(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana, bob, cid := create(t, s, w, "ana"), create(t, s, w, "bob"), create(t, s, w, "cid")
	lease := acquire(t, s, "acme", "sage", "w1")
	work := dueNow(t, s, "acme", "sage")
	if len(work) != 3 || work[0].Link.Urgency != store.UrgencyCreate || string(work[0].Resource.Body) != `{"userName":"ana"}` {
		t.Fatalf("due %+v", work)
	}
	var outcomes []store.Outcome
	for i, k := range work {
		outcomes = append(outcomes, applied(k.Link, fmt.Sprint("v", i)))
	}
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if left := dueNow(t, s, "acme", "sage"); len(left) != 0 {
		t.Fatalf("still due %+v", left)
	}
	change(t, s, w, ana.ID, user("ana2"))
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, bob.ID, nil); err != nil {
		t.Fatal(err)
	}
	leaver := user("cid")
	leaver.Active = false
	change(t, s, w, cid.ID, leaver)
	for _, want := range []struct {
		id      string
		urgency store.Urgency
	}{{cid.ID, store.UrgencyDeactivate}, {bob.ID, store.UrgencyDelete}, {ana.ID, store.UrgencyUpdate}} {
		work := dueNow(t, s, "acme", "sage")
		if len(work) != 1 || work[0].Link.Resource != want.id || work[0].Link.Urgency != want.urgency {
			t.Fatalf("due %+v, want %+v", work, want)
		}
		if work[0].Deleted != (want.urgency == store.UrgencyDelete) || work[0].Link.VendorID == "" {
			t.Errorf("work %+v", work[0])
		}
		if err := s.Links.Record(t.Context(), lease, []store.Outcome{applied(work[0].Link, work[0].Link.VendorID)}, quarantine.State{}); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := s.Links.Count(t.Context(), "acme", "other")
	if err != nil || counts.Links != 3 || counts.Due != 3 {
		t.Errorf("other target: %+v, %v", counts, err)
	}
}

func change(t *testing.T, s *store.Store, w store.Write, id string, rev store.Revision) scim.Resource {
	t.Helper()
	r, err := s.Directory.Update(t.Context(), w, scim.TypeUser, id, func(scim.Resource) (store.Revision, error) { return rev, nil })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func leases(t *testing.T, open Open) {
	url := open(t)
	one, two := reopen(t, url), reopen(t, url)
	lease := acquire(t, one, "acme", "sage", "w1")
	if _, _, err := two.Targets.Acquire(t.Context(), "acme", "sage", "w2", time.Second); !errors.Is(err, store.ErrFenced) {
		t.Fatalf("a second owner got %v", err)
	}
	acquire(t, two, "acme", "other", "w2")
	status, err := two.Targets.Status(t.Context(), "acme", "sage")
	if err != nil || !status.Held || status.Open(two.Now()) {
		t.Errorf("status %+v, %v", status, err)
	}
	if err := one.Targets.Extend(t.Context(), lease); err != nil {
		t.Error(err)
	}
	if err := one.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	next := acquire(t, two, "acme", "sage", "w2")
	if next.Fence <= lease.Fence {
		t.Errorf("fence %d after %d", next.Fence, lease.Fence)
	}
	if err := one.Targets.Pause(t.Context(), store.Order{Tenant: "acme", Target: "sage", Actor: "operator"}, true); err != nil {
		t.Fatal(err)
	}
	if status, _ := two.Targets.Status(t.Context(), "acme", "sage"); !status.Paused {
		t.Error("not paused")
	}
}

func fencing(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	create(t, s, w, "ana")
	late, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	for { // until the millisecond is over
		if _, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w2", time.Minute); err == nil {
			break
		}
	}
	work := dueNow(t, s, "acme", "sage")
	if err := s.Links.Record(t.Context(), late, []store.Outcome{applied(work[0].Link, "v1")}, quarantine.State{}); !errors.Is(err, store.ErrFenced) {
		t.Errorf("record: %v", err)
	}
	if err := s.Links.Begin(t.Context(), late, []store.Intent{{Resource: work[0].Link.Resource}}); !errors.Is(err, store.ErrFenced) {
		t.Errorf("begin: %v", err)
	}
	if err := s.Targets.Extend(t.Context(), late); !errors.Is(err, store.ErrFenced) {
		t.Errorf("extend: %v", err)
	}
	if again := dueNow(t, s, "acme", "sage"); len(again) != 1 || again[0].Link.VendorID != "" || !again[0].Link.Intent.IsZero() {
		t.Errorf("due %+v", again)
	}
}

func wantDuringTurn(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana := create(t, s, w, "ana")
	lease := acquire(t, s, "acme", "sage", "w1")
	work := dueNow(t, s, "acme", "sage")
	if err := s.Links.Begin(t.Context(), lease, []store.Intent{{Resource: ana.ID, Key: "ana"}}); err != nil {
		t.Fatal(err)
	}
	change(t, s, w, ana.ID, user("ana2")) // lands while the vendor is being called
	failed := work[0].Link
	failed.State, failed.Fault, failed.Attempts, failed.NextAt = "retry", "transient", 3, s.Now().Add(time.Hour)
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: failed, Kind: "link.failed"}}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	again := dueNow(t, s, "acme", "sage")
	if len(again) != 1 || again[0].Link.Attempts != 0 || string(again[0].Resource.Body) != `{"userName":"ana2"}` {
		t.Fatalf("the newer want waits for the older one's failure: %+v", again)
	}
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{applied(work[0].Link, "v1")}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	again = dueNow(t, s, "acme", "sage")
	if len(again) != 1 || again[0].Link.Applied != 1 || again[0].Link.Wanted != 2 || again[0].Link.Urgency != store.UrgencyUpdate {
		t.Fatalf("due %+v", again)
	}
}

func waking(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	worker, boss := create(t, s, w, "worker"), create(t, s, w, "boss")
	lease := acquire(t, s, "acme", "sage", "w1")
	work := dueNow(t, s, "acme", "sage")
	parked := applied(work[0].Link, "v1")
	parked.Next.Applied, parked.Next.WaitsFor, parked.Next.State, parked.Next.NextAt = 0, boss.ID, "parked", store.Never()
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{parked}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if due := dueNow(t, s, "acme", "sage"); len(due) != 1 || due[0].Link.Resource != boss.ID {
		t.Fatalf("due %+v", due)
	}
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{applied(work[1].Link, "v2")}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if due := dueNow(t, s, "acme", "sage"); len(due) != 1 || due[0].Link.Resource != worker.ID || due[0].Link.State != "" {
		t.Fatalf("due %+v", due)
	}
	ids, err := s.Links.VendorIDs(t.Context(), "acme", "sage", []string{boss.ID, worker.ID, "nobody"})
	if err != nil || ids[boss.ID] != "v2" || ids[worker.ID] != "v1" || len(ids) != 2 {
		t.Errorf("ids %v, %v", ids, err)
	}
}

func gone(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana := create(t, s, w, "ana")
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, ana.ID, nil); err != nil {
		t.Fatal(err)
	}
	for i, target := range []string{"sage", "other"} {
		lease := acquire(t, s, "acme", target, "w1")
		work := dueNow(t, s, "acme", target)
		if len(work) != 1 || !work[0].Deleted {
			t.Fatalf("target %d: due %+v", i, work)
		}
		if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: work[0].Link, Gone: true}}, quarantine.State{}); err != nil {
			t.Fatal(err)
		}
		if links, err := s.Links.OfResource(t.Context(), "acme", ana.ID); err != nil || len(links) != 1-i {
			t.Errorf("links %+v, %v", links, err)
		}
	}
	if _, err := s.Links.One(t.Context(), "acme", "sage", ana.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one: %v", err)
	}
}

func seeding(t *testing.T, open Open) {
	s := start(t, open)
	for i := range 5 {
		create(t, s, by("acme", "sage"), fmt.Sprint("user", i))
	}
	create(t, s, by("other", "sage"), "eve")
	again, err := s.Targets.Seed(t.Context(), "acme", "late")
	if err != nil || again <= 0 {
		t.Fatalf("asked again in %v: %v", again, err)
	}
	if work := dueNow(t, s, "acme", "late"); len(work) != 5 {
		t.Errorf("%d due", len(work))
	}
	if _, err := s.Targets.Seed(t.Context(), "acme", "sage"); err != nil {
		t.Fatal(err)
	}
	if counts, _ := s.Links.Count(t.Context(), "acme", "sage"); counts.Links != 5 {
		t.Errorf("%d links after seeding a target that has them", counts.Links)
	}
}

func vendorID(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, bob := create(t, s, w, "ana"), create(t, s, w, "bob")
	lease := acquire(t, s, "acme", "sage", "w1")
	work := dueNow(t, s, "acme", "sage")
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{applied(work[0].Link, "v1")}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if holders, err := s.Links.Holders(t.Context(), "acme", "sage", scim.TypeUser, []string{"v1", "v2"}); err != nil || len(holders) != 1 || holders["v1"] != ana.ID {
		t.Errorf("holders %v, %v", holders, err)
	}
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{applied(work[1].Link, "v1")}, quarantine.State{}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a second link took the account: %v", err)
	}
	if links, _ := s.Links.OfResource(t.Context(), "acme", bob.ID); links[0].VendorID != "" {
		t.Errorf("links %+v", links)
	}
}

func pending(t *testing.T, open Open) {
	s := start(t, open)
	create(t, s, by("acme", "sage", "other"), "ana")
	create(t, s, by("beta", "sage"), "bob")
	lease := acquire(t, s, "acme", "other", "w1")
	later := dueNow(t, s, "acme", "other")[0].Link
	later.NextAt, later.State = s.Now().Add(time.Hour), "retry"
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: later}}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	var found []string
	if err := s.Links.Pending(t.Context(), func(tenant, target string) { found = append(found, tenant+"/"+target) }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(found) != "[acme/sage beta/sage]" {
		t.Errorf("pending %v", found)
	}
}

func allWork(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	var want, got []string
	for i := range 5 {
		want = append(want, create(t, s, w, fmt.Sprint("user", i)).ID)
	}
	create(t, s, by("beta", "sage"), "eve")
	for after := ""; ; {
		page, err := s.Links.AllWork(t.Context(), "acme", "sage", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, k := range page {
			got = append(got, k.Resource.ID)
			after = k.Link.Resource
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

func tryNow(t *testing.T, s *store.Store) error {
	t.Helper()
	_, err := s.Targets.TryNow(t.Context(), store.Order{Tenant: "acme", Target: "sage", Actor: "test"})
	return err
}

func probing(t *testing.T, open Open) {
	s := start(t, open)
	if err := tryNow(t, s); err != nil {
		t.Errorf("a target nobody has worked on: %v", err)
	}
	lease := acquire(t, s, "acme", "sage", "w1")
	resting := quarantine.State{Phase: quarantine.Quarantined, Reason: quarantine.Auth, Until: s.Now().Add(time.Hour), Step: 2}
	if err := s.Links.Record(t.Context(), lease, nil, resting); err != nil {
		t.Fatal(err)
	}
	if err := s.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	if status, err := s.Targets.Status(t.Context(), "acme", "sage"); err != nil || status.Open(s.Now()) || !status.RestUntil.Equal(resting.Until.Truncate(time.Millisecond)) {
		t.Fatalf("status %+v, %v", status, err)
	}
	if err := tryNow(t, s); err != nil {
		t.Fatal(err)
	}
	status, err := s.Targets.Status(t.Context(), "acme", "sage")
	if err != nil || !status.Open(s.Now()) || status.Health.Phase != quarantine.Quarantined || status.Health.Step != 2 {
		t.Errorf("status %+v, %v", status, err)
	}
}
