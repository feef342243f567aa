package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Every process looks each few seconds, however many notices, outlets and targets there are.
func TestALookForWhatIsToBeDoneGoesThroughNothingElse(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "plan.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for query, index := range map[string]string{
		selectNotices + noticesUnspread: "notices_unspread",
		selectOutlets + outletsDue:      "outlets_next",
		selectOutlets + outletsDisabled: "outlets_disabled",
		noticesSettled:                  "notices_at deliveries_notice sqlite_autoindex_incidents_1",
		departuresOld:                   "departures_old",
		targetsRechecking:               "targets_rechecking",
	} {
		args := []any{1, 2}
		for len(args) > 0 && !strings.Contains(query, fmt.Sprint("$", len(args))) {
			args = args[1:]
		}
		rows, err := s.db.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(query, err)
		}
		err = eachRow(rows, func(scan func(...any) error) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			if _, by, looks := strings.Cut(step, "INDEX "); err == nil && looks && !strings.Contains(index, strings.Fields(by)[0]) ||
				!looks && strings.HasPrefix(step, "S") {
				t.Errorf("%s: %s", query, step)
			}
			return err
		})
		if err != nil {
			t.Fatal(query, err)
		}
	}
}
