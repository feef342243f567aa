package store

import (
	"path/filepath"
	"strings"
	"testing"

	"scimrelay/scim"
)

// SQLite keeps no statistics here: what a look-up costs follows from its text and the indexes.
// None may go through a whole tenant, and groups must not be looked for among the people.
func TestLookUpsUseTheirIndexes(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "plan.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	queries := map[string]string{
		"groups after":    ofType(scim.TypeGroup, listing, `AND id > $2 ORDER BY id LIMIT $3`),
		"count of groups": ofType(scim.TypeGroup, `SELECT COUNT(*) FROM resources`, ``),
		"users after":     ofType(scim.TypeUser, listing, `AND id > $2 ORDER BY id LIMIT $3`),
	}
	for field, query := range lookups {
		queries[string(field)] = query
	}
	for name, query := range queries {
		args := []any{"tenant", "b", "c", 10}[:strings.Count(query, "$")]
		rows, err := s.db.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(name, err)
		}
		err = eachRow(rows, func(scan func(...any) error) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			whole := strings.HasPrefix(step, "SCAN") || strings.HasSuffix(step, "(tenant=?)") && !strings.Contains(step, "resources_groups")
			if err == nil && (whole || strings.Contains(step, "TEMP B-TREE")) {
				t.Errorf("%s: %s", name, step)
			}
			return err
		})
		if err != nil {
			t.Fatal(name, err)
		}
	}
}
