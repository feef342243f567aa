package server

import (
	"strings"

	"scimrelay/scim/cursor"
)

// fromCursor reads where the page begins out of its cursor; without one it is the first. A count
// that is not sent again stays what it was.
func (h *hunt) fromCursor() (from, error) {
	h.start = 1
	if h.cursor == "" {
		return from{}, nil
	}
	state, err := h.cursors.Open(h.cursor, h.walk)
	if err != nil {
		return from{}, err
	}
	if h.counted {
		if err := state.CheckCount(h.size); err != nil {
			return from{}, err
		}
	}
	h.size = state.Count
	kind, id, _ := strings.Cut(state.After, "/")
	return from{at: place{kind, id, state.Key}, known: true}, nil
}

// seal makes the cursor of the next page.
func (h *hunt) seal(f found) (string, error) {
	at := f.end()
	return h.cursors.Seal(cursor.State{After: at.kind + "/" + at.id, Key: at.key, Count: h.size}, h.walk)
}
