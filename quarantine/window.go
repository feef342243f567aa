package quarantine

import (
	"slices"
	"time"
)

// buckets is how many parts a window has: what is counted leaves it in steps of a twelfth.
const buckets = 12

// Bucket is what was counted in one part of a window.
type Bucket struct {
	At     int64 `json:"t"` // in parts since 1970
	OK     int   `json:"ok,omitempty"`
	Failed int   `json:"no,omitempty"`
}

// Window counts over the latest part of time.
type Window []Bucket

// add returns the window with the counts added at the time at, and without what is too old now.
func (w Window) add(span time.Duration, now, at time.Time, ok, failed int) Window {
	part := int64(span / buckets)
	oldest, mark := now.UnixNano()/part-buckets+1, at.UnixNano()/part
	next := make(Window, 0, len(w)+1)
	for _, b := range w {
		if b.At >= oldest {
			next = append(next, b)
		}
	}
	i := slices.IndexFunc(next, func(b Bucket) bool { return b.At == mark })
	switch {
	case mark < oldest:
		return next
	case i < 0 && ok+failed < 0: // it has been forgotten since
		return next
	case i < 0:
		return append(next, Bucket{mark, ok, failed})
	}
	next[i].OK, next[i].Failed = max(0, next[i].OK+ok), max(0, next[i].Failed+failed)
	return next
}

// sum counts what the window holds now.
func (w Window) sum(span time.Duration, now time.Time) (ok, failed int) {
	oldest := now.UnixNano()/int64(span/buckets) - buckets + 1
	for _, b := range w {
		if b.At >= oldest {
			ok, failed = ok+b.OK, failed+b.Failed
		}
	}
	return ok, failed
}

// Tried is when a resource was last counted at a target, and as what: milliseconds since 1970,
// negative when it was refused, and 0 when it never was. The link remembers it, so that who is
// tried again counts anew and not twice.
type Tried int64

// TriedAt is a resource that was counted at the time.
func TriedAt(at time.Time, refused bool) Tried {
	if refused {
		return Tried(-at.UnixMilli())
	}
	return Tried(at.UnixMilli())
}

// counts says where the resource is counted now.
func (t Tried) counts() (at time.Time, ok, failed int) {
	switch {
	case t > 0:
		return time.UnixMilli(int64(t)), 1, 0
	case t < 0:
		return time.UnixMilli(int64(-t)), 0, 1
	}
	return time.Time{}, 0, 0
}

// count moves a resource to where it is to be counted from now on.
func (w Window) count(span time.Duration, now time.Time, before Tried, refused bool) Window {
	if at, ok, failed := before.counts(); ok+failed > 0 {
		w = w.add(span, now, at, -ok, -failed)
	}
	_, ok, failed := TriedAt(now, refused).counts()
	return w.add(span, now, now, ok, failed)
}

// Counts reports whether the signal is one that Tried is about, and what it says.
func (s Signal) Counts() (counts, refused bool) {
	return s == Good || s == Rejected, s == Rejected
}
