package store

import (
	"slices"
	"testing"
	"time"

	"scimrelay/internal/services"
)

// What was accepted before the store is closed is written, and its callers are told so.
func TestClosingWaitsForWhatWasAccepted(t *testing.T) {
	t.Parallel()
	s := openServer(t, services.NewPostgres(t).URL(), time.Minute)
	let := holdAll(t, s)
	accepted := make(chan error, 1)
	go func() { accepted <- createUser(s, "ana") }()
	waitUntil(t, "it waits", func() bool { return waitsInLine(s) == 1 })
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	waitUntil(t, "nothing more is accepted", func() bool {
		s.db.commit.mu.RLock()
		defer s.db.commit.mu.RUnlock()
		return s.db.commit.closed
	})
	for _, let := range slices.Backward(let) {
		let()
	}
	if err := <-accepted; err != nil {
		t.Errorf("accepted, and then: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
