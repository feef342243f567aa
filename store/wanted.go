package store

import (
	"context"
	"math/bits"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// Wanted returns the version that a link is to come to now, ErrNotFound when there is none any more.
// Those who ask at the same time are answered by one query, which begins after the last of them asked.
func (l *Links) Wanted(ctx context.Context, tenant, target, resource string) (int64, error) {
	q := &question{key: [3]any{tenant, resource, target}, done: make(chan struct{})}
	l.db.asking.add(q)
	select {
	case <-q.done:
	case <-ctx.Done():
		return 0, unavailable("read a link", context.Cause(ctx))
	}
	if q.err == nil && q.wanted == 0 {
		return 0, ErrNotFound
	}
	return q.wanted, unavailable("read a link", q.err)
}

// question is one who asks what a link is to come to. What they hear is theirs once done is closed.
type question struct {
	key    [3]any // tenant, resource, target
	wanted int64  // 0 is no link
	err    error
	done   chan struct{}
}

// asking gathers those who ask: while one query is under way, those wait together who ask for the
// next. A relay asks before each creation, from every target's turn at once.
type asking struct {
	db *database

	mu      sync.Mutex
	waiting []*question
	busy    bool
	texts   [1 + mostLog]string // of the queries about 1, 2, 4… links
}

// mostLog is the logarithm of how many are asked about at once.
const mostLog = 8

func (a *asking) add(q *question) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = append(a.waiting, q)
	if !a.busy {
		a.busy = true
		go a.run()
	}
}

// run asks until nobody waits.
func (a *asking) run() {
	for asked := a.next(); len(asked) > 0; asked = a.next() {
		err := a.ask(asked)
		for _, q := range asked {
			q.err = err
			close(q.done)
		}
		runtime.Gosched() // those who have their answer may have another question
	}
}

func (a *asking) next() (asked []*question) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := min(len(a.waiting), 1<<mostLog)
	asked, a.waiting = a.waiting[:n:n], a.waiting[n:]
	a.busy = n > 0
	return asked
}

// ask is one query. Nobody's context is its own: it ends when the server falls silent.
func (a *asking) ask(asked []*question) error {
	size := bits.Len(uint(len(asked) - 1))
	args := make([]any, 0, 3<<size)
	for i := range 1 << size { // the last one again and again
		args = append(args, asked[min(i, len(asked)-1)].key[:]...)
	}
	rows, err := a.db.read.QueryContext(context.Background(), a.text(size), args...)
	if err != nil {
		return err
	}
	return eachRow(rows, func(scan func(...any) error) error {
		var i int
		var wanted int64
		err := scan(&i, &wanted)
		if err == nil && i < len(asked) {
			asked[i].wanted = wanted
		}
		return err
	})
}

// text asks for each link by itself, by its whole key: see pairs.
func (a *asking) text(size int) string {
	if a.texts[size] != "" {
		return a.texts[size]
	}
	var b strings.Builder
	b.WriteString(`WITH asked(n, tenant, resource, target) AS (VALUES `)
	for i := range 1 << size {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("(" + strconv.Itoa(i))
		for k := range 3 {
			b.WriteString("," + a.db.engine.mark(3*i+k+1))
		}
		b.WriteByte(')')
	}
	b.WriteString(`) SELECT n, COALESCE((SELECT l.wanted FROM links l WHERE l.tenant = asked.tenant
		AND l.resource = asked.resource AND l.target = asked.target), 0) FROM asked`)
	a.texts[size] = b.String()
	return a.texts[size]
}
