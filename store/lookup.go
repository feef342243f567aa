package store

import (
	"context"

	"scimrelay/scim"
)

// Field is an indexed value of a resource.
type Field string

// The fields a resource is found by without a scan.
const (
	ByID         Field = "id"
	ByName       Field = "name"
	ByExternalID Field = "external_id"
	ByWorkMail   Field = "work_mail"
	ByMember     Field = "member" // groups that have the member
	ByGroup      Field = "group"  // members of the group
)

// maxFound bounds what one look-up returns; only external ids and mails may repeat at all.
const maxFound = 1000

// lookups has one whole query for each field: no part of a query is ever put together from input.
var lookups = map[Field]string{
	ByID:         lookup("id"),
	ByName:       lookup("name"),
	ByExternalID: lookup("external_id"),
	ByWorkMail:   lookup("work_mail"),
	ByMember:     related("grp", "member"),
	ByGroup:      related("member", "grp"),
}

// The empty value never matches: it is how an absent one is stored, and the partial indexes say so too.
func lookup(column string) string {
	return `SELECT ` + resourceColumns + ` FROM resources
		WHERE tenant = $1 AND type = $2 AND ` + column + ` = $3 AND ` + column + ` <> '' AND NOT deleted ORDER BY id LIMIT $4`
}

// related finds resources on one side of the memberships by the id on the other.
func related(side, other string) string {
	return `SELECT r.id, r.type, r.version, r.created, r.modified, r.body FROM memberships m
		JOIN resources r ON r.tenant = m.tenant AND r.id = m.` + side + ` WHERE m.tenant = $1 AND r.type = $2 AND m.` + other + ` = $3
		AND m.present AND NOT r.deleted ORDER BY m.` + side + ` LIMIT $4`
}

// Find returns the living resources whose field has exactly the value, in the order of their ids.
func (d *Directory) Find(ctx context.Context, tenant, kind string, field Field, value string) ([]scim.Resource, error) {
	return d.read(ctx, lookups[field], tenant, kind, value, maxFound)
}

// List returns a page of the living resources in the order of their ids, which is the order
// in which they were created, and how many there are in all.
func (d *Directory) List(ctx context.Context, tenant, kind string, offset, limit int) ([]scim.Resource, int, error) {
	total, err := d.Count(ctx, tenant, kind)
	if err != nil || limit <= 0 || offset >= total {
		return nil, total, err
	}
	page, err := d.read(ctx, ofType(kind, listing, `AND id > $2 ORDER BY id LIMIT $3 OFFSET $4`), tenant, "", limit, offset)
	return page, total, err
}

// Count is how many living resources there are.
func (d *Directory) Count(ctx context.Context, tenant, kind string) (total int, err error) {
	err = d.db.read.QueryRowContext(ctx, ofType(kind, `SELECT COUNT(*) FROM resources`, ``), tenant).Scan(&total)
	return total, unavailable("count resources", err)
}

// After returns the next living resources behind the id, for a scan that holds no cursor open.
func (d *Directory) After(ctx context.Context, tenant, kind, id string, limit int) ([]scim.Resource, error) {
	return d.read(ctx, ofType(kind, listing, `AND id > $2 ORDER BY id LIMIT $3`), tenant, id, limit)
}

const listing = `SELECT ` + resourceColumns + ` FROM resources`

// ofType is a query of a tenant's living resources of one type. The type stands in the text, for
// groups have an index of their own: they are few among people.
func ofType(kind, from, then string) string {
	if kind == scim.TypeGroup {
		return from + ` WHERE tenant = $1 AND type = 'Group' AND NOT deleted ` + then
	}
	return from + ` WHERE tenant = $1 AND type = 'User' AND NOT deleted ` + then
}
