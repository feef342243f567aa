package connectortest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/scim"
)

func record(n int, title string) connectors.Record {
	return connectors.Record{Resource: fmt.Sprint("r", n), Key: fmt.Sprint("k", n), Active: true, Fields: map[string]any{"title": title}}
}

func TestInstantKeepsAccounts(t *testing.T) {
	i := connectortest.NewInstant()
	made, err := i.Create(t.Context(), record(1, "a"))
	if err != nil || made.ID != "v1" {
		t.Fatal(made, err)
	}
	if _, err := i.Create(t.Context(), record(1, "a")); !connectors.Is(err, connectors.Exists) {
		t.Fatal(err)
	}
	if _, err := i.Update(t.Context(), made, record(1, "a")); err != nil || i.Count("update") != 0 {
		t.Fatal("an update without a difference was sent")
	}
	if _, err := i.Update(t.Context(), made, record(1, "b")); err != nil {
		t.Fatal(err)
	}
	if off, err := i.Deactivate(t.Context(), made); err != nil || off.Active {
		t.Fatal(off, err)
	}
	if on, err := i.Reactivate(t.Context(), made, record(1, "c")); err != nil || !on.Active {
		t.Fatal(on, err)
	}
	want := []connectors.Remote{{ID: "v1", Key: "k1", Active: true, Fields: map[string]any{"title": "c"}}}
	if diff := cmp.Diff(want, i.Accounts()); diff != "" {
		t.Fatal(diff)
	}
	for range 2 {
		if err := i.Delete(t.Context(), made); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := i.Find(t.Context(), record(1, "a")); !connectors.Is(err, connectors.NotFound) {
		t.Fatal(err)
	}
}

func TestInstantKeepsGroups(t *testing.T) {
	i := connectortest.NewInstant()
	ana, err := i.Create(t.Context(), record(1, "a"))
	if err != nil {
		t.Fatal(err)
	}
	want := connectors.Record{Type: scim.TypeGroup, Key: "k1", Fields: map[string]any{"displayName": "K1"}}
	club, err := i.Create(t.Context(), want)
	if err != nil || club.ID != "g1" || club.Type != scim.TypeGroup {
		t.Fatal(club, err)
	}
	if _, err := i.Create(t.Context(), want); !connectors.Is(err, connectors.Exists) {
		t.Fatal(err)
	}
	if err := i.EditMembers(t.Context(), club, []string{ana.ID, "v9"}, nil); !connectors.Is(err, connectors.Invalid) {
		t.Fatal("a member nobody is was taken:", err)
	}
	for range 2 {
		if err := i.EditMembers(t.Context(), club, []string{ana.ID}, []string{"v9"}); err != nil {
			t.Fatal(err)
		}
	}
	if groups := i.Groups(); len(groups) != 1 || fmt.Sprint(groups[0].Members) != "[v1]" {
		t.Fatal(groups)
	}
	if err := i.Delete(t.Context(), ana); err != nil {
		t.Fatal(err)
	}
	if groups := i.Groups(); len(groups[0].Members) != 0 {
		t.Fatal("an account that is gone is a member", groups)
	}
	for range 2 {
		if err := i.Delete(t.Context(), club); err != nil || len(i.Groups()) != 0 {
			t.Fatal(err)
		}
	}
	if err := i.EditMembers(t.Context(), club, nil, nil); !connectors.Is(err, connectors.NotFound) {
		t.Fatal(err)
	}
}

func TestInstantFailsAsTold(t *testing.T) {
	i := connectortest.NewInstant()
	lost := connectors.Faultf(connectors.Unknown, "lost")
	i.After(func(_ context.Context, op connectortest.Op) error {
		if op.Name == "create" {
			return lost
		}
		return nil
	})
	if _, err := i.Create(t.Context(), record(1, "a")); !errors.Is(err, lost) || len(i.Accounts()) != 1 {
		t.Fatal("executed and then failed:", err)
	}
	i.Before(func(context.Context, connectortest.Op) error { return lost })
	if _, err := i.Create(t.Context(), record(2, "a")); !errors.Is(err, lost) || len(i.Accounts()) != 1 {
		t.Fatal("failed and then not executed:", err)
	}
	gate := make(chan struct{})
	i.Before(func(context.Context, connectortest.Op) error { <-gate; return nil })
	done := make(chan error)
	go func() { _, err := i.Find(t.Context(), record(1, "a")); done <- err }()
	close(gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestInstantListsInPagesFromManyGoroutines(t *testing.T) {
	i := connectortest.NewInstant()
	var group sync.WaitGroup
	for n := range 250 {
		group.Go(func() { _, _ = i.Create(t.Context(), record(n, "a")) })
	}
	group.Wait()
	if seen := connectortest.ReadAll(t, i, 10, nil); len(seen) != 250 {
		t.Errorf("listed %d", len(seen))
	}
}

func TestInstantMappingCompiles(t *testing.T) {
	if _, faults := connectors.CompileMapping(connectors.Source{Product: connectortest.NewInstant().Product("instant").Mapping}); len(faults) > 0 {
		t.Fatal(faults)
	}
}
