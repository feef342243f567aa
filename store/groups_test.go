package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// beside opens the database beside the store.
func beside(tb testing.TB, url string) *sql.DB {
	tb.Helper()
	driver, dsn := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(20000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// populate makes people without going through requests, and returns their ids.
func populate(tb testing.TB, url string, people int) []string {
	tb.Helper()
	db := beside(tb, url)
	_, err := db.ExecContext(tb.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO resources (tenant, id, type, version, created, modified, deleted, active, name, match_key, external_id, work_mail, body)
		SELECT 'acme', 'u' || CAST(1000000 + i AS TEXT), 'User', 1, 0, 0, FALSE, TRUE, 'u' || CAST(1000000 + i AS TEXT), '', '', '', '{}' FROM n`, people)
	if err != nil {
		tb.Fatal(err)
	}
	ids := make([]string, people)
	for i := range ids {
		ids[i] = fmt.Sprint("u", 1000001+i)
	}
	return ids
}

func groupOf(members ...string) store.Revision {
	return store.Revision{Body: []byte(`{}`), Keys: store.Keys{Name: "staff"}, Active: true, Members: scim.MemberEdit{Add: members}}
}

func editGroup(tb testing.TB, s *store.Store, w store.Write, id string, edit scim.MemberEdit) {
	tb.Helper()
	_, err := s.Directory.Update(tb.Context(), w, scim.TypeGroup, id, func(now scim.Resource) (store.Revision, error) {
		return store.Revision{Body: now.Body, Keys: store.Keys{Name: id}, Active: true, Members: edit}, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// urls are an empty database of each engine.
func urls(tb testing.TB) map[string]string {
	return map[string]string{"sqlite": storetest.Fresh(tb, tb.TempDir()), "postgres": databases.New(tb)}
}

// A hundred thousand, but with the race detector.
func TestACrowdComesAndGoesInOneRequest(t *testing.T) {
	for name, url := range urls(t) {
		t.Run(name, func(t *testing.T) {
			s := openAt(t, url, store.Options{})
			ids := populate(t, url, crowd)
			w := store.Write{Tenant: "acme", Targets: []string{"sage"}, Actor: "test"}
			if _, err := s.Directory.Create(t.Context(), w, scim.TypeGroup, "staff", groupOf()); err != nil {
				t.Fatal(err)
			}
			for _, step := range []struct {
				name string
				edit scim.MemberEdit
				want int
			}{
				{"all come", scim.MemberEdit{Add: ids}, crowd},
				{"half stay", scim.MemberEdit{Clear: true, Add: ids[:crowd/2]}, crowd / 2},
				{"some go", scim.MemberEdit{Remove: ids[:crowd/4]}, crowd / 4},
			} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				began := time.Now()
				editGroup(t, s, w, "staff", step.edit)
				took := time.Since(began)
				runtime.ReadMemStats(&after)
				t.Logf("%s: %v, %d MB allocated in all", step.name, took, (after.TotalAlloc-before.TotalAlloc)>>20)
				if took > 30*time.Second {
					t.Errorf("%s: %v", step.name, took)
				}
				if n := count(t, s, "staff"); n != step.want {
					t.Errorf("%s: %d members, want %d", step.name, n, step.want)
				}
			}
		})
	}
}

// count reads a group's members in pages, as an answer does.
func count(t *testing.T, s *store.Store, group string) (n int) {
	t.Helper()
	after := ""
	for {
		page, err := s.Directory.Members(t.Context(), "acme", group, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return n
		}
		n, after = n+len(page), page[len(page)-1].Value
	}
}

// No query about one member, and none of a turn's, may go through a whole group.
func TestQueriesOfMembershipsUseTheirIndexes(t *testing.T) {
	url := storetest.Fresh(t, t.TempDir())
	openAt(t, url, store.Options{})
	db := beside(t, url)
	for query, index := range map[string]string{
		`SELECT member FROM memberships WHERE tenant = 'a' AND grp = 'g' AND present AND member IN ('m')`:                                                                                                                 "sqlite_autoindex_memberships_1 (tenant=? AND grp=? AND member=?)",
		`SELECT member FROM memberships WHERE tenant = 'a' AND grp = 'g' AND member > 'm' AND present ORDER BY member LIMIT 9`:                                                                                            "sqlite_autoindex_memberships_1 (tenant=? AND grp=? AND member>?)",
		`SELECT grp FROM memberships WHERE tenant = 'a' AND member = 'm' AND present`:                                                                                                                                     "memberships_member (tenant=? AND member=?)",
		`SELECT member FROM memberships WHERE tenant = 'a' AND grp || '' = 'g' AND version <= 9 AND (version, member) > (1, 'm') ORDER BY version, member LIMIT 9`:                                                        "memberships_changed (tenant=? AND <expr>=? AND ",
		`SELECT member FROM memberships WHERE tenant = 'a' AND grp = 'g' AND NOT present`:                                                                                                                                 "memberships_removed (tenant=? AND grp=?)",
		`SELECT COUNT(*) FROM memberships WHERE tenant = 'a' AND grp = 'g' AND present AND type = 'Group'`:                                                                                                                "memberships_nested (tenant=? AND grp=?)",
		`SELECT member FROM memberships m WHERE tenant = 'a' AND member = 'm' AND NOT present AND version > 3`:                                                                                                            "memberships_leaver (tenant=? AND member=?)",
		`SELECT member FROM awaiting a WHERE a.tenant = 'a' AND a.target = 't' AND a.grp = 'g' AND a.ready AND (a.tried, a.member) > (1, 'm') ORDER BY a.tried, a.member LIMIT 5`:                                         "awaiting_ready (tenant=? AND target=? AND grp=? AND (tried,member)>(?,?))",
		`SELECT member FROM memberships WHERE tenant = 'a' AND grp = 'g' AND NOT present AND (version, member) > (1, 'm') AND (version, member) <= (2, 'n')`:                                                              "memberships_removed (tenant=? AND grp=? AND (version,member)>(?,?) AND (version,member)<(?,?))",
		`SELECT l.resource FROM links l WHERE l.tenant = 'a' AND l.target = 't' AND l.kept AND COALESCE((SELECT NOT m.present FROM memberships m WHERE m.tenant = 'a' AND m.grp = 'g' AND m.member = l.resource), FALSE)`: "links_kept (tenant=? AND target=?)",
		`SELECT id FROM resources WHERE tenant = 'a' AND type = 'User' AND match_key = 'k' AND match_key <> '' AND NOT deleted`:                                                                                           "resources_match_key",
	} {
		plan, err := planOf(t.Context(), db, query)
		if got := strings.Join(plan, "; "); err != nil || !strings.Contains(got, index) || strings.Contains(got, "TEMP B-TREE") {
			t.Errorf("%s\nplan %s\nwant %s", query, got, index)
		}
	}
}

// BenchmarkAddMember adds one member to a group of ten and to one of a hundred thousand, and
// says how much dearer the latter is.
func BenchmarkAddMember(b *testing.B) {
	for name, url := range urls(b) {
		s, err := store.Open(b.Context(), url, store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		ids := populate(b, url, crowd+1)
		w := store.Write{Tenant: "acme", Targets: []string{"sage"}, Actor: "test"}
		for _, size := range []int{10, crowd} {
			rev := groupOf(ids[:size]...)
			rev.Keys.Name = fmt.Sprint("of", size)
			if _, err := s.Directory.Create(b.Context(), w, scim.TypeGroup, fmt.Sprint("of", size), rev); err != nil {
				b.Fatal(err)
			}
		}
		last := ids[crowd]
		b.Run(name, func(b *testing.B) {
			took := make(map[int]time.Duration)
			for range b.N {
				for _, size := range []int{10, crowd} {
					began := time.Now()
					editGroup(b, s, w, fmt.Sprint("of", size), scim.MemberEdit{Add: []string{last}})
					took[size] += time.Since(began)
					editGroup(b, s, w, fmt.Sprint("of", size), scim.MemberEdit{Remove: []string{last}})
				}
			}
			b.ReportMetric(float64(took[10].Microseconds())/float64(b.N), "µs/of10")
			b.ReportMetric(float64(took[crowd].Microseconds())/float64(b.N), "µs/of100000")
			b.ReportMetric(float64(took[crowd])/float64(took[10]), "ratio")
		})
	}
}

// planOf is the steps of SQLite's plan for the query.
func planOf(ctx context.Context, db *sql.DB, query string) (plan []string, err error) {
	rows, err := db.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		plan = append(plan, detail)
	}
	return plan, rows.Err()
}
