package queue

import (
	"context"
	"errors"
	"fmt"

	"scimrelay/tenants"
)

// call asks Redis unless it is away. It is false when Redis gave no answer in time.
func (b *Buckets) call(ctx context.Context, account, operation string, args ...any) ([]int64, bool) {
	if ctx.Err() != nil || !b.ready() {
		return nil, false
	}
	err := b.settle(ctx, account)
	var got []int64
	if err == nil {
		got, err = b.run(ctx, account, operation, args...)
	}
	if ctx.Err() != nil { // the caller's own end says nothing of Redis
		return got, err == nil
	}
	b.note(err)
	if err == nil {
		b.together(account)
	}
	return got, err == nil
}

func (b *Buckets) run(ctx context.Context, account, operation string, args ...any) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, bucketLimit)
	defer cancel()
	name := "scimrelay:bucket:{" + account + "}" // in braces: both keys are on one node of a cluster
	all := append([]any{operation, b.ramp.Time.Microseconds(), fmt.Sprint(b.ramp.Start)}, args...)
	got, err := b.script.Run(ctx, b.redis, []string{name, name + ":users"}, all...).Int64Slice()
	if err == nil && len(got) != 4 {
		err = errors.New("queue: the bucket script answered in another shape")
	}
	return got, err
}

// ready reports whether Redis may be asked: of those who find it away one does, now and then.
func (b *Buckets) ready() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.away {
		return true
	}
	if b.now().Before(b.ask) {
		return false
	}
	b.ask = b.now().Add(askAgain)
	return true
}

// note takes the end of a call to Redis, and says once when it goes and when it comes back.
func (b *Buckets) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.away
	b.away = err != nil
	switch {
	case b.away && !was:
		b.ask = b.now().Add(askAgain)
		b.log.Warn("redis does not answer: vendors' rates are kept to a share of this process's own", "err", err)
	case was && !b.away:
		b.log.Info("redis answers again: vendors' rates are shared")
	}
}

// settle tells Redis what it missed while it was away.
func (b *Buckets) settle(ctx context.Context, account string) error {
	b.mu.Lock()
	owed := b.usage(account).owed
	b.usage(account).owed = rest{}
	b.mu.Unlock()
	if owed.until.IsZero() {
		return nil
	}
	operation := "hold"
	if owed.pause {
		operation = "pause"
	}
	_, err := b.run(ctx, account, operation, max(0, owed.until.Sub(b.now())).Microseconds())
	if err != nil {
		b.owe(account, owed)
	}
	return err
}

// owe keeps what Redis has still to be told.
func (b *Buckets) owe(account string, more rest) {
	b.mu.Lock()
	defer b.mu.Unlock()
	owed := &b.usage(account).owed
	owed.pause = owed.pause || more.pause
	if more.until.After(owed.until) {
		owed.until = more.until
	}
}

// usage is what is known of the account. The caller holds the lock.
func (b *Buckets) usage(account string) *usage {
	u, ok := b.known[account]
	if !ok {
		if len(b.known) >= mostKnown {
			clear(b.known)
		}
		u = new(usage)
		b.known[account] = u
	}
	return u
}

// introduce is the process's name when it is time to be counted among the account's users.
func (b *Buckets) introduce(account string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if u := b.usage(account); b.now().Sub(u.counted) < countEvery {
		return ""
	}
	return b.owner
}

func (b *Buckets) count(account string, users int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.usage(account)
	u.users, u.counted = users, b.now()
}

func (b *Buckets) together(account string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.usage(account).alone = false
}

// share is what a process may send of the account's rate when it cannot agree with the others:
// a part for each that used the account of late. It begins with an empty bucket, for it does not
// know what they have sent, and its rate rises.
func (b *Buckets) share(ctx context.Context, account string, rate tenants.Rate) tenants.Rate {
	b.mu.Lock()
	u := b.usage(account)
	begins, users := !u.alone, u.users
	u.alone = true
	b.mu.Unlock()
	if begins {
		b.local.Pause(ctx, account, 0)
	}
	part := unknownShare
	if users > 0 {
		part = 1 / float64(users)
	}
	rate.PerSecond *= part
	rate.Burst = max(1, int(float64(rate.Burst)*part))
	return rate
}
