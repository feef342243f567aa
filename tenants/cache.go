package tenants

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// fresh is how long an answer of the store is believed, counted from the question.
	fresh = 500 * time.Millisecond
	// maxCached bounds the cache; guesses with a good checksum must not fill the memory.
	maxCached = 4096
	// lookupTimeout ends a look-up that the store does not.
	lookupTimeout = 5 * time.Second
	// useInterval is how often one token's use is worth telling.
	useInterval = time.Minute
	// spentInterval is how often it is worth telling that a token which is over was shown.
	spentInterval = time.Hour
)

// tokenCache remembers for a moment what the store said, that there is no such token included,
// and asks once for all who want to know at the same time.
type tokenCache struct {
	mu      sync.Mutex
	entries map[string]cached
	flight  singleflight.Group
}

type cached struct {
	token Token
	err   error
	asked time.Time
}

func (c *tokenCache) token(ctx context.Context, from TokenLookup, keyID string, now func() time.Time) (Token, error) {
	if e, ok := c.fresh(keyID, now()); ok {
		return e.token, e.err
	}
	// The look-up outlives the caller who happened to be first: others wait for it too.
	shared := context.WithoutCancel(ctx)
	answer := c.flight.DoChan(keyID, func() (any, error) {
		ctx, cancel := context.WithTimeout(shared, lookupTimeout)
		defer cancel()
		asked := now()
		token, err := from.Token(ctx, keyID)
		if err == nil || errors.Is(err, ErrNoToken) {
			c.keep(keyID, cached{token, err, asked})
		}
		return token, err
	})
	select {
	case <-ctx.Done():
		return Token{}, context.Cause(ctx)
	case a := <-answer:
		token, _ := a.Val.(Token)
		return token, a.Err
	}
}

func (c *tokenCache) fresh(keyID string, now time.Time) (cached, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[keyID]
	return e, ok && now.Sub(e.asked) < fresh
}

func (c *tokenCache) keep(keyID string, e cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= maxCached || c.entries == nil {
		c.entries = make(map[string]cached)
	}
	c.entries[keyID] = e
}

// useLog remembers when each token's use was last told.
type useLog struct {
	mu   sync.Mutex
	told map[string]time.Time
}

// due says whether the use is news, and remembers it as told. What another process has told
// comes with the token.
func (u *useLog) due(token Token, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Sub(u.told[token.KeyID]) < useInterval || now.Sub(token.LastUsed) < useInterval {
		return false
	}
	if len(u.told) >= maxCached || u.told == nil {
		u.told = make(map[string]time.Time)
	}
	u.told[token.KeyID] = now
	return true
}

// spentLog remembers when it was last told of each token that it is shown although it is over.
type spentLog struct {
	mu   sync.Mutex
	told map[string]time.Time
}

// due says whether it is news, and remembers it as told.
func (s *spentLog) due(token Token, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, known := s.told[token.KeyID]; known && now.Sub(at) < spentInterval {
		return false
	}
	if len(s.told) >= maxCached || s.told == nil {
		s.told = make(map[string]time.Time)
	}
	s.told[token.KeyID] = now
	return true
}

// forget makes it news again: nobody had room for it.
func (s *spentLog) forget(token Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.told, token.KeyID)
}
