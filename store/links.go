package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
)

// Links are the pairs (resource, target): how far each target is with each resource. A link
// whose wanted and applied versions differ is the work list; there is no other.
type Links struct{ db *database }

// Urgency orders the work of a target: who must lose access goes first.
type Urgency int

// The classes, most urgent first.
const (
	UrgencyDeactivate Urgency = iota
	UrgencyDelete
	UrgencyUpdate
	UrgencyCreate
	UrgencyMembership // groups and who is in them: their members come first
)

// Urgencies lists the classes in their order.
func Urgencies() []Urgency {
	return []Urgency{UrgencyDeactivate, UrgencyDelete, UrgencyUpdate, UrgencyCreate, UrgencyMembership}
}

// creating is the urgency of a new resource of the type.
func creating(kind string) Urgency {
	if kind == scim.TypeGroup {
		return UrgencyMembership
	}
	return UrgencyCreate
}

// changing is the urgency of a change that leaves the resource as active as that.
func changing(kind string, active bool) Urgency {
	switch {
	case kind == scim.TypeGroup:
		return UrgencyMembership
	case !active:
		return UrgencyDeactivate
	}
	return UrgencyUpdate
}

// Link is one resource at one target. State, WaitsFor and the rest of the bookkeeping mean
// something to relay only.
type Link struct {
	Tenant, Target, Resource string
	Type                     string // the resource's
	Generation               int64
	Wanted, Applied          int64
	Urgency                  Urgency
	VendorID                 string
	State                    string
	Fault, Detail            string
	Attempts                 int
	// Failing is since when, zero when the link does not fail. It counts while State says that
	// the link waits.
	Failing   time.Time
	NextAt    time.Time
	WaitsFor  string
	Intent    time.Time
	IntentKey string
	Negatives int
	Trace     string
	// Since and SinceMember are how far a group's link is with the memberships: those behind
	// (Since, SinceMember) in the order of (version, member) are still to be done.
	Since       int64
	SinceMember string
	// Digest is of what the vendor was last brought to.
	Digest string
	// Recheck says that the link is due only because the target's settings have changed.
	Recheck bool
	// Approved is the version a person has agreed to, 0 when none, until ApprovedUntil. Rejected is
	// one that a person has refused to carry out.
	Approved      int64
	ApprovedUntil time.Time
	Rejected      int64
	// Down says that the person's access was taken away and not given back.
	Down bool
	// Staged is the number under which the link waits for a person to decide, 0 when it does not.
	Staged int64
	// Spreads says, of a group's link, that its changes are changes of its members at the target.
	Spreads bool
	// Touches counts how often what the person's groups give has changed.
	Touches int64
	// Tried is when the link was last counted for its target's health, and as what.
	Tried quarantine.Tried
	// Adopted is the version whose step may take an account that was there before, 0 when none may.
	// Begin sets it, so that it tells an intent nobody knows the fate of from one whose create is
	// known to have been sent.
	Adopted int64
	// VendorKey is a mark of the match key of the account that the link holds or held last, FormerID the
	// account it held before.
	VendorKey, FormerID string
}

// Work is a due link with the resource it wants at the vendor.
type Work struct {
	Link     Link
	Resource scim.Resource
	Deleted  bool
}

// Never is the next attempt of a link that waits for something other than time.
func Never() time.Time { return time.UnixMilli(1 << 52).UTC() }

const (
	insertLinks = `INSERT INTO links (` + linkFields + `)`
	linkFields  = `tenant, resource, target, type, generation, wanted, applied, urgency, vendor_id,
		state, fault, detail, attempts, next_at, waits_for, intent, intent_key, negatives, trace, changed, since, since_member, digest, approved, spreads, touches`
	selectWork = `SELECT ` + linkColumns + `, r.id, r.type, r.version, r.created, r.modified, r.body, r.deleted
		FROM links l JOIN resources r ON r.tenant = l.tenant AND r.id = l.resource `
	linkColumns = `l.tenant, l.resource, l.target, l.type, l.generation, l.wanted, l.applied, l.urgency, l.vendor_id,
		l.state, l.fault, l.detail, l.attempts, l.next_at, l.waits_for, l.intent, l.intent_key, l.negatives, l.trace,
		l.since, l.since_member, l.digest, l.recheck, l.approved, l.spreads, l.touches, l.tried,
		l.approved_until, l.rejected, l.down, l.staged, l.failing, l.adopted, l.vendor_key, l.former_id`
)

// newLinks inserts the links of new resources: tenant, resource, target, type, urgency, next_at,
// trace, changed.
func newLinks() inserting {
	return inserting{head: insertLinks + " /* new */", row: `(?,?,?,?,1,1,0,?,'','','','',0,?,'',0,'',0,?,?,0,'','',0,FALSE,0)`}
}

// changedLinks updates many links with one statement.
func changedLinks() inserting {
	return inserting{head: `INSERT INTO links (` + linkFields + `, tried, down, staged, failing, adopted, vendor_key, former_id)`,
		row: `(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, tail: upsertLinks}
}

// begunLinks notes intents: tenant, resource, target, version, intent, intent_key. The rows exist.
func begunLinks() inserting {
	return inserting{head: insertLinks + " /* begun */", row: `(?,?,?,'',1,?,0,` + createLiteral + `,'','','','',0,0,'',?,?,0,'',0,0,'','',0,FALSE,0)`,
		tail: ` ON CONFLICT (tenant, resource, target) DO UPDATE SET intent = excluded.intent,
			intent_key = excluded.intent_key, negatives = 0, adopted = excluded.wanted WHERE links.intent = 0`}
}

// want raises the wanted version on every link of the resource and makes it due: a new want
// wakes what was parked or set aside. A link that never reached its vendor stays a creation.
func (t *tx) want(ctx context.Context, w Write, resource string, version int64, urgency Urgency) error {
	return t.exec(ctx, `UPDATE links SET wanted = $1, next_at = $2, state = '', waits_for = '', attempts = 0, staged = 0,
		trace = $3, changed = $2, recheck = FALSE,
		urgency = CASE WHEN vendor_id = '' AND $4 = `+updateLiteral+` THEN `+createLiteral+` ELSE $4 END
		WHERE tenant = $5 AND resource = $6`, version, t.now, w.Trace, int(urgency), w.Tenant, resource)
}

const (
	updateLiteral     = "2" // UrgencyUpdate
	createLiteral     = "3" // UrgencyCreate
	membershipLiteral = "4" // UrgencyMembership
)

func (l *Links) work(ctx context.Context, query string, args ...any) ([]Work, error) {
	rows, err := l.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, unavailable("read links", err)
	}
	var found []Work
	err = eachRow(rows, func(scan func(...any) error) error {
		w, err := scanWork(scan)
		found = append(found, w)
		return err
	})
	return found, unavailable("read links", err)
}

func scanWork(scan func(...any) error) (Work, error) {
	var w Work
	var created, modified int64
	var body string
	err := scanLink(func(link ...any) error {
		return scan(append(link, &w.Resource.ID, &w.Resource.Type, &w.Resource.Version, &created, &modified, &body, &w.Deleted)...)
	}, &w.Link)
	w.Resource.Created, w.Resource.Modified, w.Resource.Body = fromMillis(created), fromMillis(modified), []byte(body)
	return w, err
}

func scanLink(scan func(...any) error, k *Link) error {
	var next, intent, until, failing int64
	err := scan(&k.Tenant, &k.Resource, &k.Target, &k.Type, &k.Generation, &k.Wanted, &k.Applied, &k.Urgency, &k.VendorID,
		&k.State, &k.Fault, &k.Detail, &k.Attempts, &next, &k.WaitsFor, &intent, &k.IntentKey, &k.Negatives, &k.Trace,
		&k.Since, &k.SinceMember, &k.Digest, &k.Recheck, &k.Approved, &k.Spreads, &k.Touches, &k.Tried,
		&until, &k.Rejected, &k.Down, &k.Staged, &failing, &k.Adopted, &k.VendorKey, &k.FormerID)
	k.NextAt, k.Intent, k.ApprovedUntil, k.Failing = fromMillis(next), fromMillis(intent), fromMillis(until), fromMillis(failing)
	return err
}

// One returns the link of the resource at the target with its resource, due or not.
func (l *Links) One(ctx context.Context, tenant, target, resource string) (Work, error) {
	row := l.db.read.QueryRowContext(ctx, selectWork+`WHERE l.tenant = $1 AND l.resource = $2 AND l.target = $3`, tenant, resource, target)
	w, err := scanWork(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return w, ErrNotFound
	}
	return w, unavailable("read a link", err)
}

// OfResource returns the resource's links, one for each target.
func (l *Links) OfResource(ctx context.Context, tenant, resource string) ([]Link, error) {
	return l.list(ctx, `SELECT `+linkColumns+` FROM links l WHERE l.tenant = $1 AND l.resource = $2 ORDER BY l.target`, tenant, resource)
}

// Waiting returns links of the target that are not at their wanted version, most urgent first.
func (l *Links) Waiting(ctx context.Context, tenant, target string, limit int) ([]Link, error) {
	return l.list(ctx, `SELECT `+linkColumns+` FROM links l WHERE l.tenant = $1 AND l.target = $2
		AND l.wanted <> l.applied ORDER BY l.urgency, l.next_at LIMIT $3`, tenant, target, limit)
}

// WaitingIn returns those of them that wait in one state; the empty one is that of links that wait
// for their target's turn.
func (l *Links) WaitingIn(ctx context.Context, tenant, target, state string, limit int) ([]Link, error) {
	return l.list(ctx, `SELECT `+linkColumns+` FROM links l WHERE l.tenant = $1 AND l.target = $2
		AND l.wanted <> l.applied AND l.state = $3 ORDER BY l.urgency, l.next_at LIMIT $4`, tenant, target, state, limit)
}

// AllWork returns the target's next links behind the resource, due or not, in the order of
// their resources' ids.
func (l *Links) AllWork(ctx context.Context, tenant, target, after string, limit int) ([]Work, error) {
	return l.work(ctx, selectWork+`WHERE l.tenant = $1 AND l.resource > $2 AND l.target = $3 ORDER BY l.resource LIMIT $4`,
		tenant, after, target, limit)
}

func (l *Links) list(ctx context.Context, query string, args ...any) ([]Link, error) {
	rows, err := l.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, unavailable("read links", err)
	}
	var found []Link
	err = eachRow(rows, func(scan func(...any) error) error {
		var k Link
		err := scanLink(scan, &k)
		found = append(found, k)
		return err
	})
	return found, unavailable("read links", err)
}
