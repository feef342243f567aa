package store

import (
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
		targetsRechecking:               "targets_rechecking",
	} {
		rows, err := s.db.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, []any{1, 2}[:strings.Count(query, "$")-strings.Count(query, "until")]...)
		if err != nil {
			t.Fatal(query, err)
		}
		err = eachRow(rows, func(scan func(...any) error) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			if err == nil && !strings.Contains(step, index) {
				t.Errorf("%s: %s", query, step)
			}
			return err
		})
		if err != nil {
			t.Fatal(query, err)
		}
	}
}
