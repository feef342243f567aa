package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"scimrelay/scim"
)

// Directory holds each tenant's resources as the identity provider wants them.
type Directory struct{ db *database }

// Write says on whose behalf a resource changes.
type Write struct {
	Tenant  string
	Targets []string // every target of the tenant gets a link
	Actor   string   // who wrote: a token's key id, a command
	Trace   string   // W3C traceparent of the request, empty when it is not traced
}

// Keys are the values a resource is looked up by, folded where their schema says so.
type Keys struct {
	UserName   string
	ExternalID string
	WorkMail   string
}

// Revision is a resource's new content.
type Revision struct {
	Body   []byte
	Keys   Keys
	Active bool
}

// ErrUnchanged is what an update's function returns when there is nothing to write.
var ErrUnchanged = errors.New("unchanged")

// creation is a job's resource to insert; inserted is set by the batch.
type creation struct {
	write    Write
	id, kind string
	revision Revision
	at       int64
	inserted bool
}

const resourceColumns = "id, type, version, created, modified, body"

// Create commits a new resource at version 1 and a link for each target. It returns
// ErrConflict when another living resource of the tenant has the user name.
func (d *Directory) Create(ctx context.Context, w Write, kind, id string, rev Revision) (scim.Resource, error) {
	c := &creation{write: w, id: id, kind: kind, revision: rev}
	if err := d.db.commit.submit(&job{create: c, ctx: ctx, done: make(chan struct{})}); err != nil {
		return scim.Resource{}, err
	}
	at := fromMillis(c.at)
	return scim.Resource{ID: id, Type: kind, Version: 1, Created: at, Modified: at, Body: rev.Body}, nil
}

// create inserts a batch's new resources together. Keys are sorted so that two lanes never
// wait for each other in a circle; a name that is taken simply inserts no row.
func (t *tx) create(ctx context.Context, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	slices.SortFunc(jobs, func(a, b *job) int {
		return strings.Compare(a.create.write.Tenant+"\x00"+a.create.revision.Keys.UserName,
			b.create.write.Tenant+"\x00"+b.create.revision.Keys.UserName)
	})
	byID := make(map[string]*creation, len(jobs))
	args := make([]any, 0, 10*len(jobs))
	for _, j := range jobs {
		c := j.create
		c.inserted, c.at = false, t.now
		byID[c.id] = c
		args = append(args, c.write.Tenant, c.id, c.kind, t.now, t.now, c.revision.Active,
			c.revision.Keys.UserName, c.revision.Keys.ExternalID, c.revision.Keys.WorkMail, string(c.revision.Body))
	}
	err := t.insert(ctx, inserting{`INSERT INTO resources (tenant, id, type, version, created, modified, deleted, active,
		user_name, external_id, work_mail, body)`, `(?,?,?,1,?,?,FALSE,?,?,?,?,?)`, ` ON CONFLICT DO NOTHING RETURNING id`}, args,
		func(scan func(...any) error) error {
			var id string
			if err := scan(&id); err != nil {
				return err
			}
			byID[id].inserted = true
			return nil
		})
	if err != nil {
		return err
	}
	return t.linkCreated(ctx, jobs)
}

// linkCreated gives the resources that were inserted their links and events.
func (t *tx) linkCreated(ctx context.Context, jobs []*job) error {
	var links []any
	for _, j := range jobs {
		c := j.create
		if !c.inserted {
			j.err = ErrConflict
			continue
		}
		for _, target := range c.write.Targets {
			links = append(links, c.write.Tenant, c.id, target, t.now, c.write.Trace, t.now)
		}
		t.note(event{tenant: c.write.Tenant, kind: "resource.created", actor: c.write.Actor, resource: c.id, version: 1})
	}
	return t.insert(ctx, newLinks(), links, nil)
}

// Get returns a living resource, or ErrNotFound.
func (d *Directory) Get(ctx context.Context, tenant, kind, id string) (scim.Resource, error) {
	row := d.db.read.QueryRowContext(ctx, `SELECT `+resourceColumns+` FROM resources
		WHERE tenant = $1 AND id = $2 AND type = $3 AND NOT deleted`, tenant, id, kind)
	r, err := scanResource(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return scim.Resource{}, ErrNotFound
	}
	return r, unavailable("read a resource", err)
}

// Update reads the resource, asks change for its next revision and commits it if nobody was
// faster; else it reads again. It returns the resource as it now is. When change returns
// ErrUnchanged nothing is written; any other error of change is returned as it is.
func (d *Directory) Update(ctx context.Context, w Write, kind, id string, change func(scim.Resource) (Revision, error)) (scim.Resource, error) {
	for {
		current, err := d.Get(ctx, w.Tenant, kind, id)
		if err != nil {
			return current, err
		}
		rev, err := change(current)
		if errors.Is(err, ErrUnchanged) {
			return current, nil
		}
		if err != nil {
			return current, err
		}
		next, err := d.replace(ctx, w, current, rev)
		if !errors.Is(err, errStale) {
			return next, err
		}
	}
}

// errStale says that another writer was faster.
var errStale = errors.New("stale version")

const replaceResource = `UPDATE resources SET version = version + 1, modified = $1, active = $2,
	user_name = $3, external_id = $4, work_mail = $5, body = $6
	WHERE tenant = $7 AND id = $8 AND version = $9 AND NOT deleted`

func (d *Directory) replace(ctx context.Context, w Write, current scim.Resource, rev Revision) (scim.Resource, error) {
	next := current
	next.Version, next.Body = current.Version+1, rev.Body
	err := d.db.commit.do(ctx, lockResource(w.Tenant, current.ID), func(ctx context.Context, t *tx) error {
		if err := t.nameIsFree(ctx, w.Tenant, current, rev.Keys.UserName); err != nil {
			return err
		}
		// Time goes on even when two changes fall into one millisecond.
		at := max(t.now, toMillis(current.Modified))
		n, err := t.affect(ctx, replaceResource, at, rev.Active, rev.Keys.UserName, rev.Keys.ExternalID,
			rev.Keys.WorkMail, string(rev.Body), w.Tenant, current.ID, current.Version)
		if err != nil {
			return err
		}
		if n == 0 {
			return errStale
		}
		next.Modified = fromMillis(at)
		t.note(event{tenant: w.Tenant, kind: "resource.updated", actor: w.Actor, resource: current.ID, version: next.Version})
		urgency := UrgencyUpdate
		if !rev.Active {
			urgency = UrgencyDeactivate
		}
		return t.want(ctx, w, current.ID, next.Version, urgency)
	})
	return next, err
}

// nameIsFree refuses a name that another living resource has, before anything is written.
// The unique index stays the judge between two lanes.
func (t *tx) nameIsFree(ctx context.Context, tenant string, current scim.Resource, userName string) error {
	var holder string
	err := t.row(ctx, `SELECT id FROM resources WHERE tenant = $1 AND type = $2 AND user_name = $3 AND NOT deleted`,
		[]any{tenant, current.Type, userName}, &holder)
	if errors.Is(err, ErrNotFound) || (err == nil && holder == current.ID) {
		return nil
	}
	if err != nil {
		return err
	}
	return ErrConflict
}

// Delete makes the resource a memory that its links still want gone, or ErrNotFound.
func (d *Directory) Delete(ctx context.Context, w Write, kind, id string) error {
	return d.db.commit.do(ctx, lockResource(w.Tenant, id), func(ctx context.Context, t *tx) error {
		var version int64
		err := t.row(ctx, `UPDATE resources SET deleted = TRUE, active = FALSE, version = version + 1, modified = $1
			WHERE tenant = $2 AND id = $3 AND type = $4 AND NOT deleted RETURNING version`,
			[]any{t.now, w.Tenant, id, kind}, &version)
		if err != nil {
			return err
		}
		t.note(event{tenant: w.Tenant, kind: "resource.deleted", actor: w.Actor, resource: id, version: version})
		if err := t.want(ctx, w, id, version, UrgencyDelete); err != nil {
			return err
		}
		return t.forget(ctx, w.Tenant, []string{id})
	})
}

// forget drops deleted resources that no link waits for any more.
func (t *tx) forget(ctx context.Context, tenant string, ids []string) error {
	return in([]any{tenant}, ids, func(list string, args []any) error {
		return t.exec(ctx, `DELETE FROM resources WHERE tenant = $1 AND id IN `+list+` AND deleted AND NOT EXISTS
			(SELECT 1 FROM links l WHERE l.tenant = resources.tenant AND l.resource = resources.id)`, args...)
	})
}

func scanResource(scan func(...any) error) (scim.Resource, error) {
	var r scim.Resource
	var created, modified int64
	var body string
	err := scan(&r.ID, &r.Type, &r.Version, &created, &modified, &body)
	r.Created, r.Modified, r.Body = fromMillis(created), fromMillis(modified), []byte(body)
	return r, err
}

func (d *Directory) read(ctx context.Context, query string, args ...any) ([]scim.Resource, error) {
	rows, err := d.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, unavailable("read resources", err)
	}
	var found []scim.Resource
	err = eachRow(rows, func(scan func(...any) error) error {
		r, err := scanResource(scan)
		found = append(found, r)
		return err
	})
	return found, unavailable("read resources", err)
}
