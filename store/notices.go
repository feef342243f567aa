package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"scimrelay/quarantine"
)

// Notices are what tenants and the operator have to be told, and how far each is on its way.
type Notices struct{ db *database }

// Notice is something to tell a target's tenant and the operator. Of one series each kind and
// reason is told once.
type Notice struct {
	Tenant, Target string
	quarantine.Notice
}

// KeptNotice is a notice with what the store knows of it.
type KeptNotice struct {
	ID string // these rise with time
	At time.Time
	Notice
	// Links and Waiting are how many links its target had when the notice was first spread, and
	// how many of them were not at their wanted version. Neither changes any more.
	Links, Waiting int
}

// tell keeps a notice, in the transaction of what it tells of. One that was told already in its
// series is none. A vendor's incident is the tenant's, however many of its targets are there.
func (t *tx) tell(ctx context.Context, n Notice) error {
	if n.Kind == quarantine.NoticeIncident {
		n.Target = ""
	}
	id, err := uuid.NewV7()
	if err != nil {
		return t.fail(err)
	}
	return t.exec(ctx, `INSERT INTO notices (tenant, id, target, kind, reason, series, detail, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		n.Tenant, id.String(), n.Target, string(n.Kind), n.Reason, toMillis(n.Series), n.Detail, t.now)
}

// Tell keeps a notice of what no other write tells of. Nothing in the gateway does so yet: it is for
// those who try out how notices reach people, and would need weeks of quarantine for some of them.
func (n *Notices) Tell(ctx context.Context, notice Notice) error {
	return n.db.commit.do(ctx, locks{}, func(ctx context.Context, t *tx) error { return t.tell(ctx, notice) })
}

// takeBack drops the target's notices of the kind and series that were kept since then, with what
// waits of them at outlets. One that is in a message, or has been, stays: a message is what it was
// when it was made.
func (t *tx) takeBack(ctx context.Context, n Notice, since time.Time) error {
	var ids []string
	err := t.rows(ctx, `SELECT id FROM notices WHERE tenant = $1 AND target = $2 AND kind = $3 AND series = $4 AND at >= $5 ORDER BY id`, []any{n.Tenant, n.Target, string(n.Kind), toMillis(n.Series), toMillis(since)}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	for _, id := range ids {
		if err != nil {
			return err
		}
		_, _, err = t.dropNotice(ctx, n.Tenant, id, `state <> 'waiting' OR message <> ''`)
	}
	return err
}

const (
	noticeColumns = "n.tenant, n.id, n.target, n.kind, n.reason, n.series, n.detail, n.at, n.links, n.waiting"
	selectNotices = `SELECT ` + noticeColumns + ` FROM notices n `
)

func scanNotice(scan func(...any) error) (n KeptNotice, err error) {
	var kind string
	var series, at int64
	err = scan(&n.Tenant, &n.ID, &n.Target, &kind, &n.Reason, &series, &n.Detail, &at, &n.Links, &n.Waiting)
	n.Kind, n.Series, n.At = quarantine.NoticeKind(kind), fromMillis(series), fromMillis(at)
	return n, err
}

// unspread returns the oldest notices that no outlet has heard of.
func (n *Notices) unspread(ctx context.Context, limit int) ([]KeptNotice, error) {
	rows, err := n.db.read.QueryContext(ctx, selectNotices+noticesUnspread, limit)
	if err != nil {
		return nil, unavailable("read notices", err)
	}
	var found []KeptNotice
	err = eachRow(rows, func(scan func(...any) error) error {
		notice, err := scanNotice(scan)
		found = append(found, notice)
		return err
	})
	return found, unavailable("read notices", err)
}
