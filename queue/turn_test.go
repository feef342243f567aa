package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"

	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/internal/services"
	"scimrelay/queue"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

func TestACommittedChangeReachesTheVendorAtOnce(t *testing.T) {
	inEach(t, func(t *testing.T, w world) {
		p := unswept(t, openStore(t, w.store(t)), w.transport(t))
		vendor := &relaytest.Vendor{}
		called := make(chan time.Time, 100)
		vendor.Before = func(context.Context, relaytest.Operation, string) error {
			called <- time.Now()
			return nil
		}
		p.serve(t, relaytest.Tenant, vendor)
		var lags []time.Duration
		for i := range 20 {
			p.create(t, relaytest.Tenant, fmt.Sprint("user", i))
			acknowledged := time.Now()
			lags = append(lags, (<-called).Sub(acknowledged))
			eventually(t, "the account is there", func() bool { return vendor.Accounts() == i+1 })
			<-called // the create after the find
			eventually(t, "the turn has ended", func() bool {
				s, err := p.store.Targets.Status(t.Context(), relaytest.Tenant, relaytest.Target)
				return err == nil && !s.Held
			})
		}
		slices.Sort(lags)
		t.Logf("acknowledged to vendor called: median %v, p95 %v", lags[10], lags[18])
	})
}

func TestALostRingIsFoundBySweeping(t *testing.T) {
	inEach(t, func(t *testing.T, w world) {
		p := start(t, openStore(t, w.store(t)), w.transport(t), 100*time.Millisecond)
		vendor := &relaytest.Vendor{}
		p.serve(t, relaytest.Tenant, vendor)
		p.commit(t, relaytest.Tenant, "ana") // and nobody rings
		eventually(t, "the account is there", func() bool { return vendor.Accounts() == 1 })
	})
}

// M1: a change that lands while its link is being worked on is the one that counts.
func TestAWantThatChangesDuringItsTurnIsNotLost(t *testing.T) {
	inEach(t, func(t *testing.T, w world) {
		p := unswept(t, openStore(t, w.store(t)), w.transport(t))
		vendor := &relaytest.Vendor{}
		p.serve(t, relaytest.Tenant, vendor)
		const people, versions = 10, 50
		ids := make([]string, people)
		for i := range ids {
			ids[i] = p.create(t, relaytest.Tenant, fmt.Sprint("user", i))
		}
		var writers errgroup.Group
		for i, id := range ids {
			writers.Go(func() error {
				for v := range versions {
					_, err := p.store.Directory.Update(t.Context(), store.Write{Tenant: relaytest.Tenant}, scim.TypeUser, id,
						func(scim.Resource) (store.Revision, error) { return person(fmt.Sprint("user", i), v+1), nil })
					if err != nil {
						return err
					}
					p.bell.Ring(relaytest.Tenant, []string{relaytest.Target}, store.UrgencyUpdate)
				}
				return nil
			})
		}
		if err := writers.Wait(); err != nil {
			t.Fatal(err)
		}
		last := fmt.Sprint("v", versions)
		eventually(t, "every account has the last title", func() bool {
			for i := range people {
				if a, _ := vendor.Account(fmt.Sprint("user", i)); a.Fields["title"] != last {
					return false
				}
			}
			return true
		})
	})
}

// Two processes on one database: each target is worked on by one at a time, and what one
// leaves the other takes.
func TestTwoWorkersShareTargetsWithoutMeeting(t *testing.T) {
	t.Parallel()
	url := databases.New(t)
	shareTargets(t, openStore(t, url), openStore(t, url))
}

// Q19: the same, where the machines' clocks are ten minutes apart: leases and retries go by the
// database's.
func TestWorkersWhoseClocksDisagreeShareTargetsToo(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "Q19")
	url := databases.New(t)
	var stores []*store.Store
	for _, off := range []time.Duration{5 * time.Minute, -5 * time.Minute} {
		s, err := store.Open(t.Context(), url, store.Options{Now: func() time.Time { return time.Now().Add(off) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		stores = append(stores, s)
	}
	check.Work("creations by workers ten minutes apart", shareTargets(t, stores[0], stores[1]), 200)
}

// shareTargets lets two processes do the work of several targets, then one what is left, and
// returns how many accounts they have made.
func shareTargets(t *testing.T, first, second *store.Store) (made int) {
	t.Helper()
	redis := services.NewRedis(t).URL()
	one := start(t, first, asynqOn(t, redis), 200*time.Millisecond)
	two := start(t, second, asynqOn(t, redis), 200*time.Millisecond)
	const tenants, people = 6, 40
	var mu sync.Mutex
	workers := map[string]map[string]int{}
	vendors := make([]*relaytest.Vendor, tenants)
	for i := range tenants {
		tenant := fmt.Sprint("tenant", i)
		vendors[i] = &relaytest.Vendor{}
		for _, p := range []*process{one, two} {
			p.serve(t, tenant, watched{vendors[i], func(in bool) {
				mu.Lock()
				defer mu.Unlock()
				if workers[tenant] == nil {
					workers[tenant] = map[string]int{}
				}
				if in {
					workers[tenant][p.turns.Owner]++
				} else if workers[tenant][p.turns.Owner]--; workers[tenant][p.turns.Owner] == 0 {
					delete(workers[tenant], p.turns.Owner)
				}
				if len(workers[tenant]) > 1 {
					t.Errorf("two workers are at %s at once", tenant)
				}
			}})
		}
	}
	for n := range people {
		for i := range tenants {
			one.create(t, fmt.Sprint("tenant", i), fmt.Sprint("user", n))
		}
	}
	eventually(t, "everybody has an account", func() bool {
		return !slices.ContainsFunc(vendors, func(v *relaytest.Vendor) bool { return v.Accounts() != people })
	})
	one.stop()
	for i := range tenants {
		two.create(t, fmt.Sprint("tenant", i), "latecomer")
	}
	eventually(t, "the one left does the rest", func() bool {
		return !slices.ContainsFunc(vendors, func(v *relaytest.Vendor) bool { return v.Accounts() != people+1 })
	})
	for _, v := range vendors {
		made += v.Accounts()
	}
	return made
}

// watched tells when a create begins and ends.
type watched struct {
	*relaytest.Vendor
	at func(in bool)
}

func (w watched) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	w.at(true)
	defer w.at(false)
	return w.Vendor.Create(ctx, want)
}

// A worker that stops answering loses its target within the lease's time.
func TestADeadWorkersTargetIsTakenOver(t *testing.T) {
	inEach(t, func(t *testing.T, w world) {
		s := openStore(t, w.store(t))
		p := start(t, s, w.transport(t), 50*time.Millisecond)
		vendor := &relaytest.Vendor{}
		dead, _, err := s.Targets.Acquire(t.Context(), relaytest.Tenant, relaytest.Target, "dead", 300*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		p.serve(t, relaytest.Tenant, vendor)
		p.create(t, relaytest.Tenant, "ana")
		eventually(t, "the account is there", func() bool { return vendor.Accounts() == 1 })
		if err := s.Targets.Extend(t.Context(), dead); !errors.Is(err, store.ErrFenced) {
			t.Errorf("the dead one still holds its lease: %v", err)
		}
	})
}

// A turn that outlasts its lease many times over keeps it, and one that loses it stops.
func TestALongTurnKeepsItsLease(t *testing.T) {
	t.Parallel()
	s := openStore(t, worlds()["sqlite and in process"].store(t))
	p := start(t, s, queue.NewInProcess(), 50*time.Millisecond)
	vendor := &relaytest.Vendor{}
	inside, leave := make(chan struct{}), make(chan struct{})
	vendor.Before = func(ctx context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			close(inside)
			select {
			case <-leave:
			case <-ctx.Done():
				return connectors.FaultOf(ctx.Err())
			}
		}
		return nil
	}
	p.serve(t, relaytest.Tenant, vendor)
	p.create(t, relaytest.Tenant, "ana")
	<-inside
	if _, _, err := s.Targets.Acquire(t.Context(), relaytest.Tenant, relaytest.Target, "thief", time.Second); !errors.Is(err, store.ErrFenced) {
		t.Errorf("the target was free: %v", err)
	}
	close(leave)
	eventually(t, "the account is there", func() bool { return vendor.Accounts() == 1 })
}

func TestAPausedTargetWaitsAndResumes(t *testing.T) {
	inEach(t, func(t *testing.T, w world) {
		s := openStore(t, w.store(t))
		p := start(t, s, w.transport(t), 50*time.Millisecond)
		vendor, other := &relaytest.Vendor{}, &relaytest.Vendor{}
		p.serve(t, relaytest.Tenant, vendor)
		p.serve(t, "other", other)
		if err := s.Targets.Pause(t.Context(), store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "test"}, true); err != nil {
			t.Fatal(err)
		}
		p.create(t, relaytest.Tenant, "ana")
		p.create(t, "other", "bob")
		eventually(t, "the other target was served", func() bool { return other.Accounts() == 1 })
		if vendor.Accounts() != 0 {
			t.Error("a paused target was served")
		}
		if err := s.Targets.Pause(t.Context(), store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "test"}, false); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the account is there", func() bool { return vendor.Accounts() == 1 })
	})
}

// Q10, Q12: what Redis loses or swallows costs time, never a change, and never an answer.
func TestRedisMayLoseEverythingOrFallSilent(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "Q10")
	redis := services.NewRedis(t)
	p := start(t, openStore(t, databases.New(t)), asynqOn(t, redis.URL()), 200*time.Millisecond)
	vendor := &relaytest.Vendor{}
	p.serve(t, relaytest.Tenant, vendor)
	p.create(t, relaytest.Tenant, "before")
	eventually(t, "the account is there", func() bool { return vendor.Accounts() == 1 })
	client := redis.Client()
	defer client.Close()
	for i := range 100 {
		p.create(t, relaytest.Tenant, fmt.Sprint("flushed", i))
		if i%10 == 0 {
			if err := client.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, "all accounts are there", func() bool { return vendor.Accounts() == 101 })
	redis.Pause(t)
	var slowest time.Duration
	for i := range 50 {
		began := time.Now()
		p.create(t, relaytest.Tenant, fmt.Sprint("silent", i))
		slowest = max(slowest, time.Since(began))
	}
	t.Logf("slowest write beside a silent Redis: %v", slowest)
	redis.Resume(t)
	eventually(t, "all accounts are there", func() bool { return vendor.Accounts() == 151 })
	redis.Kill()
	for i := range 50 {
		p.create(t, relaytest.Tenant, fmt.Sprint("gone", i))
	}
	redis.Start(t)
	eventually(t, "all accounts are there", func() bool { return vendor.Accounts() == 201 })
	calls := vendor.Calls(relaytest.Create)
	check.Work("people created while Redis was emptied, silent and gone", len(calls), 201)
	if len(calls) > 201 {
		t.Errorf("%d creates", len(calls))
	}
}
