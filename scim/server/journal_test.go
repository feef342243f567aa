package server_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"

	"scimrelay/store"
)

// journal is the log of a world, and what may never stand in it.
type journal struct {
	mu      sync.Mutex
	text    bytes.Buffer
	secrets []string
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) never(secret string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.secrets = append(j.secrets, secret)
}

func (j *journal) has(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.text.String(), text)
}

func (j *journal) check(tb testing.TB) {
	tb.Helper()
	for _, secret := range j.secrets {
		if j.has(secret) {
			tb.Errorf("the log holds a secret: %s", secret)
		}
	}
}

// ring is one ring of the doorbell.
type ring struct {
	Targets []string
	Urgency store.Urgency
}

// bell remembers who rang.
type bell struct {
	mu    sync.Mutex
	rings map[string][]ring
}

// Ring implements server.Doorbell.
func (b *bell) Ring(tenant string, targets []string, urgency store.Urgency) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rings == nil {
		b.rings = make(map[string][]ring)
	}
	b.rings[tenant] = append(b.rings[tenant], ring{slices.Clone(targets), urgency})
}

// take returns the rings for the tenant since the last call.
func (b *bell) take(tenant string) []ring {
	b.mu.Lock()
	defer b.mu.Unlock()
	rings := b.rings[tenant]
	delete(b.rings, tenant)
	return rings
}

func (b *bell) all() map[string][]ring {
	b.mu.Lock()
	defer b.mu.Unlock()
	rings := b.rings
	b.rings = nil
	return rings
}
