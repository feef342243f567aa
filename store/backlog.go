package store

import (
	"context"

	"scimrelay/quarantine"
)

// DueByUrgency counts the due links of all tenants, by urgency. It looks at so many waiting links
// at most, whatever there is: beyond that the counts are floors.
func (l *Links) DueByUrgency(ctx context.Context, most int) (map[Urgency]int, error) {
	rows, err := l.db.read.QueryContext(ctx, `SELECT urgency, COUNT(*) FROM
		(SELECT urgency, next_at FROM links WHERE wanted <> applied LIMIT $1) AS waiting
		WHERE next_at <= $2 GROUP BY urgency`, most, l.db.millis())
	if err != nil {
		return nil, unavailable("count due links", err)
	}
	counts := make(map[Urgency]int)
	err = eachRow(rows, func(scan func(...any) error) error {
		var urgency Urgency
		var n int
		err := scan(&urgency, &n)
		counts[urgency] = n
		return err
	})
	return counts, unavailable("count due links", err)
}

// Stance is how a target stands, and why.
type Stance struct {
	Phase  quarantine.Phase
	Reason quarantine.Reason
}

// Stances counts all tenants' targets by how they stand, and those where something waits for a
// person.
func (g *Targets) Stances(ctx context.Context) (counts map[Stance]int, held int, err error) {
	rows, err := g.db.read.QueryContext(ctx, `SELECT phase, reason, COUNT(*) FROM targets GROUP BY phase, reason`)
	if err != nil {
		return nil, 0, unavailable("count targets", err)
	}
	counts = make(map[Stance]int)
	err = eachRow(rows, func(scan func(...any) error) error {
		var s Stance
		var n int
		err := scan(&s.Phase, &s.Reason, &n)
		counts[s] = n
		return err
	})
	if err != nil {
		return nil, 0, unavailable("count targets", err)
	}
	err = g.db.read.QueryRowContext(ctx, targetsHeld).Scan(&held)
	return counts, held, unavailable("count targets", err)
}

const targetsHeld = `SELECT COUNT(*) FROM (SELECT tenant, target FROM links WHERE staged > 0
	UNION SELECT a.tenant, a.target` + heldRemovals + `) AS held`
