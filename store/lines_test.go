package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"scimrelay/internal/services"
)

// holdAll keeps every lane at work; each of the functions lets one go.
func holdAll(t *testing.T, s *Store) (let []func()) {
	t.Helper()
	for range s.db.engine.lanes - 1 {
		let = append(let, hold(t, s, lockMany()))
	}
	return append(let, hold(t, s, lockResource("acme", "held")))
}

// waitsInLine is how many writes wait for a lane.
func waitsInLine(s *Store) int { return len(s.db.commit.shared) + len(s.db.commit.alone) }

func openServer(t *testing.T, url string, busy time.Duration) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, Options{Busy: busy})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func createUser(s *Store, name string) error {
	_, err := s.Directory.Create(context.Background(), Write{Tenant: "acme"}, "User", name, Revision{Body: []byte("{}"), Keys: Keys{Name: name}})
	return err
}

// A write that takes long has a lane to itself: who came after it is answered by the others, and
// who finds none can be turned away, because nobody has begun with them.
func TestAWriteThatTakesLongHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	pg := services.NewPostgres(t)
	t.Run("who shares a transaction", func(t *testing.T) {
		s := openServer(t, pg.URL(), time.Minute)
		let := holdAll(t, s)
		over := behind(t, s)
		post := make(chan error, 1)
		go func() { post <- createUser(s, "ana") }()
		waitUntil(t, "both wait", func() bool { return waitsInLine(s) == 2 })
		let[0]()
		waitUntil(t, "a lane has begun", func() bool { return waitsInLine(s) < 2 })
		let[1]()
		select {
		case err := <-post:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("a creation waits for a large write")
		}
		over()
		for _, let := range let[2:] {
			let()
		}
	})
	t.Run("as many as there are lanes", func(t *testing.T) {
		s := openServer(t, pg.URL(), time.Second)
		var let, over []func()
		for range s.db.engine.lanes - 1 {
			let = append(let, hold(t, s, lockMany()))
		}
		over = append(over, behind(t, s))
		if err := createUser(s, "bob"); err != nil {
			t.Errorf("beside large writes only: %v", err)
		}
		for _, end := range append(let, over...) {
			end()
		}
	})
	t.Run("who is large too", func(t *testing.T) {
		s := openServer(t, pg.URL(), time.Second)
		let := holdAll(t, s)
		over := behind(t, s)
		second := make(chan error, 1)
		go func() {
			second <- s.db.commit.answer(context.Background(), lockMany(), func(context.Context, *tx) error { return nil })
		}()
		waitUntil(t, "both wait", func() bool { return waitsInLine(s) == 2 })
		let[0]()
		select {
		case err := <-second:
			if !errors.Is(err, ErrBusy) {
				t.Errorf("with every lane at work: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("nobody has begun with a write, and it cannot be withdrawn")
		}
		over()
		for _, let := range let[1:] {
			let()
		}
	})
}

// behind puts a write that takes long in line; over ends it.
func behind(t *testing.T, s *Store) (over func()) {
	t.Helper()
	waited := waitsInLine(s)
	end := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- s.db.commit.do(context.Background(), lockMany(), func(context.Context, *tx) error {
			<-end
			return nil
		})
	}()
	waitUntil(t, "the large write waits", func() bool { return waitsInLine(s) > waited })
	return func() {
		close(end)
		if err := <-ended; err != nil {
			t.Errorf("the large write: %v", err)
		}
	}
}
