package store

import (
	"context"
	"time"

	"scimrelay/quarantine"
)

// Standing is how far a target is with a resource, and what the target itself does meanwhile.
type Standing struct {
	Link    Link
	Changed time.Time // when the link's row was last written
	// Paused, RestUntil and Phase are the target's.
	Paused    bool
	RestUntil time.Time
	Phase     quarantine.Phase
}

const selectStandings = `SELECT ` + linkColumns + `, l.changed, COALESCE(t.paused, FALSE), COALESCE(t.rest_until, 0), COALESCE(t.health, '')
	FROM links l LEFT JOIN targets t ON t.tenant = l.tenant AND t.target = l.target WHERE l.tenant = $1 AND l.resource IN `

// mostStandings is how many resources one query is asked about: the largest page that is served.
const mostStandings = 256

// Standings returns, for each of the resources, how far every target is with it, by the targets'
// names. Up to 256 resources cost one query.
func (l *Links) Standings(ctx context.Context, tenant string, resources []string) (map[string][]Standing, error) {
	found := make(map[string][]Standing, len(resources))
	err := listed([]any{tenant}, resources, mostStandings, ",", func(list string, args []any) error {
		rows, err := l.db.read.QueryContext(ctx, selectStandings+list+` ORDER BY l.resource, l.target`, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, func(scan func(...any) error) error {
			s, err := scanStanding(scan)
			found[s.Link.Resource] = append(found[s.Link.Resource], s)
			return err
		})
	})
	return found, unavailable("read links", err)
}

func scanStanding(scan func(...any) error) (s Standing, err error) {
	var changed, rest int64
	var health string
	err = scanLink(func(link ...any) error { return scan(append(link, &changed, &s.Paused, &rest, &health)...) }, &s.Link)
	s.Changed, s.RestUntil, s.Phase = fromMillis(changed), fromMillis(rest), readHealth(health).Phase
	return s, err
}

// Aside selects links that are set aside.
type Aside struct {
	Targets, Faults []string
	State           string // in which they are
}

// Again makes those of the resource's links due now that are set aside as given, and returns how
// many there were. They are set aside no more while they are tried; how often they were tried and
// since when they fail stays, so that the next rest is no shorter.
func (l *Links) Again(ctx context.Context, w Write, resource string, which Aside) (n int, err error) {
	if len(which.Targets) == 0 || len(which.Faults) == 0 {
		return 0, nil
	}
	err = l.db.commit.do(ctx, lockResource(w.Tenant, resource), func(ctx context.Context, t *tx) error {
		n = 0
		return in([]any{t.now, w.Tenant, resource, which.State}, which.Targets, func(targets string, args []any) error {
			return in(args, which.Faults, func(faults string, args []any) error {
				return t.rows(ctx, `UPDATE links SET next_at = $1, state = 'retry' WHERE tenant = $2 AND resource = $3
					AND wanted <> applied AND state = $4 AND target IN `+targets+` AND fault IN `+faults+` RETURNING target, wanted, fault`, args,
					func(scan func(...any) error) error {
						e := event{tenant: w.Tenant, kind: "link.retried", actor: w.Actor, resource: resource}
						err := scan(&e.target, &e.version, &e.fault)
						n++
						t.note(e)
						return err
					})
			})
		})
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
