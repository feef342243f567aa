package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Events is each tenant's audit: accepted writes, what became of them at the vendors, changes of
// tokens, and what operators did. Rows are only ever added, in the transaction of what they tell
// of, and soon sealed into the tenant's chain, which shows whether any was changed since. They
// hold ids, never a person's data.
type Events struct{ db *database }

// Event is one thing that happened.
type Event struct {
	ID       string
	At       time.Time
	Kind     string // resource.created, link.applied, token.created, …
	Actor    string
	Resource string
	Target   string
	Version  int64
	Fault    string
	Detail   string
	VendorID string // of the account or group at the target's vendor
	Did      string // what was done there: created, updated, deactivated, reactivated, deleted, members; "?" behind what is not known
}

// event is an Event on its way in.
type event struct {
	tenant, kind, actor, resource, target, fault, detail, vendorID, did string
	version                                                             int64
}

const eventColumns = "id, at, kind, actor, resource, target, version, fault, detail, vendor_id, did"

func scanEvent(scan func(...any) error) (Event, error) {
	var v Event
	var at int64
	err := scan(&v.ID, &at, &v.Kind, &v.Actor, &v.Resource, &v.Target, &v.Version, &v.Fault, &v.Detail, &v.VendorID, &v.Did)
	v.At = fromMillis(at)
	return v, err
}

// note keeps an event for the end of the transaction.
func (t *tx) note(e event) { t.events = append(t.events, e) }

// record writes the transaction's events together, and that they are to be sealed.
func (t *tx) record(ctx context.Context) error {
	args := make([]any, 0, 12*len(t.events))
	ids := make([]uuid.UUID, len(t.events))
	for i, e := range t.events {
		id, err := uuid.NewV7()
		if err != nil {
			return t.fail(err)
		}
		ids[i] = id
		args = append(args, e.tenant, id.String(), t.now, e.kind, e.actor, e.resource, e.target, e.version, e.fault, e.detail, e.vendorID, e.did)
	}
	waiting := unsealedRows(t.events, ids)
	t.events = nil
	err := t.insert(ctx, inserting{head: `INSERT INTO events (tenant, ` + eventColumns + `)`, row: `(?,?,?,?,?,?,?,?,?,?,?,?)`}, args, nil)
	if err != nil {
		return err
	}
	return t.insert(ctx, inserting{head: `INSERT INTO unsealed (tenant, id, more)`, row: `(?,?,?)`}, waiting, nil)
}

// Latest returns the tenant's newest events, newest first.
func (e *Events) Latest(ctx context.Context, tenant string, limit int) ([]Event, error) {
	return e.List(ctx, EventQuery{Tenant: tenant, Limit: limit})
}

// EventQuery chooses among a tenant's events. Empty fields say nothing.
type EventQuery struct {
	Tenant   string
	Resource string
	Kind     string // resource.created, or resource for all of the family
	Since    time.Time
	Limit    int
}

// List returns the newest events that fit, newest first.
func (e *Events) List(ctx context.Context, q EventQuery) ([]Event, error) {
	return e.find(ctx, q, `ORDER BY id DESC LIMIT $5`, q.Limit)
}

// eventPage is how many events are read at once to be told one by one.
const eventPage = 1000

// Each calls do with every event that fits, oldest first, whatever the query's limit. It reads
// them in pages and holds nothing of the database while do works: somebody may look at what it
// prints for as long as they like, and an open read keeps a file's log from beginning anew.
func (e *Events) Each(ctx context.Context, q EventQuery, do func(Event) error) error {
	for after := ""; ; {
		page, err := e.find(ctx, q, `AND id > $5 ORDER BY id LIMIT $6`, after, eventPage)
		if err != nil {
			return err
		}
		for _, v := range page {
			if err := do(v); err != nil {
				return err
			}
		}
		if len(page) < eventPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

func (e *Events) find(ctx context.Context, q EventQuery, which string, more ...any) (found []Event, err error) {
	args := append([]any{q.Tenant, q.Resource, q.Kind, toMillis(q.Since)}, more...)
	rows, err := e.db.read.QueryContext(ctx, `SELECT `+eventColumns+` FROM events WHERE tenant = $1
		AND (CAST($2 AS TEXT) = '' OR resource = $2)
		AND (CAST($3 AS TEXT) = '' OR kind = $3 OR substr(kind, 1, length($3) + 1) = $3 || '.')
		AND at >= $4 `+which, args...)
	if err != nil {
		return nil, unavailable("read events", err)
	}
	err = eachRow(rows, func(scan func(...any) error) error {
		v, err := scanEvent(scan)
		found = append(found, v)
		return err
	})
	return found, unavailable("read events", err)
}

// Append writes an event that tells of no other change in the store: what an operator did
// elsewhere, how a token was used.
func (e *Events) Append(ctx context.Context, tenant string, v Event) error {
	return e.db.commit.do(ctx, locks{}, func(_ context.Context, t *tx) error {
		t.note(event{tenant: tenant, kind: v.Kind, actor: v.Actor, resource: v.Resource, target: v.Target, version: v.Version,
			fault: v.Fault, detail: v.Detail, vendorID: v.VendorID, did: v.Did})
		return nil
	})
}
