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

// seats remembers that a target's vendor has none free. Whoever else forgets it with the process,
// asks once.
type seats struct {
	mu     sync.Mutex
	until  time.Time
	detail string
}

// seatless is the vendor's refusal of a moment ago, where it holds for this run too. Who waits and
// is woken by a new want is asked about all the same.
func (r *run) seatless() error {
	woken := r.item.Link.State == "" && r.item.Link.Fault == string(connectors.Seats)
	if r.link.Type == scim.TypeGroup || r.dry || woken {
		return nil
	}
	s := r.seats
	s.mu.Lock()
	defer s.mu.Unlock()
	if !r.relay.Now().Before(s.until) {
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
		s.until, s.detail = r.relay.Now().Add(seatsPause), connectors.FaultOf(err).Detail
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
