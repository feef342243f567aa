package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lookEvery and silence together are less than the two seconds in which a caller gets an
	// answer, whatever became of the server.
	lookEvery = 250 * time.Millisecond
	silence   = 1500 * time.Millisecond
	// tryEvery is how often a disk that was full is tried again.
	tryEvery = time.Second
	// busyShows is how long somebody who was turned away shows in the store's health.
	busyShows = 10 * time.Second
)

// errSilent ends whatever still waits for a server that does not answer.
var errSilent = fmt.Errorf("%w: the database does not answer", ErrUnavailable)

// watch knows how the database is. It asks a server again and again on a connection of its own,
// so that nobody waits longer for one that fell silent than it takes to notice, and so that being
// asked how the store is never takes a connection from those who work. A file cannot fall silent:
// of a file it knows what the commits have met, and tries a full disk until there is room.
type watch struct {
	engine engine
	db     *sql.DB
	probe  func(ctx context.Context) error // one small commit

	start time.Time
	life  atomic.Int64 // when the server last answered anybody, in nanoseconds after the start
	busy  atomic.Int64 // when somebody was last turned away
	wake  chan struct{}
	// failed is closed when the disk did not write what it was told to keep. What a later sync
	// says is worth nothing then: only another process may begin again from what there is.
	failed chan struct{}

	mu     sync.Mutex
	server Trouble // silent or read-only
	disk   Trouble // what the last commit met
	epoch  context.Context
	end    context.CancelFunc // of the epoch: everybody who waits for the server hears
}

func newWatch(e engine, db *sql.DB) *watch {
	w := &watch{engine: e, db: db, start: time.Now(), wake: make(chan struct{}, 1), failed: make(chan struct{})}
	w.begin()
	return w
}

// begin starts a time in which the server answers. The lock is held, or nobody else is there.
func (w *watch) begin() {
	w.epoch, w.end = context.Background(), func() {}
	if w.engine.server() {
		w.epoch, w.end = context.WithCancel(context.Background())
	}
}

// open returns what ends when the server falls silent, or why there is no point in asking it.
// A server that takes no writes may be behind what was acknowledged: it is not asked either.
func (w *watch) open() (context.Context, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.server != "" {
		return nil, fmt.Errorf("%w: the database is %s", ErrUnavailable, w.server)
	}
	return w.epoch, nil
}

// writable is open for whoever writes. Nobody does after the disk has failed.
func (w *watch) writable() (context.Context, error) {
	select {
	case <-w.failed:
		return nil, fmt.Errorf("%w: the disk has failed", ErrUnavailable)
	default:
		return w.open()
	}
}

// run looks until the store is closed.
func (w *watch) run(closed <-chan struct{}) {
	if !w.engine.server() {
		w.runFile(closed)
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var tried time.Time
	for {
		select {
		case <-closed:
			w.mu.Lock()
			w.end()
			w.mu.Unlock()
			return
		case <-w.wake:
		case <-tick.C:
		}
		w.look()
		if w.troubled() && time.Since(tried) >= tryEvery {
			tried = time.Now()
			w.try(silence)
		}
	}
}

// runFile sleeps until a commit meets a trouble, and tries until it is over.
func (w *watch) runFile(closed <-chan struct{}) {
	for {
		select {
		case <-closed:
			return
		case <-w.wake:
		}
		tick := time.NewTicker(tryEvery)
		for w.troubled() {
			select {
			case <-closed:
				tick.Stop()
				return
			case <-tick.C:
			}
			w.try(silence)
		}
		tick.Stop()
	}
}

// try commits something small: without it a process that is sent no writes, because it said
// that it takes none, would never find out that it could.
func (w *watch) try(limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_ = w.probe(ctx) // the lane tells how it went
}

// enter takes note of how the server is, and ends the waiting of all when it is gone.
func (w *watch) enter(now Trouble) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now == w.server {
		return
	}
	if now == Down {
		w.end()
	}
	if w.server == Down {
		w.begin()
	}
	w.server = now
}

// committed hears how a commit went.
func (w *watch) committed(err error) {
	met := w.engine.trouble(err)
	if err == nil {
		w.alive()
	}
	w.mu.Lock()
	before := w.disk
	if before != DiskFailed && (err == nil || met != "") {
		w.disk = met
	}
	failed := w.disk == DiskFailed && before != DiskFailed
	w.mu.Unlock()
	if failed {
		close(w.failed)
	}
	if met != "" {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// turnedAway notes that somebody had to wait too long, and returns the error for them.
func (w *watch) turnedAway() error {
	w.busy.Store(time.Now().UnixNano())
	return ErrBusy
}

// troubled reports that commits have met something that may be over.
func (w *watch) troubled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.disk != "" && w.disk != DiskFailed
}

// now is the worst there is to say.
func (w *watch) now() Trouble {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.server != "":
		return w.server
	case w.disk != "":
		return w.disk
	case time.Since(time.Unix(0, w.busy.Load())) < busyShows:
		return Busy
	}
	return ""
}

// because gives an error that the server's silence caused its name.
func because(epoch context.Context, err error) error {
	if err != nil && epoch.Err() != nil && !errors.Is(err, ErrUnavailable) {
		return fmt.Errorf("%w: %w", errSilent, err)
	}
	return err
}
