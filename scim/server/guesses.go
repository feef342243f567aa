package server

import (
	"errors"
	"hash/maphash"
	"net/http"
	"strings"
	"sync"
	"time"

	"scimrelay/tenants"
)

const (
	buckets = 4096
	// remembered is how long a credential that was good lets its sender through.
	remembered = 15 * time.Minute
)

// guesses slows down who tries credentials that are nobody's, by the address they come from and
// by the key id they name. It has room for a fixed number of both, chosen by a hash that nobody
// outside can compute: two may share a bucket, and nobody can fill the memory.
//
// A credential that was good a while ago from the same address passes whatever others do from
// there: identity providers send for all of their customers from the same addresses.
type guesses struct {
	source, key Rate
	seed        maphash.Seed

	mu      sync.Mutex
	sources [buckets]bucket
	keys    [buckets]bucket
	good    [buckets]pass
}

// bucket counts failures that run out over time.
type bucket struct {
	failures float64
	at       int64 // nanoseconds of Unix time
}

// pass remembers a credential without keeping it.
type pass struct {
	print uint64
	until int64
}

func newGuesses(source, key Rate) *guesses {
	return &guesses{source: source, key: key, seed: maphash.MakeSeed()}
}

// attempt is one try: from where, with which credential.
type attempt struct {
	source string
	keyID  string // empty where the credential names none
	shown  []string
}

// held reports whether the attempt is not even worth a look into the store, and until when.
func (g *guesses) held(a attempt, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a.keyID == "" || g.knows(a, now) { // nothing is looked up for what names no key
		return 0
	}
	return max(g.sources[g.place(a.source)].wait(g.source, now), g.keys[g.place(a.keyID)].wait(g.key, now))
}

// failed counts the attempt, and says how long to wait when there were too many before it.
func (g *guesses) failed(a attempt, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait = g.sources[g.place(a.source)].add(g.source, now)
	if a.keyID != "" && !g.knows(a, now) {
		wait = max(wait, g.keys[g.place(a.keyID)].add(g.key, now))
	}
	return wait
}

// succeeded remembers the credential.
func (g *guesses) succeeded(a attempt, now time.Time) {
	if a.keyID == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	print := g.print(a)
	g.good[print%buckets] = pass{print, now.Add(remembered).UnixNano()}
}

func (g *guesses) knows(a attempt, now time.Time) bool {
	print := g.print(a)
	p := g.good[print%buckets]
	return p.print == print && now.UnixNano() < p.until
}

func (g *guesses) print(a attempt) uint64 {
	return maphash.String(g.seed, a.source+"\x00"+strings.Join(a.shown, "\x00"))
}

func (g *guesses) place(name string) uint64 { return maphash.String(g.seed, name) % buckets }

// wait is how long it takes until the bucket has room for one more failure.
func (b *bucket) wait(r Rate, now time.Time) time.Duration {
	if r.PerSecond <= 0 {
		return 0
	}
	passed := max(0, now.UnixNano()-b.at)
	b.failures = max(0, b.failures-r.PerSecond*time.Duration(passed).Seconds())
	b.at = now.UnixNano()
	over := b.failures + 1 - float64(r.Burst)
	return time.Duration(max(0, over) / r.PerSecond * float64(time.Second))
}

func (b *bucket) add(r Rate, now time.Time) time.Duration {
	wait := b.wait(r, now)
	if wait == 0 {
		b.failures++
	}
	return wait
}

// attemptOf reads what an attempt shows, and believes nothing of it.
func (s *Server) attemptOf(r *http.Request) attempt {
	shown := r.Header.Values("Authorization")
	return attempt{source: s.sourceOf(r), keyID: tenants.KeyID(shown), shown: shown}
}

// guessed reports whether a refusal was one of a credential that is nobody's. Who shows none, and
// who shows a genuine one that has ended or is another tenant's, is not guessing.
func guessed(err error) bool {
	var r *tenants.Refusal
	return errors.As(err, &r) && !r.Genuine
}

func tooManyGuesses(wait time.Duration) error {
	return &notNow{http.StatusTooManyRequests, min(wait, mostAfter), "guesses", "too many failed attempts, try again later"}
}
