package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

const (
	sealRows   = 512  // rows of unsealed that one seal takes at most
	sealEvents = 4096 // events after which it takes no further row
	sealList   = 256  // events that are read with one statement
)

// errBehind says that another process has sealed meanwhile.
var errBehind = errors.New("the chain has grown meanwhile")

// Seal seals what has been committed and is in no seal yet, of every tenant, and returns how
// many events that was. Every process may call it at any time: of two that seal one tenant at
// once the second gives way. Writers wait for none of it.
func (e *Events) Seal(ctx context.Context) (sealed int, err error) {
	var failed []error
	err = e.eachTenant(ctx, "unsealed", func(tenant string) error {
		for {
			n, err := e.sealTenant(ctx, tenant)
			switch {
			case errors.Is(err, errBehind):
				return nil
			case err != nil: // the other tenants' are sealed all the same
				failed = append(failed, fmt.Errorf("tenant %s: %w", tenant, err))
				return ctx.Err()
			case n == 0:
				return nil
			}
			sealed += n
		}
	})
	return sealed, errors.Join(append(failed, err)...)
}

// eachTenant calls do for every tenant that the table has rows of, in the order of their names.
func (e *Events) eachTenant(ctx context.Context, table string, do func(tenant string) error) error {
	var tenant string
	for {
		err := e.db.read.QueryRowContext(ctx, `SELECT tenant FROM `+table+` WHERE tenant > $1 ORDER BY tenant LIMIT 1`, tenant).Scan(&tenant)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return unavailable("read tenants of events", err)
		}
		if err := do(tenant); err != nil {
			return err
		}
	}
}

// sealTenant adds one seal to the tenant's chain. The chain's end is read before what is to be
// sealed: whoever has sealed that since has also added the seal that this one would be.
func (e *Events) sealTenant(ctx context.Context, tenant string) (int, error) {
	head, err := e.head(ctx, tenant)
	if err != nil {
		return 0, err
	}
	rows, ids, err := e.unsealed(ctx, tenant, sealRows, sealEvents)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	s := seal{tenant: tenant, seq: head.Seq + 1, previous: head.Hash, entries: make([]byte, 0, entrySize*len(ids))}
	hashes, err := e.digests(ctx, tenant, ids)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		s.add(sealEntry{id, hashes[id]}) // one that is not there has no hash, which tells
	}
	return len(ids), e.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error { return t.seal(ctx, &s, rows) })
}

// seal writes the seal, unless another process was faster, and with it takes the events out of
// those that wait for one.
func (t *tx) seal(ctx context.Context, s *seal, rows []string) error {
	s.at = t.now
	hash := s.digest()
	n, err := t.affect(ctx, `INSERT INTO seals (tenant, seq, sealed_at, previous, hash, entries)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, s.tenant, s.seq, s.at, s.previous[:], hash[:], s.entries)
	if err != nil {
		return err
	}
	if n == 0 {
		return errBehind
	}
	taken := make(map[string]bool, len(rows)) // a list may name one twice
	err = listed([]any{s.tenant}, rows, maxRows, ",", func(list string, args []any) error {
		return t.rows(ctx, `DELETE FROM unsealed WHERE tenant = $1 AND id IN `+list+` RETURNING id`, args, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			taken[id] = true
			return err
		})
	})
	if err == nil && len(taken) != len(rows) {
		return t.fail(fmt.Errorf("%d of %d rows to be sealed were taken: %w", len(taken), len(rows), errBehind))
	}
	return err
}

// head is the end of the tenant's chain, zero before the first seal.
func (e *Events) head(ctx context.Context, tenant string) (Head, error) {
	h := Head{Tenant: tenant}
	var at int64
	var hash []byte
	err := e.db.read.QueryRowContext(ctx, `SELECT seq, sealed_at, hash FROM seals WHERE tenant = $1 ORDER BY seq DESC LIMIT 1`,
		tenant).Scan(&h.Seq, &at, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	h.At = fromMillis(at)
	copy(h.Hash[:], hash)
	return h, unavailable("read a chain's end", err)
}

// unsealed reads rows of the tenant's events that are in no seal, and the events' ids in order.
func (e *Events) unsealed(ctx context.Context, tenant string, limit, enough int) (rows []string, ids []uuid.UUID, err error) {
	found, err := e.db.read.QueryContext(ctx, `SELECT id, more FROM unsealed WHERE tenant = $1 ORDER BY id LIMIT $2`, tenant, limit)
	if err != nil {
		return nil, nil, unavailable("read unsealed events", err)
	}
	err = eachRow(found, func(scan func(...any) error) error {
		var id string
		var more []byte
		if err := scan(&id, &more); err != nil || len(ids) >= enough {
			return err
		}
		rows = append(rows, id)
		ids = append(ids, waiting(id, more)...)
		return nil
	})
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return rows, slices.Compact(ids), unavailable("read unsealed events", err)
}

// waiting are the events of one row of unsealed. What is no id is nobody's event.
func waiting(first string, more []byte) (ids []uuid.UUID) {
	if id, err := uuid.Parse(first); err == nil {
		ids = append(ids, id)
	}
	for ; len(more) >= len(uuid.UUID{}); more = more[len(uuid.UUID{}):] {
		ids = append(ids, uuid.UUID(more[:len(uuid.UUID{})]))
	}
	return ids
}

// digests reads the events and hashes them.
func (e *Events) digests(ctx context.Context, tenant string, ids []uuid.UUID) (map[uuid.UUID]Digest, error) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	hashes := make(map[uuid.UUID]Digest, len(ids))
	err := listed([]any{tenant}, texts, sealList, ",", func(list string, args []any) error {
		rows, err := e.db.read.QueryContext(ctx, `SELECT `+eventColumns+` FROM events WHERE tenant = $1 AND id IN `+list, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, func(scan func(...any) error) error {
			v, err := scanEvent(scan)
			if id, broken := uuid.Parse(v.ID); broken == nil && err == nil {
				hashes[id] = v.digest(tenant)
			}
			return err
		})
	})
	return hashes, unavailable("read events to seal", err)
}

// unsealedRows are those of the transaction's events, one for each tenant.
func unsealedRows(events []event, ids []uuid.UUID) []any {
	args := make([]any, 0, 3)
	at := make(map[string]int, 1) // of the tenant's row in args
	for i, e := range events {
		row, known := at[e.tenant]
		if !known {
			at[e.tenant] = len(args)
			args = append(args, e.tenant, ids[i].String(), []byte{})
			continue
		}
		more, _ := args[row+2].([]byte)
		args[row+2] = append(more, ids[i][:]...)
	}
	return args
}

// Heads calls do with the end of every chain that has grown since, in no order.
func (e *Events) Heads(ctx context.Context, since time.Time, do func(Head) error) error {
	grown := func(tenant string) error {
		h, err := e.head(ctx, tenant)
		if err != nil {
			return err
		}
		return do(h)
	}
	if since.IsZero() {
		return e.eachTenant(ctx, "seals", grown)
	}
	rows, err := e.db.read.QueryContext(ctx, `SELECT DISTINCT tenant FROM seals WHERE sealed_at >= $1`, toMillis(since))
	if err != nil {
		return unavailable("read the ends of chains", err)
	}
	var tenants []string
	err = eachRow(rows, func(scan func(...any) error) error {
		var tenant string
		err := scan(&tenant)
		tenants = append(tenants, tenant)
		return err
	})
	if err != nil {
		return unavailable("read the ends of chains", err)
	}
	for _, tenant := range tenants {
		if err := grown(tenant); err != nil {
			return err
		}
	}
	return nil
}
