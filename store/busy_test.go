package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// hold keeps a lane at work until the test lets it go.
func hold(t *testing.T, s *Store, l locks) (let func()) {
	t.Helper()
	began, over := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- s.db.commit.do(context.Background(), l, func(context.Context, *tx) error {
			close(began)
			<-over
			return nil
		})
	}()
	<-began
	return func() {
		close(over)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// Whoever waits for an answer is turned away when no lane comes to it in time, and then nothing
// of it happens; what the relay records waits as long as it takes.
func TestAWriteThatNoLaneTookInTimeHasNotHappened(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	let := hold(t, s, lockMany())
	patient := make(chan error, 1)
	handed := make(chan struct{})
	go func() {
		close(handed)
		_, _, err := s.Targets.Acquire(context.Background(), "acme", "sage", "w1", 1)
		patient <- err
	}()
	<-handed
	_, err = s.Directory.Create(t.Context(), Write{Tenant: "acme"}, "User", "u1", Revision{Body: []byte("{}"), Keys: Keys{Name: "ana"}})
	if !errors.Is(err, ErrBusy) {
		t.Errorf("a write behind a long one gave %v", err)
	}
	if got := s.Health(t.Context()); got != Busy || !got.Serving() {
		t.Errorf("health says %q", got)
	}
	let()
	if err := <-patient; err != nil {
		t.Errorf("the relay's: %v", err)
	}
	if _, err := s.Directory.Get(t.Context(), "acme", "User", "u1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the withdrawn write: %v", err)
	}
}

// A read waits for a place no longer than a write for a lane, and every place comes back.
func TestAReadThatFindsNoPlaceIsTurnedAway(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var open []*reading
	for range s.db.engine.conns {
		rows, err := s.db.read.QueryContext(t.Context(), "SELECT name FROM settings")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, rows)
	}
	if _, err := s.Directory.Get(t.Context(), "acme", "User", "u1"); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	for _, rows := range open {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		_ = rows.Close() // as a defer does: it must not give back another's place
	}
	for range 2 * s.db.engine.conns {
		if _, err := s.Directory.Get(t.Context(), "acme", "User", "u1"); !errors.Is(err, ErrNotFound) {
			t.Fatalf("a place is lost: %v", err)
		}
	}
	if n := len(s.db.read.places); n != 0 {
		t.Errorf("%d places are taken", n)
	}
}
