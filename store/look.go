package store

import (
	"context"
	"time"
)

// look asks the server how it is.
func (w *watch) look() {
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	readOnly, err := w.ask(ctx)
	if err != nil && ctx.Err() == nil {
		readOnly, err = w.ask(ctx) // the connection was dead, not the server
	}
	switch {
	case err == nil && readOnly:
		w.alive()
		w.enter(ReadOnly)
	case err == nil:
		w.alive()
		w.enter("")
	default:
		w.doubt()
	}
}

// doubt decides without an answer to the watch's own question. A server that is slow to answer
// it, or takes no more connections, may answer others well: it is down when it has answered
// nobody. Before that is said a lane tries, for it may only be that nobody has asked.
func (w *watch) doubt() {
	if quiet := w.quiet(); quiet > 2*lookEvery && quiet < silence {
		w.try(silence - quiet)
	}
	if w.quiet() >= silence {
		w.enter(Down)
	}
}

// alive notes that the server has answered somebody.
func (w *watch) alive() {
	if w.engine.server() {
		w.life.Store(int64(time.Since(w.start)))
	}
}

// quiet is for how long the server has answered nobody.
func (w *watch) quiet() time.Duration { return time.Since(w.start) - time.Duration(w.life.Load()) }

func (w *watch) ask(ctx context.Context) (readOnly bool, err error) {
	err = w.db.QueryRowContext(ctx, w.engine.look).Scan(&readOnly)
	return readOnly, err
}
