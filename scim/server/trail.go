package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// trail remembers where index pages ended. A client that walks through pages by startIndex
// goes on behind the last resource it was shown, wherever that stands by now: resources that
// are deleted meanwhile make no gap, and a deep page costs no more than the first. Where the
// trail is cold (another process, a quarter of an hour later) the index alone counts.
type trail struct {
	mu    sync.Mutex
	steps map[[32]byte]step
	order [trailLength][32]byte // oldest first from next on
	next  int
}

const (
	trailLength = 4096
	trailKept   = 15 * time.Minute
)

type step struct {
	at    place
	taken time.Time
}

// place is a resource in the order of a search; everything up to it has been shown.
type place struct {
	kind string // type name: a search from the root goes through the types one by one
	id   string
	key  []byte // what it was sorted by, nil in the order of ids
}

// walk names one client's way through one search: the binding of its cursors.
type walk []byte

// page is the key of one page of the walk. Two walks at once with pages of another size keep apart.
func (w walk) page(start, size int) [32]byte {
	key := binary.AppendVarint(bytes.Clone(w), int64(start))
	return sha256.Sum256(binary.AppendVarint(key, int64(size)))
}

// ended notes that the page before start ended at a place.
func (t *trail) ended(w walk, start, size int, at place, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.steps == nil {
		t.steps = make(map[[32]byte]step, trailLength)
	}
	key := w.page(start, size)
	if _, known := t.steps[key]; !known {
		delete(t.steps, t.order[t.next])
		t.order[t.next] = key
		t.next = (t.next + 1) % trailLength
	}
	t.steps[key] = step{at, now}
}

// before is where the page before start ended, if it is known.
func (t *trail) before(w walk, start, size int, now time.Time) (place, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.steps[w.page(start, size)]
	if !ok || now.Sub(s.taken) > trailKept {
		return place{}, false
	}
	return s.at, true
}
