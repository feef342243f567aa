package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

const client = "key00001"

// opened opens a transaction of a client for a version of a resource.
func opened(t *testing.T, s *store.Store, tenant, client string, r scim.Resource, version int64) store.Transaction {
	t.Helper()
	n := store.Transaction{ID: "txn-" + newID(t), Event: newID(t), Client: client, Resource: r.ID, Type: r.Type,
		Method: "PUT", Version: version, Status: 200}
	if ok, err := s.Transactions.Open(t.Context(), tenant, n, 1000); err != nil || !ok {
		t.Fatalf("open: %v, %v", ok, err)
	}
	return n
}

// judgement takes the first fault it sees for the whole.
func judgement(targets ...string) store.Judgement {
	return store.Judgement{Targets: targets, Aside: []string{"escrow", "held"}, Of: func(n store.Transaction, links []store.Link) (bool, string, string) {
		for _, k := range links {
			if k.Applied < n.Version && k.State != "" {
				return true, k.Fault, k.Detail
			}
		}
		return true, "", ""
	}}
}

// events settles what can be settled and returns what the client is to hear.
func events(t *testing.T, s *store.Store, tenant, client string, targets ...string) []store.Transaction {
	t.Helper()
	if err := s.Transactions.Settle(t.Context(), tenant, client, judgement(targets...), 100); err != nil {
		t.Fatal(err)
	}
	found, err := s.Transactions.Settled(t.Context(), tenant, client, 100)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// turn takes the target's lease and records what change makes of its due links.
func turn(t *testing.T, s *store.Store, tenant, target string, change func(store.Link) store.Outcome) {
	t.Helper()
	lease := acquire(t, s, tenant, target, "worker")
	var outcomes []store.Outcome
	for _, w := range dueNow(t, s, tenant, target) {
		outcomes = append(outcomes, change(w.Link))
	}
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

func aside(state, fault, detail string) func(store.Link) store.Outcome {
	return func(k store.Link) store.Outcome {
		k.State, k.Fault, k.Detail, k.NextAt = state, fault, detail, store.Never()
		return store.Outcome{Next: k, Kind: "link.failed"}
	}
}

func transactionEnds(t *testing.T, open Open) {
	s := start(t, open)
	w := by("acme", "sage", "dastra", "gone")
	r := create(t, s, w, "ines")
	n := opened(t, s, "acme", client, r, 1)
	check := func(when string, want int) []store.Transaction {
		t.Helper()
		found := events(t, s, "acme", client, "sage", "dastra")
		if len(found) != want {
			t.Fatalf("%s: %+v", when, found)
		}
		return found
	}
	check("at once", 0)
	turn(t, s, "acme", "sage", func(k store.Link) store.Outcome { return applied(k, "v1") })
	check("with one target", 0)
	turn(t, s, "acme", "dastra", aside("parked", "", "waits for somebody"))
	check("with one that waits", 0)
	if _, err := s.Directory.Update(t.Context(), w, scim.TypeUser, r.ID, func(scim.Resource) (store.Revision, error) { return user("ines2"), nil }); err != nil {
		t.Fatal(err)
	}
	turn(t, s, "acme", "dastra", func(k store.Link) store.Outcome { return applied(k, "v2") })
	found := check("with both", 1)
	if found[0].Settled.IsZero() || found[0].Settled.After(s.Now()) {
		t.Errorf("settled at %v", found[0].Settled)
	}
	found[0].Settled = time.Time{}
	if diff := cmp.Diff(n, found[0]); diff != "" {
		t.Error(diff)
	}
	deleted := opened(t, s, "acme", client, r, 3)
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, r.ID, nil); err != nil {
		t.Fatal(err)
	}
	for i, target := range []string{"sage", "dastra", "gone"} {
		check("while links are left", 1+i/2)
		turn(t, s, "acme", target, func(k store.Link) store.Outcome { return store.Outcome{Next: k, Gone: true} })
	}
	if found := check("without any link", 2); found[1].Event != deleted.Event || found[1].Fault != "" {
		t.Errorf("the deletion is %+v", found[1])
	}
	opened(t, s, "acme", client, scim.Resource{ID: "nobody", Type: scim.TypeUser}, 1)
	if found := events(t, s, "acme", client); len(found) != 3 {
		t.Errorf("of a tenant without targets: %+v", found)
	}
}

func transactionFails(t *testing.T, open Open) {
	s := start(t, open)
	w := by("acme", "sage", "dastra")
	r := create(t, s, w, "ines")
	opened(t, s, "acme", client, r, 1)
	turn(t, s, "acme", "sage", aside("escrow", "invalid", "the nic is taken"))
	found := events(t, s, "acme", client, "sage", "dastra")
	if len(found) != 1 || found[0].Fault != "invalid" || found[0].Detail != "the nic is taken" {
		t.Fatalf("%+v", found)
	}
	// One that is set aside with a newer want is no failure of what it has.
	opened(t, s, "acme", client, r, 0)
	if found := events(t, s, "acme", client, "sage", "dastra"); len(found) != 2 || found[1].Fault != "" {
		t.Errorf("%+v", found)
	}
	// A target the tenant has no longer fails nothing.
	opened(t, s, "acme", client, r, 1)
	if found := events(t, s, "acme", client, "dastra"); len(found) != 2 {
		t.Errorf("%+v", found)
	}
}

func transactionStays(t *testing.T, open Open) {
	s := start(t, open)
	w := by("acme", "sage")
	r := create(t, s, w, "ines")
	opened(t, s, "acme", client, r, 1)
	turn(t, s, "acme", "sage", aside("escrow", "invalid", "no"))
	first := events(t, s, "acme", client, "sage")
	if _, err := s.Directory.Update(t.Context(), w, scim.TypeUser, r.ID, func(scim.Resource) (store.Revision, error) { return user("ines2"), nil }); err != nil {
		t.Fatal(err)
	}
	turn(t, s, "acme", "sage", func(k store.Link) store.Outcome { return applied(k, "v1") })
	if diff := cmp.Diff(first, events(t, s, "acme", client, "sage")); diff != "" || len(first) != 1 {
		t.Errorf("%d, then\n%s", len(first), diff)
	}
}

func transactionClients(t *testing.T, open Open) {
	s := start(t, open)
	var mine []store.Transaction
	for _, c := range [][2]string{{"acme", client}, {"acme", "key00002"}, {"other", client}, {"acme", client}} {
		n := opened(t, s, c[0], c[1], scim.Resource{ID: newID(t), Type: scim.TypeUser}, 1)
		if c == [2]string{"acme", client} {
			mine = append(mine, n)
		}
	}
	ids := func(list []store.Transaction) (ids []string) {
		for _, n := range list {
			ids = append(ids, n.Event)
		}
		return ids
	}
	forget := func(tenant, client string, events ...string) {
		t.Helper()
		if err := s.Transactions.Forget(t.Context(), tenant, client, events); err != nil {
			t.Fatal(err)
		}
	}
	forget("acme", client, ids(mine)...) // not heard of yet
	if diff := cmp.Diff(ids(mine), ids(events(t, s, "acme", client))); diff != "" {
		t.Fatal(diff)
	}
	forget("acme", "key00002", ids(mine)...)
	forget("other", client, ids(mine)...)
	forget("acme", client)
	forget("acme", client, "nothing", mine[0].Event, mine[0].Event)
	if diff := cmp.Diff(ids(mine[1:]), ids(events(t, s, "acme", client))); diff != "" {
		t.Error(diff)
	}
	for _, c := range [][2]string{{"acme", "key00002"}, {"other", client}} {
		if got := events(t, s, c[0], c[1]); len(got) != 1 {
			t.Errorf("%v hears of %+v", c, got)
		}
	}
}

func transactionLimit(t *testing.T, open Open) {
	s := start(t, open)
	attempt := func(tenant string) bool {
		ok, err := s.Transactions.Open(t.Context(), tenant, store.Transaction{ID: newID(t), Event: newID(t), Client: client, Resource: "r"}, 3)
		if err != nil {
			t.Error(err)
		}
		return ok
	}
	for i := range 3 {
		if !attempt("acme") {
			t.Fatalf("the %dth is refused", i+1)
		}
	}
	if attempt("acme") {
		t.Error("a fourth one is opened")
	}
	if !attempt("other") {
		t.Error("another tenant's first is refused")
	}
	var all sync.WaitGroup
	var made atomic.Int64
	for i := range 20 { // at once, for several tenants
		all.Go(func() {
			if attempt(fmt.Sprint("tenant", i%4)) {
				made.Add(1)
			}
		})
	}
	if all.Wait(); made.Load() < 12 {
		t.Errorf("%d of 12 are opened", made.Load())
	}
}

func transactionAge(t *testing.T, open Open) {
	var ahead atomic.Int64
	s, err := store.Open(t.Context(), open(t), store.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := scim.Resource{ID: newID(t), Type: scim.TypeUser}
	opened(t, s, "acme", client, r, 1)
	opened(t, s, "other", client, r, 1)
	ahead.Store(int64(7*24*time.Hour - time.Minute))
	if found := events(t, s, "acme", client); len(found) != 1 {
		t.Fatalf("before: %+v", found)
	}
	ahead.Store(int64(7*24*time.Hour + time.Minute))
	for _, tenant := range []string{"acme", "other"} { // settled, and not
		if found := events(t, s, tenant, client); len(found) != 0 {
			t.Errorf("after: %+v", found)
		}
	}
	full, err := s.Transactions.Open(t.Context(), "acme", store.Transaction{ID: "new", Event: newID(t), Client: client, Resource: "r"}, 1)
	if err != nil || !full {
		t.Errorf("those that are forgotten count: %v, %v", full, err)
	}
	ahead.Store(0) // what is forgotten is gone, not only out of sight
	if found := events(t, s, "acme", client); len(found) != 1 || found[0].ID != "new" {
		t.Errorf("left are %+v", found)
	}
}
