package queue_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/internal/services"
	"scimrelay/queue"
	"scimrelay/queue/queuetest"
	"scimrelay/tenants"
)

func TestLocalBuckets(t *testing.T) {
	t.Parallel()
	queuetest.RunBuckets(t, func(testing.TB) (one, other queue.Accounts) {
		b := connectors.NewLocalBuckets(nil)
		return b, b
	})
}

func TestRedisBuckets(t *testing.T) {
	t.Parallel()
	queuetest.RunBuckets(t, func(tb testing.TB) (one, other queue.Accounts) {
		url := services.NewRedis(tb).URL()
		return bucketsOn(tb, url, "one", slog.DiscardHandler), bucketsOn(tb, url, "other", slog.DiscardHandler)
	})
}

func bucketsOn(tb testing.TB, url, owner string, log slog.Handler) *queue.Buckets {
	tb.Helper()
	ramp := queue.Ramp{Start: connectors.RampStart, Time: connectors.RampTime}
	b, err := queue.NewBuckets(url, owner, ramp, connectors.NewLocalBuckets(nil), slog.New(log))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = b.Close() })
	return b
}

// said is a log that tests read.
type said struct {
	mu sync.Mutex
	bytes.Buffer
}

// Write implements io.Writer.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Buffer.Write(p)
}

func (s *said) times(words string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.String(), words)
}

const (
	account  = "acme:0123456789abcdef"
	hour     = time.Hour
	wentAway = "redis does not answer"
	cameBack = "redis answers again"
)

// A Redis that is silent or gone costs no vendor call more than its limit, and no vendor more
// than it was to get: each process keeps to its share, from an empty bucket. It is said once, and
// ends by itself, with what Redis has to be told.
func TestBucketsOutliveRedis(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]struct {
		begin, end func(*testing.T, *services.Redis)
	}{
		"silent": {func(t *testing.T, r *services.Redis) { r.Pause(t) }, func(t *testing.T, r *services.Redis) { r.Resume(t) }},
		"killed": {func(_ *testing.T, r *services.Redis) { r.Kill() }, func(t *testing.T, r *services.Redis) { r.Start(t) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := services.NewRedis(t)
			log := new(said)
			handler := slog.NewTextHandler(log, nil)
			one, other := bucketsOn(t, redis.URL(), "one", handler), bucketsOn(t, redis.URL(), "other", slog.DiscardHandler)
			rate := tenants.Rate{PerSecond: 0.01, Burst: 4}
			one.Take(t.Context(), account, rate, hour)
			other.Take(t.Context(), account, rate, hour)

			trouble.begin(t, redis)
			unlimited := unhurried(t, redis)
			first, _ := one.Take(t.Context(), account, rate, hour)
			select {
			case <-unlimited: // Redis's client gives up after seconds, or at once when it is refused
				if name == "silent" {
					t.Error("a call waited for Redis as long as whoever has no limit")
				}
			default:
			}
			second, _ := one.Take(t.Context(), account, rate, hour)
			if first != 0 || second < 100*time.Second { // no burst, though the rate has one
				t.Errorf("without Redis the places are %v and %v away", first, second)
			}
			one.Pause(t.Context(), account, hour)
			if rest := one.Held(t.Context(), account); rest < hour-time.Minute {
				t.Errorf("without Redis the account is held for %v", rest)
			}

			trouble.end(t, redis)
			eventually(t, "the bucket is shared again", func() bool {
				one.Take(t.Context(), account, rate, 0)
				return log.times(cameBack) == 1
			})
			eventually(t, "the other process knows of the pause", func() bool {
				return other.Held(t.Context(), account) > hour-time.Minute
			})
			if away := log.times(wentAway); away != 1 {
				t.Errorf("that Redis was away was said %d times", away)
			}
		})
	}
}

// unhurried asks Redis with the client's own patience, and is closed when that is over.
func unhurried(t *testing.T, r *services.Redis) <-chan struct{} {
	t.Helper()
	client, over := r.Client(), make(chan struct{})
	t.Cleanup(func() { _ = client.Close() })
	go func() {
		defer close(over)
		_ = client.Get(context.Background(), "anything").Err()
	}()
	return over
}

// A process that starts without Redis knows nobody it shares with, and takes a quarter.
func TestBucketsStartWithoutRedis(t *testing.T) {
	t.Parallel()
	addr, err := services.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	b := bucketsOn(t, "redis://"+addr+"/0", "one", slog.DiscardHandler)
	rate := tenants.Rate{PerSecond: 1, Burst: 8}
	var last time.Duration
	for range 20 { // through the ramp, in which the rate is lower still
		last, _ = b.Take(t.Context(), account, rate, hour)
	}
	if last < 60*time.Second {
		t.Errorf("20 calls within %v: more than a quarter of the rate", last)
	}
}

// Accounts come and go with the tenants' files: what Redis keeps of them ends by itself.
func TestBucketsExpireInRedis(t *testing.T) {
	t.Parallel()
	redis := services.NewRedis(t)
	b := bucketsOn(t, redis.URL(), "one", slog.DiscardHandler)
	b.Take(t.Context(), account, tenants.Rate{PerSecond: 1, Burst: 4}, hour)
	b.Pause(t.Context(), account, 10*time.Minute)
	client := redis.Client()
	defer client.Close()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 2 {
		t.Fatalf("the keys are %v, %v", keys, err)
	}
	for _, key := range keys {
		left, err := client.PTTL(t.Context(), key).Result()
		if err != nil || left <= 0 || left > 12*time.Minute {
			t.Errorf("%s expires in %v, %v", key, left, err)
		}
	}
}

// An emptied Redis costs a burst at most, and no pause that a process still knows of.
func TestBucketsRememberAPauseThatRedisForgot(t *testing.T) {
	t.Parallel()
	redis := services.NewRedis(t)
	one, other := bucketsOn(t, redis.URL(), "one", slog.DiscardHandler), bucketsOn(t, redis.URL(), "other", slog.DiscardHandler)
	one.Pause(t.Context(), account, hour)
	other.Take(t.Context(), account, tenants.Rate{}, 0) // it is told here
	client := redis.Client()
	defer client.Close()
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*queue.Buckets{other, one} {
		if wait, taken := b.Take(t.Context(), account, tenants.Rate{PerSecond: 1}, time.Minute); taken || wait < hour-time.Minute {
			t.Errorf("after a flush the place is %v away, taken %v", wait, taken)
		}
	}
}
