package simhost

import (
	"sync"
	"time"
)

// Call is one call a product got. Fault is the action of the rule that hit it, and Status what
// the product answered, whether or not that arrived.
type Call struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Key    string    `json:"key"`
	// Operation is what the call is about, where one path is for all.
	Operation string `json:"operation,omitempty"`
	Fault     string `json:"fault,omitempty"`
}

// maxCalls is how many calls are kept.
const maxCalls = 10_000

// ring keeps the last calls in order.
type ring struct {
	mu    sync.Mutex
	calls []Call
	next  int // where the oldest is once the ring is full
}

func (r *ring) add(c Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) < maxCalls {
		r.calls = append(r.calls, c)
		return
	}
	r.calls[r.next] = c
	r.next = (r.next + 1) % maxCalls
}

func (r *ring) list() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(append(make([]Call, 0, len(r.calls)), r.calls[r.next:]...), r.calls[:r.next]...)
}

func (r *ring) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls, r.next = nil, 0
}
