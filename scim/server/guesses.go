package server

import (
	"errors"
	"hash/maphash"
	"net/http"
	"sync"
	"time"

	"scimrelay/tenants"
)

const (
	buckets = 4096
	// ways are how many credentials a bucket remembers. Those of one name share a bucket, so that
	// nobody can push out those of all others.
	ways = 8
	// remembered is how long a credential that was good lets its sender through. Identity providers
	// fall silent between two cycles, 40 minutes at Entra, and now and then for a night.
	remembered = 24 * time.Hour
)

// guesses slows down who tries credentials that are nobody's, by the address they come from and
// by what they name there: a key id, a user, a client. Names are no secret, so what strangers try
// from elsewhere never counts against whoever has the genuine secret. It has room for a fixed
// number of both, chosen by a hash that nobody outside can compute: two may share a bucket, and
// nobody can fill the memory.
//
// A credential that was good a while ago passes whatever others do: identity providers send for
// all of their customers from the same addresses. One that a person may have chosen passes at the
// address where it was good only, or else a guesser would be told which of many is right.
type guesses struct {
	source, key Rate
	seed        maphash.Seed

	mu      sync.Mutex
	sources [buckets]bucket
	keys    [buckets]bucket
	good    [buckets][ways]pass
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
	tenants.Claim
}

// held reports whether the attempt is not even worth a look into the store, and until when.
func (g *guesses) held(a attempt, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a.Name == "" || g.pass(a, now) != nil { // there is nothing to guess
		return 0
	}
	return max(g.sources[g.place(a.source)].wait(g.source, now), g.keys[g.place(a.door())].wait(g.key, now))
}

// failed counts the attempt, and says how long to wait when there were too many before it.
func (g *guesses) failed(a attempt, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait = g.sources[g.place(a.source)].add(g.source, now)
	if a.Name != "" && g.pass(a, now) == nil {
		wait = max(wait, g.keys[g.place(a.door())].add(g.key, now))
	}
	return wait
}

// succeeded remembers the credential, in the place of the one that is forgotten first.
func (g *guesses) succeeded(a attempt, now time.Time) {
	if a.Name == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.pass(a, now)
	if p == nil {
		set := g.good[g.place(a.Name)][:]
		p = &set[0]
		for i := range set {
			if set[i].until < p.until {
				p = &set[i]
			}
		}
	}
	*p = pass{g.print(a), now.Add(remembered).UnixNano()}
}

// pass is the memory of the attempt's credential, nil where there is none.
func (g *guesses) pass(a attempt, now time.Time) *pass {
	print, set := g.print(a), g.good[g.place(a.Name)][:]
	for i := range set {
		if set[i].print == print && now.UnixNano() < set[i].until {
			return &set[i]
		}
	}
	return nil
}

// door is what is tried, at the address it is tried from.
func (a attempt) door() string { return a.source + "\x00" + a.Name }

func (g *guesses) print(a attempt) uint64 {
	who := a.Name
	if a.Chosen {
		who = a.door()
	}
	return maphash.String(g.seed, who+"\x00"+a.Secret.Reveal())
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

// guessed reports whether a refusal was one of a credential that is nobody's. Who shows none, and
// who shows a genuine one that has ended or is another tenant's, is not guessing.
func guessed(err error) bool {
	var r *tenants.Refusal
	return errors.As(err, &r) && !r.Genuine
}

func tooManyGuesses(wait time.Duration) error {
	return &notNow{http.StatusTooManyRequests, min(wait, mostAfter), "guesses", "too many failed attempts, try again later"}
}
