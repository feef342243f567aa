package connectors

import (
	"context"
	"sync"
	"time"

	"scimrelay/tenants"
)

// LocalBuckets keeps the buckets of one process in its memory. A new process begins with full
// ones. Its zero value is ready and safe for use by several goroutines.
type LocalBuckets struct {
	mu    sync.Mutex
	paces map[string]*pace
	sweep time.Time        // when idle ones go
	clock func() time.Time // nil is time.Now
}

var _ Buckets = (*LocalBuckets)(nil)

// NewLocalBuckets returns buckets that read the time from now, time.Now when it is nil.
func NewLocalBuckets(now func() time.Time) *LocalBuckets { return &LocalBuckets{clock: now} }

// with runs do on the account's bucket at the present time.
func (b *LocalBuckets) with(account string, do func(p *pace, now time.Time)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now
	if b.clock != nil {
		now = b.clock
	}
	at := now()
	b.drop(at)
	p, ok := b.paces[account]
	if !ok {
		p = new(pace)
		b.paces[account] = p
	}
	do(p, at)
}

// drop lets go of buckets that are as new, now and then: accounts come and go with the tenants'
// files.
func (b *LocalBuckets) drop(now time.Time) {
	if b.paces == nil {
		b.paces = make(map[string]*pace)
	}
	if now.Before(b.sweep) {
		return
	}
	for account, p := range b.paces {
		if p.idle(now) {
			delete(b.paces, account)
		}
	}
	b.sweep = now.Add(time.Minute)
}

// Take implements Buckets.
func (b *LocalBuckets) Take(_ context.Context, account string, rate tenants.Rate, patience time.Duration) (wait time.Duration, taken bool) {
	b.with(account, func(p *pace, now time.Time) { wait, taken = p.take(now, rate, patience) })
	return wait, taken
}

// Held implements Buckets.
func (b *LocalBuckets) Held(_ context.Context, account string) (rest time.Duration) {
	b.with(account, func(p *pace, now time.Time) { rest = max(0, p.until.Sub(now)) })
	return rest
}

// Hold implements Buckets.
func (b *LocalBuckets) Hold(_ context.Context, account string, rest time.Duration) {
	b.with(account, func(p *pace, now time.Time) { p.hold(now.Add(rest)) })
}

// Pause implements Buckets.
func (b *LocalBuckets) Pause(_ context.Context, account string, rest time.Duration) {
	b.with(account, func(p *pace, now time.Time) { p.pause(now.Add(rest)) })
}
