package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// tx is the transaction of one batch, as its jobs see it.
type tx struct {
	lane   *lane
	now    int64 // the database's time at its begin
	events []event
	err    error // the engine's first error; after it nothing else is tried
}

// all runs every job: creations together first, the others one by one, events last.
func (t *tx) all(ctx context.Context, jobs []*job) error {
	var creations []*job
	for _, j := range jobs {
		j.err = nil
		if j.create != nil && j.ctx.Err() == nil {
			creations = append(creations, j)
		}
	}
	if err := t.create(ctx, creations); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := j.ctx.Err(); err != nil { // the caller has gone: not written is fine
			j.err = unavailable("write", err)
			continue
		}
		if j.apply == nil {
			continue
		}
		if j.err = j.apply(ctx, t); t.err != nil {
			return t.err
		}
	}
	return t.record(ctx)
}

// statement returns the text prepared on the lane's connection.
func (t *tx) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := t.lane.stmts[query]; ok {
		return s, nil
	}
	s, err := t.lane.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.lane.stmts[query] = s
	return s, nil
}

// exec runs a statement whose count does not matter.
func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.affect(ctx, query, args...)
	return err
}

// affect runs a statement and returns how many rows it changed.
func (t *tx) affect(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := t.statement(ctx, query)
	if err != nil {
		return 0, t.fail(err)
	}
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, t.fail(err)
	}
	t.lane.db.watch.alive()
	n, err := result.RowsAffected()
	return n, t.fail(err)
}

// row reads one row; none is ErrNotFound, which leaves the transaction whole.
func (t *tx) row(ctx context.Context, query string, args []any, into ...any) error {
	s, err := t.statement(ctx, query)
	if err != nil {
		return t.fail(err)
	}
	err = s.QueryRowContext(ctx, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return t.fail(err)
}

// rows reads many rows.
func (t *tx) rows(ctx context.Context, query string, args []any, each func(scan func(...any) error) error) error {
	s, err := t.statement(ctx, query)
	if err != nil {
		return t.fail(err)
	}
	found, err := s.QueryContext(ctx, args...) //nolint:rowserrcheck // eachRow asks
	if err != nil {
		return t.fail(err)
	}
	return t.fail(eachRow(found, each))
}

func (t *tx) fail(err error) error {
	if err != nil && t.err == nil {
		t.err = err
	}
	return err
}

// found is the rows of a query, in a transaction or out of it.
type found interface {
	Next() bool
	Scan(into ...any) error
	Err() error
	Close() error
}

func eachRow(rows found, each func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// maxRows is the most rows of one statement, far from the engines' most parameters (32,766 and
// 65,535), maxList the most values it is asked about; chunks are powers of two so that few
// texts exist.
const (
	maxRows = 512
	maxList = 64
)

// in splits the values into lists whose lengths are powers of two, the last one padded with a
// repetition, and calls do with "($k,$k+1…)" and the arguments after the fixed ones.
func in(fixed []any, values []string, do func(list string, args []any) error) error {
	return listed(fixed, values, maxList, ",", do)
}

// table is in with "($k),($k+1)…", the rows of VALUES. A planner that takes a large group for a
// small one would rather go through it than ask for each of a long list: a scalar subquery on
// every row leaves it no choice.
func table(fixed []any, values []string, do func(list string, args []any) error) error {
	return listed(fixed, values, maxRows, "),(", do)
}

func listed(fixed []any, values []string, most int, between string, do func(list string, args []any) error) error {
	for part := range slices.Chunk(values, most) {
		size := 1
		for size < len(part) {
			size *= 2
		}
		args := slices.Clone(fixed)
		var b strings.Builder
		b.WriteByte('(')
		for i := range size {
			if i > 0 {
				b.WriteString(between)
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(len(args) + 1))
			args = append(args, part[min(i, len(part)-1)])
		}
		b.WriteByte(')')
		if err := do(b.String(), args); err != nil {
			return err
		}
	}
	return nil
}
