package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"scimrelay/connectors"
	"scimrelay/queue"
	"scimrelay/store"
)

// harm is what is done to one call.
type harm string

// The harms.
const (
	none    harm = ""
	refused harm = "refused"           // it does not happen, and the caller hears so
	lost    harm = "executed-and-lost" // it happens, and the caller hears that it failed
	before  harm = "dead before"       // the process dies first
	after   harm = "dead after"        // the process dies before it hears of it
)

// fate decides over every call of every process: its name, as in "store.Record", and what is done
// to it.
type fate struct {
	mu    sync.Mutex
	judge func(name string) harm
	seen  map[string]int
	done  map[string]int // by name and harm
}

func newFate() *fate { return &fate{seen: map[string]int{}, done: map[string]int{}} }

func (f *fate) of(name string) harm {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen[name]++
	if f.judge == nil {
		return none
	}
	h := f.judge(name)
	if h != none {
		f.done[name+" "+string(h)]++
	}
	return h
}

func (f *fate) decide(judge func(name string) harm) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judge = judge
}

// life is one process's. Once it has died nothing it does has an effect any more: what it had
// sent is on its way, and what it holds stays held until others take it.
type life struct {
	fate *fate
	dead atomic.Bool
	end  func() // stops what runs, without waiting
}

var errInjected = errors.New("injected")

// pass carries out one call as fate wants it. The two errors are for a call that did not happen
// and for one of which nobody knows.
func (l *life) pass(name string, refusal, doubt error, do func() error) error {
	if l.dead.Load() {
		return refusal
	}
	h := l.fate.of(name)
	switch h {
	case refused:
		return refusal
	case before:
		l.die()
		return refusal
	}
	err := do()
	switch h {
	case lost:
		return doubt
	case after:
		l.die()
		return doubt
	}
	return err
}

func (l *life) die() {
	if l.dead.CompareAndSwap(false, true) && l.end != nil {
		l.end()
	}
}

// stored is pass for the store: whether it happened is unknown to the caller in either case.
func (l *life) stored(name string, do func() error) error {
	away := fmt.Errorf("%w: %w", store.ErrUnavailable, errInjected)
	return l.pass("store."+name, away, away, do)
}

// called is pass for the vendor: a lost answer is an unknown outcome where it may have changed
// something.
func (l *life) called(name string, changes bool, do func() error) error {
	refusal := &connectors.Fault{Class: connectors.Transient, Detail: "injected"}
	doubt := &connectors.Fault{Class: connectors.Transient, Detail: "injected"}
	if changes {
		doubt = &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "injected"}
	}
	return l.pass("vendor."+name, refusal, doubt, do)
}

// line is a transport whose rings may be lost.
type line struct {
	queue.Transport
	life *life
}

func (q line) Ring(ctx context.Context, r queue.Ring) error {
	return q.life.pass("queue.Ring", errInjected, errInjected, func() error { return q.Transport.Ring(ctx, r) })
}

// Fresh says who waits, where the transport knows.
func (q line) Fresh() bool {
	l, ok := q.Transport.(interface{ Fresh() bool })
	return ok && l.Fresh()
}

func get[V any](l *life, name string, do func() (V, error)) (v V, err error) {
	err = l.stored(name, func() (err error) { v, err = do(); return err })
	if err != nil && errors.Is(err, errInjected) {
		var nothing V
		return nothing, err
	}
	return v, err
}
