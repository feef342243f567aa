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
	seen, cursor := 0, ""
	for {
		page, err := i.List(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Accounts)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if seen != 250 {
		t.Errorf("listed %d", seen)
	}
}

func TestInstantMappingCompiles(t *testing.T) {
	if _, faults := connectors.CompileMapping(connectortest.NewInstant().Product("instant").Mapping, nil, nil, nil); len(faults) > 0 {
		t.Fatal(faults)
	}
}
