package store

import "context"

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
