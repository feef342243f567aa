package sim

import (
	"slices"
	"strings"
)

// roles are the roles of every customer; the ids are ASSUMED but for 30, which is the sample's.
func roles() []map[string]any {
	list := []map[string]any{}
	everywhere := []int{1, 16, 18}
	for _, r := range []struct {
		id       int64
		name     string
		level    int
		branches []int
	}{{1, "Admin", 5, everywhere}, {2, "Manager", 3, everywhere}, {3, "Salesrep", 1, everywhere},
		{30, "Sales Role", 2, []int{16, 18}}, {32, "Area Manager", 3, everywhere}} {
		list = append(list, map[string]any{"id": r.id, "name": r.name, "level": r.level, "branches": r.branches,
			"extId": nil, "deleted": false, "dateCreated": "2020-01-01T00:00:00Z"})
	}
	return list
}

func branches() []map[string]any {
	return []map[string]any{
		{"id": int64(1), "name": "Head Office", "default": true, "mainEnvironment": false},
		{"id": int64(16), "name": "Main Environment", "default": false, "mainEnvironment": true},
		{"id": int64(18), "name": "Sandbox", "default": false, "mainEnvironment": false},
	}
}

func userTypes() []map[string]any {
	return []map[string]any{{"id": int64(1), "name": "Commercial"}, {"id": int64(3), "name": "Management"}}
}

func has(list []map[string]any, id int64) bool {
	return slices.ContainsFunc(list, func(entry map[string]any) bool { return entry["id"] == id })
}

func fold(text string) string { return strings.ToLower(text) }
