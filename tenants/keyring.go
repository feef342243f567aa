package tenants

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// KeySource fetches the document of an issuer's signing keys.
type KeySource interface {
	Keys(ctx context.Context, url string) ([]byte, error)
}

const (
	// keysAge is how old keys may become before they are fetched again, and how long a key that
	// the issuer has withdrawn is believed at most while it can be asked.
	keysAge = 24 * time.Hour
	// keysPause is how soon after one unknown key id another is worth a question: whoever sends
	// made-up ones must not make us call Microsoft. Issuers publish keys long before they use them.
	keysPause = 5 * time.Minute
	// keysRetry is how soon an issuer that did not answer is asked again.
	keysRetry = 10 * time.Second
	// keysTimeout ends a fetch that the source does not.
	keysTimeout = 5 * time.Second
)

// errNoKey says that the issuer has no such key.
var errNoKey = errors.New("the issuer has no such key")

// Keyring remembers the signing keys of issuers, and goes on with what it has while an issuer
// cannot be reached. Fill the fields and use it by pointer, from any number of goroutines.
type Keyring struct {
	Source KeySource
	// Now is the clock.
	Now func() time.Time

	mu      sync.Mutex
	issuers map[string]issuerKeys
	flight  singleflight.Group
}

// issuerKeys is what is known of an issuer. Its maps are never changed.
type issuerKeys struct {
	keys    map[string]*rsa.PublicKey
	fetched time.Time // when keys came
	tried   time.Time // when they were asked for last
	missed  time.Time // when they were last asked for one that was not there
	err     error     // of the last try
}

// due says whether to ask the issuer, for a key that is there or one that is missed.
func (k issuerKeys) due(missed bool, now time.Time) bool {
	switch {
	case k.tried.IsZero():
		return true
	case k.err != nil:
		return (missed || now.Sub(k.fetched) >= keysAge) && now.Sub(k.tried) >= keysRetry
	case missed:
		return now.Sub(k.missed) >= keysPause
	default:
		return now.Sub(k.fetched) >= keysAge
	}
}

// key returns the key of the id from the document at the URL. It returns errNoKey when the
// issuer has said that there is none, and wraps ErrUnavailable when it could not be asked.
func (k *Keyring) key(ctx context.Context, url, id string) (*rsa.PublicKey, error) {
	known := k.known(url)
	missed := known.keys[id] == nil
	if known.due(missed, k.Now()) {
		answer := k.fetch(ctx, url, missed)
		// An issuer that did not answer last time is asked in passing: what is there will do.
		if missed || known.err == nil {
			select {
			case <-ctx.Done():
				return nil, fmt.Errorf("tenants: keys of %s: %w: %w", url, ErrUnavailable, context.Cause(ctx))
			case <-answer:
				known = k.known(url)
			}
		}
	}
	switch key := known.keys[id]; {
	case key != nil:
		return key, nil
	case known.err != nil:
		return nil, fmt.Errorf("tenants: keys of %s: %w: %w", url, ErrUnavailable, known.err)
	default:
		return nil, errNoKey
	}
}

func (k *Keyring) known(url string) issuerKeys {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.issuers[url]
}

// fetch asks the issuer, once for all who wait, and tells when what is known is up to date.
func (k *Keyring) fetch(ctx context.Context, url string, missed bool) <-chan singleflight.Result {
	// The question outlives the caller who happened to be first: others wait for it too.
	shared := context.WithoutCancel(ctx)
	return k.flight.DoChan(url, func() (any, error) {
		now := k.Now()
		if !k.known(url).due(missed, now) { // somebody has just asked
			return nil, nil
		}
		ctx, cancel := context.WithTimeout(shared, keysTimeout)
		defer cancel()
		document, err := k.Source.Keys(ctx, url)
		var keys map[string]*rsa.PublicKey
		if err == nil {
			keys, err = parseKeys(document)
		}
		k.keep(url, keys, err, missed, now)
		return nil, nil
	})
}

// keep remembers the outcome of a question. Keys that came replace all that were there; a
// failure leaves them.
func (k *Keyring) keep(url string, keys map[string]*rsa.PublicKey, err error, missed bool, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := k.issuers[url]
	if known.keys != nil && missed {
		known.missed = now
	}
	known.tried, known.err = now, err
	if err == nil {
		known.keys, known.fetched = keys, now
	}
	if k.issuers == nil {
		k.issuers = make(map[string]issuerKeys)
	}
	k.issuers[url] = known
}
