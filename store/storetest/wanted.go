package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"scimrelay/store"
)

// wanted asks about many links at once, of more targets and tenants than one, and of some that are
// not there: each hears of their own.
func wanted(t *testing.T, open Open) {
	s := start(t, open)
	type link struct{ tenant, target, resource string }
	want := make(map[link]int64)
	for i := range 40 {
		w := store.Write{Tenant: fmt.Sprint("tenant", i%3), Actor: "test", Targets: []string{"sage", "other"}}
		r := create(t, s, w, fmt.Sprint("user", i))
		for range i % 4 {
			r = change(t, s, w, r.ID, user(fmt.Sprint("user", i, " ", r.Version)))
		}
		want[link{w.Tenant, "sage", r.ID}], want[link{w.Tenant, "other", r.ID}] = r.Version, r.Version
		want[link{w.Tenant, "third", r.ID}], want[link{"nobody", "sage", r.ID}] = 0, 0
	}
	var all sync.WaitGroup
	for range 8 {
		for k, version := range want {
			all.Go(func() {
				got, err := s.Links.Wanted(t.Context(), k.tenant, k.target, k.resource)
				if version == 0 && errors.Is(err, store.ErrNotFound) {
					return
				}
				if err != nil || got != version || version == 0 {
					t.Errorf("%v: version %d, %v; want %d", k, got, err, version)
				}
			})
		}
	}
	all.Wait()
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.Links.Wanted(ended, "tenant0", "sage", "nobody"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("who has gone heard %v", err)
	}
}

// wantedNow changes people while many ask what is wanted of them: who asks after a change was
// accepted hears of it, or of a later one, whoever else asks meanwhile.
func wantedNow(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	const people, changes = 8, 25
	var accepted [people]atomic.Int64
	ids := make([]string, people)
	for i := range ids {
		r := create(t, s, w, fmt.Sprint("user", i))
		ids[i] = r.ID
		accepted[i].Store(r.Version)
	}
	var writers, askers sync.WaitGroup
	done := make(chan struct{})
	for i, id := range ids {
		writers.Go(func() {
			for n := range changes {
				accepted[i].Store(change(t, s, w, id, user(fmt.Sprint("user", i, " ", n))).Version)
			}
		})
		for range 4 {
			askers.Go(func() {
				for {
					least := accepted[i].Load()
					got, err := s.Links.Wanted(t.Context(), "acme", "sage", id)
					if err != nil || got < least {
						t.Errorf("heard of version %d, %v, after %d was accepted", got, err, least)
						return
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
	}
	writers.Wait()
	close(done)
	askers.Wait()
}
