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

// Keys are the values a resource is looked up by, folded where their schema says so. Name and
// Match are unique among a tenant's living resources of one type.
type Keys struct {
	Name       string // the natural key: a User's userName, a Group's displayName
	Match      string // what the tenant wants unique beside it, empty when there is none
	ExternalID string
	WorkMail   string
}

// Revision is a resource's new content.
type Revision struct {
	Body   []byte
	Keys   Keys
	Active bool
	// Members is what happens to a group's members. Their rows are no part of the body.
	Members scim.MemberEdit
}

// ErrUnchanged is what an update's function returns when there is nothing to write.
var ErrUnchanged = errors.New("unchanged")

// creation is a job's resource to insert; inserted is set by the batch.
type creation struct {
	write    Write
	id, kind string
	revision Revision
	detail   string // of its event
	at       int64
	inserted bool
}

const resourceColumns = "id, type, version, created, modified, body"

// Create commits a new resource at version 1 and a link for each target; what the edit adds are
// a group's first members. It returns ErrConflict when another living resource of the tenant
// has the name or the match key, and a *MissingMemberError.
func (d *Directory) Create(ctx context.Context, w Write, kind, id string, rev Revision) (scim.Resource, error) {
	c := &creation{write: w, id: id, kind: kind, revision: rev}
	j := &job{create: c, ctx: ctx, hurried: true, done: make(chan struct{})}
	if len(rev.Members.Add) > 0 {
		j.create, j.apply, j.locks = nil, func(ctx context.Context, t *tx) error { return t.found(ctx, c) }, lockMany()
	}
	if err := d.db.commit.submit(j); err != nil {
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
		return strings.Compare(a.create.write.Tenant+"\x00"+a.create.revision.Keys.Name,
			b.create.write.Tenant+"\x00"+b.create.revision.Keys.Name)
	})
	byID := make(map[string]*creation, len(jobs))
	args := make([]any, 0, 11*len(jobs))
	for _, j := range jobs {
		c := j.create
		c.inserted, c.at = false, t.now
		byID[c.id] = c
		args = append(args, c.write.Tenant, c.id, c.kind, t.now, t.now, c.revision.Active,
			c.revision.Keys.Name, c.revision.Keys.Match, c.revision.Keys.ExternalID, c.revision.Keys.WorkMail, string(c.revision.Body))
	}
	err := t.insert(ctx, inserting{`INSERT INTO resources (tenant, id, type, version, created, modified, deleted, active,
		name, match_key, external_id, work_mail, body)`, `(?,?,?,1,?,?,FALSE,?,?,?,?,?,?)`, ` ON CONFLICT DO NOTHING RETURNING id`}, args,
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
			links = append(links, c.write.Tenant, c.id, target, c.kind, int(creating(c.kind)), t.now, c.write.Trace, t.now)
		}
		t.note(event{tenant: c.write.Tenant, kind: "resource.created", actor: c.write.Actor, resource: c.id, version: 1, detail: c.detail})
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
