package store

import (
	"bytes"
	"context"
	"errors"

	"scimrelay/scim"
)

// Update reads the resource, asks change for its next revision and commits it if nobody was
// faster; else it reads again. It returns the resource as it now is. When change returns
// ErrUnchanged nothing is written; any other error of change is returned as it is.
//
// A group's revision with the same body, whose edit changes no membership, is nothing to write
// either. A member that may not be one is a *MissingMemberError.
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
		if errors.Is(err, ErrUnchanged) {
			return current, nil
		}
		if !errors.Is(err, errStale) {
			return next, err
		}
	}
}

// errStale says that another writer was faster.
var errStale = errors.New("stale version")

func (d *Directory) replace(ctx context.Context, w Write, current scim.Resource, rev Revision) (scim.Resource, error) {
	locks := lockResource(w.Tenant, current.ID)
	switch {
	case current.Type != scim.TypeGroup:
		rev.Members = scim.MemberEdit{}
	case !rev.Members.Empty():
		locks = lockMany()
	case bytes.Equal(rev.Body, current.Body):
		return current, ErrUnchanged
	}
	var made scim.Resource
	err := d.db.commit.answer(ctx, locks, func(ctx context.Context, t *tx) (err error) {
		made, err = t.replace(ctx, w, current, rev)
		return err
	})
	if err != nil { // who does not wait any longer may not look: the lane may be at it still
		return current, err
	}
	return made, nil
}

const replaceResource = `UPDATE resources SET version = version + 1, modified = $1, active = $2,
	name = $3, match_key = $4, external_id = $5, work_mail = $6, body = $7
	WHERE tenant = $8 AND id = $9 AND version = $10 AND NOT deleted`

// replace writes one revision: everything that can refuse it comes before the first change.
func (t *tx) replace(ctx context.Context, w Write, current scim.Resource, rev Revision) (scim.Resource, error) {
	next := current
	next.Version, next.Body = current.Version+1, rev.Body
	edit, err := t.editOf(ctx, w.Tenant, current, rev)
	if err != nil {
		return current, err
	}
	if err := t.keysAreFree(ctx, w.Tenant, current, rev.Keys); err != nil {
		return current, err
	}
	// Time goes on even when two changes fall into one millisecond.
	at := max(t.now, toMillis(current.Modified))
	n, err := t.affect(ctx, replaceResource, at, rev.Active, rev.Keys.Name, rev.Keys.Match, rev.Keys.ExternalID,
		rev.Keys.WorkMail, string(rev.Body), w.Tenant, current.ID, current.Version)
	if err != nil {
		return current, err
	}
	if n == 0 {
		return current, errStale
	}
	next.Modified = fromMillis(at)
	if err := t.write(ctx, w.Tenant, current.ID, next.Version, edit); err != nil {
		return current, err
	}
	t.note(event{tenant: w.Tenant, kind: "resource.updated", actor: w.Actor, resource: current.ID, version: next.Version, detail: edit.detail()})
	if err := t.want(ctx, w, current.ID, next.Version, changing(current.Type, rev.Active)); err != nil {
		return next, err
	}
	if current.Type == scim.TypeGroup && string(rev.Body) != string(current.Body) {
		err = t.retell(ctx, w.Tenant, current.ID)
	}
	return next, err
}

// retell has the links of a group whose members are told what it gives begin with all of them
// again: under another name it may give something else.
func (t *tx) retell(ctx context.Context, tenant, group string) error {
	return t.exec(ctx, `UPDATE links SET since = 0, since_member = '' WHERE tenant = $1 AND resource = $2 AND spreads`, tenant, group)
}

// keysAreFree refuses a key that another living resource has, before anything is written. The
// unique indexes stay the judge between two lanes.
func (t *tx) keysAreFree(ctx context.Context, tenant string, current scim.Resource, keys Keys) error {
	err := t.isFree(ctx, `SELECT id FROM resources WHERE tenant = $1 AND type = $2 AND name = $3 AND NOT deleted`,
		tenant, current, keys.Name)
	if err != nil || keys.Match == "" {
		return err
	}
	return t.isFree(ctx, `SELECT id FROM resources WHERE tenant = $1 AND type = $2 AND match_key = $3 AND match_key <> '' AND NOT deleted`,
		tenant, current, keys.Match)
}

func (t *tx) isFree(ctx context.Context, query, tenant string, current scim.Resource, key string) error {
	var holder string
	err := t.row(ctx, query, []any{tenant, current.Type, key}, &holder)
	if errors.Is(err, ErrNotFound) || (err == nil && holder == current.ID) {
		return nil
	}
	if err != nil {
		return err
	}
	return ErrConflict
}
