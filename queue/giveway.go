package queue

import (
	"context"
	"time"

	"scimrelay/relay"
)

// shortSlice is what a turn has at least while others wait who have had none: taking and giving
// back a target costs two commits, and the links of a quick vendor less.
const shortSlice = 50 * time.Millisecond

// lined is a transport that knows whether somebody waits who has not just had a slice. Asynq does
// not say it cheaply; its workers have turns to spare.
type lined interface {
	Fresh() bool
}

// wanted reports that somebody waits for this turn's end: another target of the account, or, with
// all turns taken, one who has not just had one.
func (t *Turns) wanted(s *relay.Session) bool {
	if t.accounts.awaited(s.Account) {
		return true
	}
	line, ok := t.Transport.(lined)
	return ok && t.running.Load() >= int64(t.Limit) && line.Fresh()
}

// firstSize is the size of a turn's first chunk: while others wait for their first, no more than
// goes out at once.
func (t *Turns) firstSize(s *relay.Session) int {
	if t.wanted(s) {
		return min(firstChunk, max(1, s.Concurrency))
	}
	return firstChunk
}

// next ends the account's turn and rings for the first in its line that can have one. What it has
// to do may have become urgent while it waited.
func (t *Turns) next(account string) {
	ctx, cancel := context.WithTimeout(context.Background(), recordTime)
	defer cancel()
	for key, ok := t.accounts.exit(account, t.Now()); ok; key, ok = t.accounts.pass(account, t.Now()) {
		if !t.Bell.opens(ctx, key) {
			continue
		}
		class := Default
		if urgency, due, err := t.Links.MostUrgent(ctx, key.Tenant, key.Target); err == nil && due {
			class = classOf(urgency)
		}
		t.Bell.add(key, call{class: class})
		return
	}
}

// Fresh reports whether a target waits that has not just had a whole slice.
func (p *InProcess) Fresh() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines[Urgent])+len(p.lines[Default]) > 0
}
