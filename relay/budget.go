package relay

import (
	"strings"
	"sync"
	"time"

	"scimrelay/connectors"
	"scimrelay/store"
)

// The retry budget: repeating what failed may cost a tenth of what a target's links cost
// otherwise, and ten a minute where that is more (reliability rules, P15).
const (
	retryShare  = 10 // in a hundred
	retryFloor  = 10 // in a minute
	budgetSpan  = 60 // seconds
	retrySpace  = time.Minute / retryFloor
	longestWait = 15 * time.Minute
)

// budget counts, by the second, the links a target was worked on for in the last minute. It is
// in memory: a new process begins with an empty one, which allows the floor.
type budget struct {
	mu      sync.Mutex
	seconds [budgetSpan]counted
	next    time.Time // the place in time that the next postponed link gets
}

// putOff is why a link waits, for people.
const putOff = "its next attempt waits: a tenth of the target's calls may be repeated ones, or 10 a minute"

// counted is one second of the budget.
type counted struct {
	second         int64
	first, retries int
}

// allow takes a link that is to be worked on. A retry that is more than the budget allows gets
// the time at which to ask again: places for them follow each other as the floor allows, and begin
// anew at the end of the longest wait, so that many that wait do not all ask again at once.
func (b *budget) allow(retry bool, now time.Time) (again time.Time, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	second := b.at(now)
	if !retry {
		second.first++
		return time.Time{}, true
	}
	first, retries := b.sum(now.Unix())
	if retries < max(retryFloor, first*retryShare/100) {
		second.retries++
		return time.Time{}, true
	}
	if b.next.Before(now) {
		b.next = now
	}
	if b.next = b.next.Add(retrySpace); b.next.Sub(now) > longestWait {
		b.next = now.Add(retrySpace)
	}
	return b.next, false
}

// refund gives back a retry that went well: it was needed. So the budget bounds what is wasted on
// a vendor that goes on failing, and never the catching up after it has come back.
func (b *budget) refund(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at(now).retries--
}

// at is the second's count, begun anew when the ring has come round to it.
func (b *budget) at(now time.Time) *counted {
	s := &b.seconds[now.Unix()%budgetSpan]
	if s.second != now.Unix() {
		*s = counted{second: now.Unix()}
	}
	return s
}

func (b *budget) sum(now int64) (first, retries int) {
	for _, s := range b.seconds {
		if now-s.second < budgetSpan && s.second <= now {
			first, retries = first+s.first, retries+s.retries
		}
	}
	return first, max(0, retries)
}

// retries reports that the link was worked on before for what it wants, and is to be again.
func retries(link store.Link) bool { return link.Attempts > 0 || link.State == StateVerify }

// postpone returns a run in which nothing happens to a link whose retry is more than the target's
// budget allows. It stays due, a little later, and has used no attempt. The one link that shows
// whether a resting vendor works again needs no budget.
func (c *chunk) postpone(it item, now time.Time) (*run, bool) {
	s := c.session
	again, ok := s.budget.allow(retries(it.Link) && !c.probing(), now)
	if ok {
		return nil, false
	}
	r := &run{Session: s, item: it, link: it.Link}
	r.link.NextAt = again
	if !strings.HasPrefix(it.Link.Detail, putOff) {
		r.link.Detail = strings.TrimSuffix(putOff+"; before: "+it.Link.Detail, "; before: ")
	}
	r.outcome = store.Outcome{Next: r.link}
	s.relay.postponed(s.Target.Product)
	return r, true
}

// learn tells budget and bearing how a link's run ended.
func (s *Session) learn(link store.Link, fault *connectors.Fault, began time.Time) {
	now := s.relay.Now()
	s.bearing.link(fault, began, now, s.Concurrency)
	if fault == nil && retries(link) {
		s.budget.refund(now)
	}
}
