package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

const (
	// mostBreaches is how many breaches of a tenant are listed; the others are counted.
	mostBreaches = 100
	// latest is how much earlier than a seal an event may be dated that the seal does not have: a
	// transaction is given up long before. A clock that was put back looks the same.
	latest = 10 * time.Minute
)

// Breach is something that is not as it was sealed.
type Breach struct {
	Tenant string
	Event  string // its id, if it is about one event
	Seal   int64  // the seal's number, if it is about one
	What   string
}

// Verdict is what a check of one tenant's audit found.
type Verdict struct {
	Tenant string
	Head   Head // the end of the chain, zero when there is none
	Sealed int  // events that are as they were sealed
	// Waiting are events that are in no seal yet, Oldest is when the first of them was written.
	Waiting int
	Oldest  time.Time
	// Anchored is the highest seal that an anchor vouches for.
	Anchored int64
	Breaches []Breach
	Broken   int // breaches, those that are not listed included
	// Late are events that are dated long before an earlier seal: written afterwards, or by a
	// clock that went wrong.
	Late []Breach
}

// Verify computes the tenant's chain again and holds its events against it, and the chain against
// heads that were kept elsewhere. It sees one moment of the database. It keeps 56 bytes for each
// event while it runs.
func (e *Events) Verify(ctx context.Context, tenant string, anchors []Head) (Verdict, error) {
	v := &verifying{Verdict: Verdict{Tenant: tenant}, anchors: make(map[int64][]Head)}
	for _, a := range anchors {
		if a.Tenant == tenant {
			v.anchors[a.Seq] = append(v.anchors[a.Seq], a)
		}
	}
	moment, err := e.db.read.moment(ctx, e.db.engine.moment)
	if err != nil {
		return v.Verdict, unavailable("verify the audit", err)
	}
	defer moment.Rollback() //nolint:errcheck // it only reads
	for _, step := range []func(context.Context, *sql.Tx) error{v.chain, v.waiting, v.events} {
		if err := step(ctx, moment); err != nil {
			return v.Verdict, unavailable("verify the audit", err)
		}
	}
	v.missing()
	return v.Verdict, nil
}

// Tenants are all that have events, or had.
func (e *Events) Tenants(ctx context.Context) ([]string, error) {
	var all []string
	for _, table := range []string{"events", "unsealed", "seals"} {
		err := e.eachTenant(ctx, table, func(tenant string) error {
			all = append(all, tenant)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// verifying is a check on its way.
type verifying struct {
	Verdict
	anchors map[int64][]Head
	sealed  []sealedEvent // by id
	queued  map[uuid.UUID]bool
	times   []int64 // when each seal was made
}

// sealedEvent is what the chain says of an event.
type sealedEvent struct {
	sealEntry
	seal int64
	met  bool
}

func (v *verifying) breach(event string, seal int64, format string, args ...any) {
	if v.Broken++; v.Broken <= mostBreaches {
		v.Breaches = append(v.Breaches, Breach{v.Tenant, event, seal, fmt.Sprintf(format, args...)})
	}
}

// waiting reads which events are to be sealed.
func (v *verifying) waiting(ctx context.Context, moment *sql.Tx) error {
	rows, err := moment.QueryContext(ctx, `SELECT id, more FROM unsealed WHERE tenant = $1`, v.Tenant) //nolint:rowserrcheck // eachRow asks
	if err != nil {
		return err
	}
	v.queued = make(map[uuid.UUID]bool)
	return eachRow(rows, func(scan func(...any) error) error {
		var id string
		var more []byte
		err := scan(&id, &more)
		for _, id := range waiting(id, more) {
			v.queued[id] = true
		}
		return err
	})
}

// events reads every event and looks it up.
func (v *verifying) events(ctx context.Context, moment *sql.Tx) error {
	rows, err := moment.QueryContext(ctx, `SELECT `+eventColumns+` FROM events WHERE tenant = $1`, v.Tenant) //nolint:rowserrcheck // eachRow asks
	if err != nil {
		return err
	}
	return eachRow(rows, func(scan func(...any) error) error {
		e, err := scanEvent(scan)
		if err == nil {
			v.event(e)
		}
		return err
	})
}

func (v *verifying) event(e Event) {
	id, err := uuid.Parse(e.ID)
	if err != nil || id.String() != e.ID {
		v.breach(e.ID, 0, "the event was not written by the gateway: its id is none")
		return
	}
	at, sealed := slices.BinarySearchFunc(v.sealed, id, func(s sealedEvent, id uuid.UUID) int { return bytes.Compare(s.id[:], id[:]) })
	switch {
	case sealed:
		v.sealed[at].met = true
		if e.digest(v.Tenant) != v.sealed[at].hash {
			v.breach(e.ID, v.sealed[at].seal, "the event was changed after it was sealed")
			return
		}
		v.Sealed++
		v.late(e, v.sealed[at].seal)
	case v.queued[id]:
		delete(v.queued, id)
		if v.Waiting++; v.Oldest.IsZero() || e.At.Before(v.Oldest) {
			v.Oldest = e.At
		}
		v.late(e, v.Head.Seq+1)
	default:
		v.breach(e.ID, 0, "the event is in no seal and does not wait for one: it was inserted, or its seal was removed")
	}
}

// late tells an event that the seal before its own should have had.
func (v *verifying) late(e Event, in int64) {
	i := int(in) - 2 // the seal before, when none is missing
	if i < 0 || i >= len(v.times) || len(v.Late) >= mostBreaches {
		return
	}
	if before := fromMillis(v.times[i]); e.At.Before(before.Add(-latest)) {
		v.Late = append(v.Late, Breach{v.Tenant, e.ID, in, fmt.Sprintf("the event is dated %s, long before the seal of %s, which does not have it",
			e.At.Format(time.RFC3339), before.Format(time.RFC3339))})
	}
}

// missing reports events that are sealed, or to be, and not there.
func (v *verifying) missing() {
	for _, s := range v.sealed {
		switch {
		case s.met:
		case s.hash == Digest{}:
			v.breach(s.id.String(), s.seal, "the event was deleted before it was sealed")
		default:
			v.breach(s.id.String(), s.seal, "the event was deleted after it was sealed")
		}
	}
	gone := make([]string, 0, len(v.queued))
	for id := range v.queued {
		gone = append(gone, id.String())
	}
	slices.Sort(gone)
	for _, id := range gone {
		v.breach(id, 0, "the event waits to be sealed and is not there")
	}
}
