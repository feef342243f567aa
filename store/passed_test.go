package store_test

import (
	"slices"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// What one target has passed may be kept for another for long. Recording a change must not go
// through it: two groups differ in nothing but that, and what the same change of each costs at best,
// when nothing else is in the way, is compared.
func TestRemovalsThatAreKeptCostNothing(t *testing.T) {
	kept := 20_000
	if racing { // .ci/test runs it without the race detector as well
		kept = 1_000
	}
	for name, url := range urls(t) {
		t.Run(name, func(t *testing.T) {
			s := openAt(t, url, store.Options{})
			ids := populate(t, url, kept+1)
			w := store.Write{Tenant: "acme", Targets: []string{"behind", "sage"}, Actor: "test"}
			lease, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			pass := func(group string) time.Duration {
				work, err := s.Links.One(t.Context(), "acme", "sage", group)
				if err != nil {
					t.Fatal(err)
				}
				k := work.Link
				k.VendorID, k.Applied, k.Since, k.SinceMember = "of "+group, k.Wanted, k.Wanted+1, ""
				began := time.Now()
				if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: k}}, quarantine.State{}); err != nil {
					t.Fatal(err)
				}
				return time.Since(began)
			}
			for group, members := range map[string][]string{"few": ids[:1], "many": ids[:kept]} {
				rev := groupOf(members...)
				rev.Keys.Name = group
				if _, err := s.Directory.Create(t.Context(), w, scim.TypeGroup, group, rev); err != nil {
					t.Fatal(err)
				}
				pass(group)
				editGroup(t, s, w, group, scim.MemberEdit{Clear: true})
				pass(group)
			}
			took := make(map[string][]time.Duration)
			for i := range 21 {
				for _, group := range []string{"few", "many"} {
					edit := scim.MemberEdit{Add: ids[kept:]}
					if i%2 == 1 {
						edit = scim.MemberEdit{Remove: ids[kept:]}
					}
					editGroup(t, s, w, group, edit)
					took[group] = append(took[group], pass(group))
				}
			}
			few, many := slices.Min(took["few"]), slices.Min(took["many"])
			t.Logf("%v, and %v when %d removals are kept", few, many, kept)
			if many > 8*few && !racing {
				t.Errorf("a change costs %.1f times as much when %d removals are kept", float64(many)/float64(few), kept)
			}
			if n := removals(t, url, "many"); n != kept {
				t.Errorf("%d removals are kept for the target that is behind, want %d", n, kept)
			}
		})
	}
}

func removals(t *testing.T, url, group string) (n int) {
	t.Helper()
	err := beside(t, url).QueryRowContext(t.Context(), `SELECT COUNT(*) FROM memberships WHERE grp = $1 AND NOT present`, group).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
