package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// A caller that does not wait any longer hears that the outcome is unknown, and is never told that
// a write went well which the lane is still at; the race detector sees whoever looks too early.
func TestACallerThatLeavesLooksAtNothing(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), storetest.Fresh(t, t.TempDir()), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := store.Write{Tenant: "acme", Targets: []string{"sage"}, Actor: "test"}
	revision := func(i int) store.Revision {
		return store.Revision{Body: fmt.Appendf(nil, `{"n":%d}`, i), Keys: store.Keys{Name: "ana"}, Active: true}
	}
	if _, err := s.Directory.Create(t.Context(), w, scim.TypeUser, "u1", revision(0)); err != nil {
		t.Fatal(err)
	}
	for i := range 250 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%100)*20*time.Microsecond)
		_, leaseErr := leased(ctx, s, i)
		got, err := s.Directory.Update(ctx, w, scim.TypeUser, "u1", func(scim.Resource) (store.Revision, error) { return revision(i + 1), nil })
		cancel()
		if err == nil && string(got.Body) != fmt.Sprintf(`{"n":%d}`, i+1) {
			t.Fatalf("%s was told to be written as number %d; %v", got.Body, i+1, leaseErr)
		}
	}
}

func leased(ctx context.Context, s *store.Store, i int) (store.Lease, error) {
	lease, _, err := s.Targets.Acquire(ctx, "acme", fmt.Sprint("target-", i), "test", time.Second)
	return lease, err
}
