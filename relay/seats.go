package relay

import (
	"sync"
	"time"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

// seatsPause is how long a vendor's word that no seat is free counts for everybody who needs one:
// a thousand new people must not make a thousand calls to hear it.
const seatsPause = time.Minute

// seats remembers that a target's vendor has none free. It is this process's memory: another one
// finds out by asking once.
type seats struct {
	mu           sync.Mutex
	since, until time.Time
	detail       string
}

// seatless is the vendor's refusal of a moment ago, where it holds for this run too. Who waits and
// is woken by a new want, or by a seat that was given back, is asked about all the same; so is who
// was woken since, because another process has seen that there are some.
func (r *run) seatless() error {
	if r.link.Type == scim.TypeGroup || r.dry {
		return nil
	}
	s, k := r.seats, r.item.Link
	s.mu.Lock()
	defer s.mu.Unlock()
	woken := k.Fault == string(connectors.Seats) && (k.State == "" || k.NextAt.After(s.since))
	if woken || !r.relay.Now().Before(s.until) {
		return nil
	}
	return connectors.Faultf(connectors.Seats, "%s", s.detail)
}

// seated notes what a creation has said of the vendor's seats.
func (r *run) seated(err error) {
	if r.link.Type == scim.TypeGroup || r.dry {
		return
	}
	s := r.seats
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case connectors.Is(err, connectors.Seats):
		s.since, s.detail = r.relay.Now(), connectors.FaultOf(err).Detail
		s.until = s.since.Add(seatsPause)
		r.seat = store.SeatRefused
	case err == nil:
		s.until, r.seat = time.Time{}, store.SeatTaken
	}
}

// unseat notes that an account has given its seat back: somebody who waits may have it.
func (r *run) unseat() {
	if r.dry {
		return
	}
	s := r.seats
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until, r.seat = time.Time{}, store.SeatFreed
}
