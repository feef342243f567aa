package queue

import (
	"context"
	_ "embed"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"scimrelay/tenants"
)

//go:embed bucket.lua
var bucketLua string

const (
	// bucketLimit bounds what a vendor call waits for Redis. A round trip takes a millisecond.
	bucketLimit = 150 * time.Millisecond
	// askAgain is how often a Redis that is away is asked again, by one call.
	askAgain = time.Second
	// countEvery is how often a process says that it uses an account.
	countEvery = 10 * time.Second
	// unknownShare is a process's part of an account's rate when it does not know how many share it.
	unknownShare = 0.25
	// mostKnown bounds what is remembered of accounts. Forgetting costs a round of counting.
	mostKnown = 20_000
)

// Accounts are token buckets of vendors' accounts, as connectors.Buckets has them.
type Accounts interface {
	Take(ctx context.Context, account string, rate tenants.Rate, patience time.Duration) (wait time.Duration, taken bool)
	Held(ctx context.Context, account string) time.Duration
	Hold(ctx context.Context, account string, rest time.Duration)
	Pause(ctx context.Context, account string, rest time.Duration)
}

// Ramp is how a bucket's rate rises after a pause: from a share of it to the whole.
type Ramp struct {
	Start float64
	Time  time.Duration
}

// Buckets are token buckets that the processes of a cluster share through Redis. While Redis is
// away, slow or silent, each process keeps to its share of an account's rate with Local.
type Buckets struct {
	redis  redis.UniversalClient
	script *redis.Script
	local  Accounts
	ramp   Ramp
	owner  string
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	away  bool
	ask   time.Time // when a Redis that is away is asked again
	known map[string]*usage
}

// usage is what a process knows of an account.
type usage struct {
	users   int       // processes that used it in the last minute, 0 when not known
	counted time.Time // when this process last said that it is one
	alone   bool      // the local bucket is in use
	owed    rest      // what Redis was not told
}

// rest is until when an account is not called, and whether its rate rises then.
type rest struct {
	until time.Time
	pause bool
}

var _ Accounts = (*Buckets)(nil)

// NewBuckets returns buckets on the Redis at the URL. It does not connect yet. Owner is unlike
// any other process's; local is asked while Redis does not answer.
func NewBuckets(redisURL, owner string, ramp Ramp, local Accounts, log *slog.Logger) (*Buckets, error) {
	client, err := connect(redisURL, workConns)
	if err != nil {
		return nil, err
	}
	return &Buckets{redis: client, script: redis.NewScript(bucketLua), local: local, ramp: ramp, owner: owner,
		now: time.Now, log: log, known: make(map[string]*usage)}, nil
}

// Close ends the connections.
func (b *Buckets) Close() error { return b.redis.Close() }

// Take implements Accounts.
func (b *Buckets) Take(ctx context.Context, account string, rate tenants.Rate, patience time.Duration) (time.Duration, bool) {
	cost := int64(0)
	if rate.PerSecond > 0 {
		cost = int64(1e6 / rate.PerSecond)
	}
	user := b.introduce(account)
	got, ok := b.call(ctx, account, "take", cost, max(rate.Burst, 1), patience.Microseconds(),
		b.local.Held(ctx, account).Microseconds(), user)
	if !ok {
		return b.local.Take(ctx, account, b.share(ctx, account, rate), patience)
	}
	if user != "" {
		b.count(account, int(got[3]))
	}
	if got[2] > 0 { // known here too, should Redis forget it
		b.local.Hold(ctx, account, micros(got[2]))
	}
	return micros(got[0]), got[1] == 1
}

// Held implements Accounts.
func (b *Buckets) Held(ctx context.Context, account string) time.Duration {
	held := b.local.Held(ctx, account)
	if got, ok := b.call(ctx, account, "held"); ok {
		held = max(held, micros(got[2]))
	}
	return held
}

// Hold implements Accounts.
func (b *Buckets) Hold(ctx context.Context, account string, d time.Duration) {
	b.local.Hold(ctx, account, d)
	b.tell(ctx, account, "hold", d)
}

// Pause implements Accounts.
func (b *Buckets) Pause(ctx context.Context, account string, d time.Duration) {
	b.local.Pause(ctx, account, d)
	b.tell(ctx, account, "pause", d)
}

// tell has the others hear of a rest, once Redis is back if it is away.
func (b *Buckets) tell(ctx context.Context, account, operation string, d time.Duration) {
	if _, ok := b.call(ctx, account, operation, d.Microseconds()); ok {
		return
	}
	b.owe(account, rest{b.now().Add(d), operation == "pause"})
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
