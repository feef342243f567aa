package cursor

import (
	"encoding/binary"
	"fmt"
	"time"

	"scimrelay/scim"
)

// The bounds of a state, which keep a cursor short enough for a URL.
const (
	maxAfter = 256
	maxKey   = 768
)

// State is what a cursor remembers.
type State struct {
	// After is the id of the last resource of the page before.
	After string
	// Key is where that resource stood in the order asked for; empty in the order of ids.
	Key []byte
	// Count is the size of page of the first request, which every later one has to repeat.
	Count int
	// Issued is when the cursor was made. Seal sets it.
	Issued time.Time
}

// CheckCount refuses a count on a later page that is not the first request's with
// 400 invalidCount (RFC 9865 section 2.1). A page without count need not be checked.
func (s State) CheckCount(count int) error {
	if count != s.Count {
		return scim.BadRequest(scim.TypeInvalidCount, "count must stay %d from page to page", s.Count)
	}
	return nil
}

// CheckCount refuses a first request for more than most resources with 400 invalidCount:
// unlike with an index, a page cut short would not be what every later request repeats.
func CheckCount(count, most int) error {
	if count > most {
		return scim.BadRequest(scim.TypeInvalidCount, "count may be %d at most", most)
	}
	return nil
}

func (s State) check() error {
	if len(s.After) > maxAfter || len(s.Key) > maxKey {
		return fmt.Errorf("cursor: an id of %d and a key of %d bytes are too long", len(s.After), len(s.Key))
	}
	return nil
}

func (s State) append(b []byte) []byte {
	b = binary.AppendVarint(b, s.Issued.UnixMilli())
	b = binary.AppendVarint(b, int64(s.Count))
	b = binary.AppendVarint(b, int64(len(s.After)))
	b = append(b, s.After...)
	return append(b, s.Key...)
}

// parse reads what append wrote.
func parse(b []byte) (State, bool) {
	var numbers [3]int64
	for i := range numbers {
		v, n := binary.Varint(b)
		if n <= 0 {
			return State{}, false
		}
		numbers[i], b = v, b[n:]
	}
	size := numbers[2]
	if size < 0 || size > int64(len(b)) {
		return State{}, false
	}
	s := State{Issued: time.UnixMilli(numbers[0]), Count: int(numbers[1]), After: string(b[:size])}
	key := b[size:]
	if len(key) > 0 {
		s.Key = key
	}
	return s, true
}
