package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// The deletion guard is asked before every chunk with a leaver in it: what it costs must not grow
// with the target.
func TestTheGuardsCountsUseTheirIndexes(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "plan.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, c := range []struct {
		query string
		args  int
		want  []string
	}{
		{countPending, 8, []string{"links_due (tenant=? AND target=? AND urgency=?)", "departures_1 (tenant=? AND target=? AND grp=? AND resource=?)"}},
		{countWorking, 4, []string{"links_vendor_id (tenant=? AND target=? AND type=?)", "departures_at (tenant=? AND target=? AND grp=? AND at>?)"}},
		{`SELECT ` + held + ` WHERE $1 <> $2`, 2, []string{"links_staged (tenant=? AND target=? AND staged>?)", "awaiting_staged (tenant=? AND target=?)"}},
		{targetsHeld, 0, []string{"links_staged", "a USING INDEX awaiting_staged"}},
	} {
		args := []any{"tenant", "target", 1, true, true, true, 1, 10}[:c.args]
		if c.args == 4 {
			args[3] = 10
		}
		rows, err := s.db.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+c.query, args...)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		err = eachRow(rows, func(scan func(...any) error) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			plan = append(plan, step)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(strings.Join(plan, "\n"), want) {
				t.Errorf("not by %s:\n%s", want, strings.Join(plan, "\n"))
			}
		}
	}
}
