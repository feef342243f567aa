// Package queuetest is the conformance suite of queue's transports: what the relay relies on,
// asked of the in-process line and of Asynq on a real Redis alike.
package queuetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"scimrelay/queue"
)

// Open returns a transport that carries nothing yet.
type Open func(tb testing.TB) queue.Transport

// Run asks everything of the transports that open gives.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"a ring is served with its key":                served,
		"rings of one id collapse while they wait":     collapse,
		"no more turns run at once than allowed":       bounded,
		"running turns end before serving does":        drained,
		"the urgent line overtakes the bulk":           urgent,
		"a target rung during its turn is served anew": again,
		"a ring before anybody serves is kept":         early,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

const patience = 20 * time.Second

// serving runs a transport's turns until the test ends.
type serving struct {
	transport queue.Transport
	stop      context.CancelFunc
	done      chan struct{}
}

func serve(t *testing.T, transport queue.Transport, turns int, run func(context.Context, queue.Key)) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &serving{transport: transport, stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		if err := transport.Serve(ctx, turns, run); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		s.stop()
		s.wait(t, s.done, "serving to end")
		if err := transport.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *serving) wait(t *testing.T, signal <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
}

func ring(t *testing.T, transport queue.Transport, target string, class queue.Class, id string) {
	t.Helper()
	err := transport.Ring(t.Context(), queue.Ring{Key: queue.Key{Tenant: "acme", Target: target}, Class: class, ID: id})
	if err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, served <-chan queue.Key) queue.Key {
	t.Helper()
	select {
	case k := <-served:
		return k
	case <-time.After(patience):
		t.Fatal("no turn came")
		return queue.Key{}
	}
}

func served(t *testing.T, open Open) {
	keys := make(chan queue.Key, 10)
	s := serve(t, open(t), 4, func(_ context.Context, k queue.Key) { keys <- k })
	ring(t, s.transport, "sage", queue.Default, "acme/sage:1")
	if k := receive(t, keys); k != (queue.Key{Tenant: "acme", Target: "sage"}) {
		t.Errorf("served %v", k)
	}
	if err := s.transport.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func early(t *testing.T, open Open) {
	transport := open(t)
	ring(t, transport, "sage", queue.Default, "acme/sage:1")
	keys := make(chan queue.Key, 10)
	serve(t, transport, 4, func(_ context.Context, k queue.Key) { keys <- k })
	receive(t, keys)
}

func collapse(t *testing.T, open Open) {
	transport := open(t)
	for range 10 {
		ring(t, transport, "sage", queue.Default, "acme/sage:1")
	}
	ring(t, transport, "last", queue.Bulk, "acme/last:1")
	var mu sync.Mutex
	count := map[string]int{}
	done := make(chan struct{})
	s := serve(t, transport, 1, func(_ context.Context, k queue.Key) {
		mu.Lock()
		defer mu.Unlock()
		if count[k.Target]++; len(count) == 2 {
			close(done)
		}
	})
	s.wait(t, done, "both targets")
	mu.Lock()
	defer mu.Unlock()
	if count["sage"] != 1 || count["last"] != 1 {
		t.Errorf("served %v", count)
	}
}

func bounded(t *testing.T, open Open) {
	const turns, rings = 4, 24
	var mu sync.Mutex
	running, most, finished := 0, 0, 0
	full, all := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s := serve(t, open(t), turns, func(context.Context, queue.Key) {
		mu.Lock()
		if running++; running > most {
			most = running
		}
		if running == turns {
			once.Do(func() { close(full) })
		}
		mu.Unlock()
		select { // hold the place until all are taken
		case <-full:
		case <-time.After(patience):
		}
		mu.Lock()
		defer mu.Unlock()
		running--
		if finished++; finished == rings {
			close(all)
		}
	})
	for i := range rings {
		ring(t, s.transport, fmt.Sprint("t", i), queue.Default, fmt.Sprintf("acme/t%d:1", i))
	}
	s.wait(t, all, "all turns")
	if most != turns {
		t.Errorf("%d turns ran at once, want %d", most, turns)
	}
}

func drained(t *testing.T, open Open) {
	began, ended := make(chan struct{}), make(chan struct{})
	s := serve(t, open(t), 2, func(ctx context.Context, _ queue.Key) {
		close(began)
		<-ctx.Done() // the turn hears that it must end, and takes its time to record
		close(ended)
	})
	ring(t, s.transport, "sage", queue.Default, "acme/sage:1")
	s.wait(t, began, "the turn")
	s.stop()
	s.wait(t, s.done, "serving to end")
	select {
	case <-ended:
	default:
		t.Error("serving ended before its turn")
	}
}

func urgent(t *testing.T, open Open) {
	transport := open(t)
	const bulk = 30
	for i := range bulk {
		ring(t, transport, fmt.Sprint("bulk", i), queue.Bulk, fmt.Sprintf("acme/bulk%d:1", i))
	}
	ring(t, transport, "urgent", queue.Urgent, "acme/urgent:1")
	keys := make(chan queue.Key, bulk+1)
	serve(t, transport, 1, func(_ context.Context, k queue.Key) { keys <- k })
	for place := range bulk + 1 {
		if receive(t, keys).Target == "urgent" {
			if place > bulk/2 {
				t.Errorf("the urgent target was number %d", place)
			}
			return
		}
	}
	t.Error("the urgent target was not served")
}

func again(t *testing.T, open Open) {
	began, leave := make(chan struct{}, 2), make(chan struct{}, 2)
	s := serve(t, open(t), 2, func(context.Context, queue.Key) {
		began <- struct{}{}
		<-leave
	})
	ring(t, s.transport, "sage", queue.Default, "acme/sage:1")
	s.wait(t, began, "the first turn")
	ring(t, s.transport, "sage", queue.Default, "acme/sage:2") // the turn has taken a new lease meanwhile
	leave <- struct{}{}
	s.wait(t, began, "the second turn")
	leave <- struct{}{}
}
