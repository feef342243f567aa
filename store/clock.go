package store

import (
	"context"
	"time"
)

// clockEvery is how often a server's clock is asked: how far this machine's may drift from it.
const clockEvery = 10 * time.Second

// reckoning is what a server's clock said at a moment of ours. What has gone by since is told by
// this machine's monotonic clock, which nobody puts forward or back: a step of its time would
// otherwise take every lease until the server is asked again. After a sleep, which the monotonic
// clock does not count, the time lags until then: that takes nothing from anybody.
type reckoning struct{ ours, theirs time.Time }

// at is the server's time at a moment of ours.
func (r *reckoning) at(ours time.Time) time.Time { return r.theirs.Add(ours.Sub(r.ours)) }

// keepClock asks the server's clock again and again until the store is closed.
func (db *database) keepClock(ctx context.Context) {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		select {
		case <-db.closed:
			return
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(ctx, clockEvery)
		_ = db.syncClock(asking) // while the database is away what it last said stands
		cancel()
	}
}

// syncClock asks a server's clock. SQLite's is ours.
func (db *database) syncClock(ctx context.Context) error {
	if db.engine.clock == "" {
		return nil
	}
	var ms int64
	var before, after time.Time
	for range 2 { // the first question may pay for a connection, whose time is nobody's clock
		before = db.now()
		if err := db.read.QueryRowContext(ctx, db.engine.clock).Scan(&ms); err != nil {
			return unavailable("read the clock", err)
		}
		after = db.now()
	}
	middle := before.Add(after.Sub(before) / 2)
	db.clock.Store(&reckoning{ours: middle, theirs: time.UnixMilli(ms)})
	return nil
}

// millis is the database's time. All processes of a cluster share it, so that a wrong clock
// on one machine moves no lease and no retry.
func (db *database) millis() int64 {
	now := db.now()
	if r := db.clock.Load(); r != nil {
		now = r.at(now)
	}
	return now.UnixMilli()
}

// Now is the database's time.
func (s *Store) Now() time.Time { return time.UnixMilli(s.db.millis()).UTC() }
