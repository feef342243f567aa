package order

import (
	"container/heap"
	"math"
	"slices"

	"scimrelay/scim"
)

// Entry is something with its place in an order.
type Entry[T any] struct {
	Place
	Item T
}

// Top is shown any number of items in any order, and keeps those that may belong to one
// page. Its memory is that of the page and what stands before it, not that of all matches.
type Top[T any] struct {
	kept   worstFirst[T]
	start  int    // the first of the page, from 0
	end    int    // behind its last
	limit  int    // how many may be kept
	after  *Place // the page begins behind it, if set
	total  int
	behind int // how many stand behind after
}

// NewTop keeps the page that begins with the item number start, counted from 1, and has up
// to count items. To find it no more than limit items are kept.
func NewTop[T any](o Order, start, count, limit int) *Top[T] {
	t := &Top[T]{kept: worstFirst[T]{order: o}, start: max(0, start-1), limit: limit}
	if count > 0 {
		t.end = t.start + min(count, math.MaxInt-t.start)
	}
	return t
}

// NewAfter keeps the first count items behind a place, whether or not there still is
// anything at that place.
func NewAfter[T any](o Order, place Place, count int) *Top[T] {
	t := NewTop[T](o, 1, count, max(0, count))
	t.after = &place
	return t
}

// Add shows an item. It is 400 tooMany when the page stands so far behind that more items
// than the limit would have to be kept.
func (t *Top[T]) Add(place Place, item T) error {
	t.total++
	o := t.kept.order
	if t.after != nil && o.Compare(place, *t.after) <= 0 {
		return nil
	}
	t.behind++
	switch e := (Entry[T]{place, item}); {
	case len(t.kept.entries) < min(t.end, t.limit):
		heap.Push(&t.kept, e)
	case len(t.kept.entries) < t.end:
		return scim.BadRequest(scim.TypeTooMany, "only %d resources can be sorted for a page so far behind: use a filter or a cursor", t.limit)
	case t.end > 0 && o.Compare(place, t.kept.entries[0].Place) < 0:
		t.kept.entries[0] = e
		heap.Fix(&t.kept, 0)
	}
	return nil
}

// Total is how many items were shown, those before the page included.
func (t *Top[T]) Total() int { return t.total }

// More reports whether there are items behind the page.
func (t *Top[T]) More() bool { return t.behind > t.end }

// Page is the page, in order.
func (t *Top[T]) Page() []Entry[T] {
	list := slices.Clone(t.kept.entries)
	slices.SortFunc(list, func(a, b Entry[T]) int { return t.kept.order.Compare(a.Place, b.Place) })
	return list[min(t.start, len(list)):]
}

// worstFirst is a heap with the last of its entries on top.
type worstFirst[T any] struct {
	order   Order
	entries []Entry[T]
}

// The methods of heap.Interface.

func (w *worstFirst[T]) Len() int { return len(w.entries) }

func (w *worstFirst[T]) Less(i, j int) bool {
	return w.order.Compare(w.entries[i].Place, w.entries[j].Place) > 0
}

func (w *worstFirst[T]) Swap(i, j int) { w.entries[i], w.entries[j] = w.entries[j], w.entries[i] }
func (w *worstFirst[T]) Push(entry any) {
	w.entries = append(w.entries, entry.(Entry[T]))
}

func (w *worstFirst[T]) Pop() any {
	n := len(w.entries) - 1
	entry := w.entries[n]
	w.entries = w.entries[:n]
	return entry
}
