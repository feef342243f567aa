package ivanti

import (
	"context"
	"slices"
	"sync"
	"time"

	"scimrelay/connectors"
)

// named is one row of a list: whose it is and under which key.
type named struct{ id, key string }

// listing reads one page of everything there is, from a row on, and says how many rows there are
// in all, 0 when the vendor does not.
type listing func(ctx context.Context, start int) (rows []named, total int, err error)

// lookup asks for one key. It is not honoured where the vendor answers with other rows than
// those asked for.
type lookup func(ctx context.Context, key string) (rows []named, honoured bool, err error)

// index knows who there is, so that finding five thousand people does not take five thousand
// list calls, of which Ivanti allows thirty a minute. The package's doc says why its word is
// good enough: what it holds is read again by id, and what it lacks is refused by Ivanti itself
// when it is made twice.
type index struct {
	now  func() time.Time
	list listing
	one  lookup        // nil where there is none
	turn chan struct{} // held by whoever reads lists

	mu      sync.Mutex
	ids     map[string][]string // by key, nil before the first load
	loaded  time.Time
	pages   int             // that the last load took
	looked  int             // keys looked up one by one since then
	doubts  map[string]bool // keys that are not there by this load, and that need a look of their own
	made    map[string]made // what we made, which lists may not show yet
	partial *load
}

type made struct {
	id string
	at time.Time
}

// load is a walk through the list. It outlives a call that is cut short, so that a long list is
// read to its end some time.
type load struct {
	began time.Time
	ids   map[string][]string
	rows  int
	pages int
	first string
}

func newIndex(now func() time.Time, list listing, one lookup) *index {
	return &index{now: now, list: list, one: one, turn: make(chan struct{}, 1), made: map[string]made{}, doubts: map[string]bool{}}
}

// ask gives the ids under the key. A load says "none" of a key once: whoever asks again does so
// because there may be an account after all, and gets a fresh look.
func (x *index) ask(ctx context.Context, key string) ([]string, error) {
	if err := enter(ctx, x.turn); err != nil {
		return nil, err
	}
	defer func() { <-x.turn }()
	if x.stale() {
		if err := x.load(ctx); err != nil {
			return nil, err
		}
	}
	ids, again, alone := x.known(key)
	if len(ids) > 0 || !again {
		return ids, nil
	}
	if alone {
		rows, honoured, err := x.one(ctx, key)
		if err != nil {
			return nil, err
		}
		if honoured {
			return x.keep(key, rows), nil
		}
	}
	if err := x.load(ctx); err != nil {
		return nil, err
	}
	ids, _, _ = x.known(key)
	return ids, nil
}

func (x *index) stale() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ids == nil || x.now().Sub(x.loaded) >= visible
}

// known is what the load says of the key: its ids, or that it has said "none" before, and then
// whether one look for the key alone is cheaper than another load.
func (x *index) known(key string) (ids []string, again, alone bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	key = fold(key)
	if ids = x.ids[key]; len(ids) > 0 {
		return slices.Clone(ids), false, false
	}
	again = x.doubts[key]
	x.doubts[key] = true
	return nil, again, x.one != nil && x.looked < max(1, x.pages)
}

// keep takes over what a look for one key has shown.
func (x *index) keep(key string, rows []named) (ids []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.looked++
	for _, row := range rows {
		if !slices.Contains(ids, row.id) {
			ids = append(ids, row.id)
		}
	}
	if len(ids) > 0 {
		x.ids[fold(key)] = slices.Clone(ids)
		delete(x.doubts, fold(key))
	}
	return ids
}

// load reads the list from where it was left.
func (x *index) load(ctx context.Context) error {
	x.mu.Lock()
	walk := x.partial
	x.mu.Unlock()
	if walk == nil || x.now().Sub(walk.began) >= visible {
		walk = &load{began: x.now(), ids: map[string][]string{}}
	}
	pages := connectors.Pages{}
	for more := true; more; {
		if err := pages.Turn(); err != nil {
			return err
		}
		rows, total, err := x.list(ctx, walk.rows)
		if err != nil {
			x.mu.Lock()
			x.partial = walk
			x.mu.Unlock()
			return err
		}
		more = walk.take(rows, total)
	}
	x.finish(walk)
	return nil
}

// take adds a page and says whether there may be another. Pages can be shorter than was asked
// for, the total can be missing, and a server that does not know start would begin again.
func (l *load) take(rows []named, total int) (more bool) {
	if len(rows) == 0 || rows[0].id == l.first {
		return false
	}
	l.first, l.rows, l.pages = rows[0].id, l.rows+len(rows), l.pages+1
	for _, row := range rows {
		// Rows move to the next page when others are inserted meanwhile.
		if key := fold(row.key); !slices.Contains(l.ids[key], row.id) {
			l.ids[key] = append(l.ids[key], row.id)
		}
	}
	return total == 0 || l.rows < total
}

// finish puts the load in force. What we made in the last hour counts whether or not it shows.
func (x *index) finish(walk *load) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, m := range x.made {
		if walk.began.Sub(m.at) >= visible {
			delete(x.made, key)
		} else if len(walk.ids[key]) == 0 {
			walk.ids[key] = []string{m.id}
		}
	}
	x.ids, x.loaded, x.pages, x.looked = walk.ids, walk.began, walk.pages, 0
	x.doubts, x.partial = map[string]bool{}, nil
}

// add notes what we made ourselves.
func (x *index) add(key, id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	key = fold(key)
	x.made[key] = made{id, x.now()}
	if x.ids != nil {
		x.ids[key] = []string{id}
	}
	delete(x.doubts, key)
}

// drop notes that the id is not, or no more, what is under the key.
func (x *index) drop(key, id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	key = fold(key)
	if x.made[key].id == id {
		delete(x.made, key)
	}
	left := slices.DeleteFunc(slices.Clone(x.ids[key]), func(known string) bool { return known == id })
	if len(left) > 0 {
		x.ids[key] = left
	} else {
		delete(x.ids, key)
	}
	x.doubts[key] = true
}

// doubt notes that there may be something under the key which the load does not show.
func (x *index) doubt(key string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.doubts[fold(key)] = true
}
