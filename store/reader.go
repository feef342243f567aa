package store

import (
	"context"
	"database/sql"
	"time"
)

// reader is the pool that reads go through. A read waits for a place no longer than a write does,
// and ends when the server falls silent.
type reader struct {
	db     *sql.DB
	places chan struct{}
	watch  *watch
}

func newReader(db *sql.DB, places int, w *watch) *reader {
	return &reader{db: db, places: make(chan struct{}, places), watch: w}
}

// turn is one read's place in the pool. What it was given lasts until leave.
type turn struct {
	context.Context
	epoch  context.Context
	reader *reader
	cancel context.CancelFunc
	stop   func() bool
	left   bool
}

func (r *reader) enter(ctx context.Context) (*turn, error) {
	epoch, err := r.watch.open()
	if err != nil {
		return nil, err
	}
	t := &turn{Context: ctx, epoch: epoch, reader: r}
	if err := r.place(ctx, epoch); err != nil {
		return nil, err
	}
	if epoch.Done() != nil {
		t.Context, t.cancel = context.WithCancel(ctx)
		t.stop = context.AfterFunc(epoch, t.cancel)
	}
	return t, nil
}

func (r *reader) place(ctx, epoch context.Context) error {
	select {
	case r.places <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(r.watch.engine.busyAfter)
	defer timer.Stop()
	select {
	case r.places <- struct{}{}:
		return nil
	case <-timer.C:
		return r.watch.turnedAway()
	case <-epoch.Done():
		return errSilent
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave gives the place back. It may be called again.
func (t *turn) leave() {
	if t.left {
		return
	}
	t.left = true
	if t.cancel != nil {
		t.stop()
		t.cancel()
	}
	<-t.reader.places
}

// said notes that the server has answered, or why it has not.
func (t *turn) said(err error) error {
	if err == nil {
		t.reader.watch.alive()
	}
	return because(t.epoch, err)
}

// QueryContext reads many rows, which the caller closes.
func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*reading, error) {
	t, err := r.enter(ctx)
	if err != nil {
		return nil, err
	}
	found, err := r.db.QueryContext(t, query, args...) //nolint:rowserrcheck // whoever reads the rows asks
	for tries := 0; tries < cap(r.places) && t.Err() == nil && brokenConn(err); tries++ {
		// A server that was restarted, or died, has left many idle connections broken: the next one
		// may be whole, and a read may be asked twice.
		found, err = r.db.QueryContext(t, query, args...) //nolint:rowserrcheck // as above
	}
	if err != nil {
		t.leave()
		return nil, t.said(err)
	}
	return &reading{found, t}, nil
}

// QueryRowContext reads one row.
func (r *reader) QueryRowContext(ctx context.Context, query string, args ...any) *single {
	found, err := r.QueryContext(ctx, query, args...)
	return &single{found, err}
}

// moment begins a transaction that only reads. Whoever has it holds no place: it is for commands
// that look at everything, not for requests.
func (r *reader) moment(ctx context.Context, isolation sql.IsolationLevel) (*sql.Tx, error) {
	return r.db.BeginTx(ctx, &sql.TxOptions{Isolation: isolation, ReadOnly: true})
}

func (r *reader) close() error { return r.db.Close() }

// reading is the rows a read found. They hold its place until they are closed.
type reading struct {
	*sql.Rows
	turn *turn
}

// Err is what ended the rows early.
func (r *reading) Err() error { return r.turn.said(r.Rows.Err()) }

// Close gives the place back.
func (r *reading) Close() error {
	err := r.Rows.Close()
	r.turn.leave()
	return err
}

// single is one row, or why there is none.
type single struct {
	rows *reading
	err  error
}

// Scan reads the row; without one it is sql.ErrNoRows.
func (r *single) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := r.rows.Scan(into...); err != nil {
		return r.rows.turn.said(err)
	}
	return r.rows.Close()
}
