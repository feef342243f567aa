package server

import (
	"context"
	"sync"
)

// gate lets few long bodies in at a time, so that memory has a ceiling, and of each tenant one,
// so that nobody waits for a tenant whose client falls silent.
type gate struct {
	places chan struct{}

	mu     sync.Mutex
	inside map[string]chan struct{} // closed when the tenant's body leaves
}

func newGate(places int) *gate {
	return &gate{places: make(chan struct{}, places), inside: make(map[string]chan struct{})}
}

// enter waits for the tenant's turn and for a place.
func (g *gate) enter(ctx context.Context, tenant string) (leave func(), err error) {
	mine := make(chan struct{})
	for {
		before := g.turn(tenant, mine)
		if before == nil {
			break
		}
		select {
		case <-before:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	end := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.inside, tenant)
		close(mine)
	}
	select {
	case g.places <- struct{}{}:
		return func() { <-g.places; end() }, nil
	case <-ctx.Done():
		end()
		return nil, ctx.Err()
	}
}

// turn makes it the tenant's turn, unless another body of its own is inside.
func (g *gate) turn(tenant string, mine chan struct{}) (before chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if other, busy := g.inside[tenant]; busy {
		return other
	}
	g.inside[tenant] = mine
	return nil
}
