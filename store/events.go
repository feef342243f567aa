package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Events is each tenant's record of what happened: accepted writes, what became of them at
// the vendors, and changes of tokens. Rows are only ever added. They hold ids, never a
// person's data.
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
}

// event is an Event on its way in.
type event struct {
	tenant, kind, actor, resource, target, fault, detail string
	version                                              int64
}

// note keeps an event for the end of the transaction.
func (t *tx) note(e event) { t.events = append(t.events, e) }

// record writes the transaction's events together.
func (t *tx) record(ctx context.Context) error {
	args := make([]any, 0, 10*len(t.events))
	for _, e := range t.events {
		id, err := uuid.NewV7()
		if err != nil {
			return t.fail(err)
		}
		args = append(args, e.tenant, id.String(), t.now, e.kind, e.actor, e.resource, e.target, e.version, e.fault, e.detail)
	}
	t.events = nil
	return t.insert(ctx, inserting{head: `INSERT INTO events (tenant, id, at, kind, actor, resource, target, version, fault, detail)`,
		row: `(?,?,?,?,?,?,?,?,?,?)`}, args, nil)
}

// Latest returns the tenant's newest events, newest first.
func (e *Events) Latest(ctx context.Context, tenant string, limit int) ([]Event, error) {
	rows, err := e.db.read.QueryContext(ctx, `SELECT id, at, kind, actor, resource, target, version, fault, detail
		FROM events WHERE tenant = $1 ORDER BY id DESC LIMIT $2`, tenant, limit)
	if err != nil {
		return nil, unavailable("read events", err)
	}
	var found []Event
	err = eachRow(rows, func(scan func(...any) error) error {
		var v Event
		var at int64
		err := scan(&v.ID, &at, &v.Kind, &v.Actor, &v.Resource, &v.Target, &v.Version, &v.Fault, &v.Detail)
		v.At = fromMillis(at)
		found = append(found, v)
		return err
	})
	return found, unavailable("read events", err)
}
