package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"scimrelay/internal/services"
	"scimrelay/scim"
	"scimrelay/store"
)

var acme = store.Write{Tenant: "acme", Targets: []string{"sage"}, Actor: "test"}

func create(ctx context.Context, s *store.Store, name string) error {
	_, err := s.Directory.Create(ctx, acme, scim.TypeUser, name, named(name))
	return err
}

func read(ctx context.Context, s *store.Store, name string) error {
	_, err := s.Directory.Get(ctx, "acme", scim.TypeUser, name)
	return err
}

// healed waits until a write goes through, and reports every error that is not the store's own.
func healed(t *testing.T, s *store.Store, name string) {
	t.Helper()
	until(t, "the store is itself again", func() bool {
		err := create(t.Context(), s, name)
		if err != nil && !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrConflict) {
			t.Fatal(err)
		}
		return err == nil || errors.Is(err, store.ErrConflict) // an attempt of unknown outcome went through
	})
	until(t, "it says so", func() bool { return s.Health(t.Context()).Serving() })
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(60 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// turnedAway asks for a write and a read with all the time of the world: what ends them is the
// store, not their caller's patience.
func turnedAway(t *testing.T, s *store.Store, name string) {
	t.Helper()
	for what, err := range map[string]error{"write": create(t.Context(), s, name), "read": read(t.Context(), s, "first")} {
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrNotFound) {
			t.Errorf("a %s gave %v", what, err)
		}
	}
}

// A server that accepts and never answers, one that is gone, and one that was made a standby:
// nobody waits for them, and nobody has to be told that they are back.
func TestAServerInTroubleTurnsEverybodyAwayAndHeals(t *testing.T) {
	t.Parallel()
	pg := services.NewPostgres(t)
	s := openAt(t, pg.URL(), store.Options{})
	if err := create(t.Context(), s, "first"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		begin, stop func()
		says        store.Trouble
	}{
		{"silent", func() { pg.Pause(t) }, func() { pg.Resume(t) }, store.Down},
		{"gone", func() { pg.Kill(t) }, func() { pg.Start(t) }, store.Down},
		{"read-only", func() { readOnly(t, pg, true) }, func() { readOnly(t, pg, false) }, store.ReadOnly},
	} {
		c.begin()
		if c.says == store.Down { // new settings take the server a moment
			turnedAway(t, s, c.name) // before anybody has noticed
		}
		until(t, "it is noticed: "+c.name, func() bool { return s.Health(t.Context()) == c.says })
		turnedAway(t, s, c.name+" still")
		c.stop()
		healed(t, s, c.name+" and back")
		if err := read(t.Context(), s, "first"); err != nil {
			t.Errorf("after it was %s: %v", c.name, err)
		}
	}
}

func readOnly(t *testing.T, pg *services.Postgres, on bool) {
	t.Helper()
	pg.Exec(t, fmt.Sprintf("ALTER SYSTEM SET default_transaction_read_only = %t", on))
	pg.Exec(t, "SELECT pg_reload_conf()")
}

// A server that is silent from the first must not hold the start for ever.
func TestOpeningASilentServerEnds(t *testing.T) {
	t.Parallel()
	pg := services.NewPostgres(t)
	pg.Pause(t)
	s, err := store.Open(t.Context(), pg.URL(), store.Options{})
	if err == nil {
		_ = s.Close()
	}
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("opened with %v", err)
	}
}

// S37, M12: a full disk turns writes away, reads go on, and nothing has to be restarted.
func TestAFullDiskTurnsWritesAwayAndHeals(t *testing.T) {
	dir := smallDisk(t, 4<<20)
	s := openAt(t, "sqlite://"+filepath.Join(dir, "test.db"), store.Options{})
	var acknowledged []string
	until(t, "the disk is full", func() bool {
		name := fmt.Sprint("user", len(acknowledged))
		rev := named(name)
		rev.Body = append(rev.Body, make([]byte, 64<<10)...)
		_, err := s.Directory.Create(t.Context(), acme, scim.TypeUser, name, rev)
		if err == nil {
			acknowledged = append(acknowledged, name)
			return false
		}
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrBusy) {
			t.Fatalf("after %d: %v", len(acknowledged), err)
		}
		return true
	})
	if got := s.Health(t.Context()); got != store.DiskFull {
		t.Errorf("health says %q", got)
	}
	for _, name := range acknowledged {
		if err := read(t.Context(), s, name); err != nil {
			t.Errorf("%s was acknowledged: %v", name, err)
		}
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	// Nobody writes: it finds out by itself, or a balancer would never send it anything again.
	until(t, "it has found the room", func() bool { return s.Health(t.Context()).Serving() })
	healed(t, s, "after")
	select {
	case <-s.Failed():
		t.Error("a full disk is no failed one")
	default:
	}
}

// smallDisk is a folder with so much room.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprint("size=", size)); err != nil {
		t.Skipf("no small disk here (%v); the same is shown of the whole process with a limit on its files", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}
