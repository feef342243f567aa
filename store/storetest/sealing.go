package storetest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/scim"
	"scimrelay/store"
)

// raw is the database as somebody sees it who goes around the gateway.
func raw(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, source := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func sealAll(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := s.Events.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func verify(t *testing.T, s *store.Store, tenant string, anchors ...store.Head) store.Verdict {
	t.Helper()
	v, err := s.Events.Verify(t.Context(), tenant, anchors)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sealedOnce: four processes write and seal at once, for two tenants. Every event ends in one
// seal, and the chain holds at any time on the way.
func sealedOnce(t *testing.T, open Open) {
	url := open(t)
	const processes, writers, each = 4, 8, 40
	stores := make([]*store.Store, processes)
	for i := range stores {
		stores[i] = reopen(t, url)
	}
	var writing errgroup.Group
	done := make(chan struct{})
	var sealing sync.WaitGroup
	for _, s := range stores {
		for w := range writers {
			writing.Go(func() error {
				for n := range each {
					tenant := []string{"acme", "other"}[(n+w)%2]
					_, err := s.Directory.Create(t.Context(), by(tenant, "sage"), scim.TypeUser, uuid.NewString(), user(uuid.NewString()))
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		sealing.Go(func() {
			for open := true; open; {
				select {
				case <-done:
					open = false
				default:
				}
				if _, err := s.Events.Seal(t.Context()); err != nil {
					t.Error(err)
					return
				}
				if v, err := s.Events.Verify(t.Context(), "acme", nil); err != nil || v.Broken > 0 {
					t.Errorf("while others write: %+v, %v", v.Breaches, err)
					return
				}
			}
		})
	}
	if err := writing.Wait(); err != nil {
		t.Error(err)
	}
	close(done)
	sealing.Wait()
	sealAll(t, stores[0]) // whoever gave way to another left this to it
	for _, tenant := range []string{"acme", "other"} {
		v := verify(t, stores[0], tenant)
		if v.Broken > 0 || v.Waiting > 0 || v.Sealed != processes*writers*each/2 || len(v.Late) > 0 {
			t.Errorf("%s: %+v", tenant, v)
		}
	}
}

// story makes five events of the tenant in three seals and returns the events' ids, oldest
// first, with the chain's end after each seal.
func story(t *testing.T, s *store.Store) (ids []string, heads []store.Head) {
	t.Helper()
	for i, names := range [][]string{{"a", "b"}, {"c", "d"}, {"e"}} {
		for _, name := range names {
			create(t, s, by("acme", "sage"), name)
		}
		create(t, s, by("other", "sage"), names[0])
		if n := sealAll(t, s); n != len(names)+1 {
			t.Fatalf("sealed %d", n)
		}
		v := verify(t, s, "acme")
		if v.Broken > 0 || v.Head.Seq != int64(i+1) {
			t.Fatalf("untouched: %+v", v)
		}
		heads = append(heads, v.Head)
	}
	events, err := s.Events.Latest(t.Context(), "acme", 10)
	if err != nil || len(events) != 5 {
		t.Fatalf("events %+v, %v", events, err)
	}
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	slices.Reverse(ids)
	return ids, heads
}

// tampering: X59. Whoever changes the record around the gateway is found, by the row, the seal
// or the anchor; another tenant's record stays whole.
func tampering(t *testing.T, open Open) {
	for name, c := range map[string]struct {
		do   func(ids []string) []string // statements
		want func(ids []string) store.Breach
	}{
		"an edited field": {
			func(ids []string) []string {
				return []string{`UPDATE events SET actor = 'nobody' WHERE id = '` + ids[1] + `'`}
			},
			func(ids []string) store.Breach { return store.Breach{Event: ids[1], Seal: 1, What: "changed"} },
		},
		"text moved from one field to the next": {
			func(ids []string) []string {
				return []string{`UPDATE events SET kind = 'resource.createdt', actor = 'est' WHERE id = '` + ids[1] + `'`}
			},
			func(ids []string) store.Breach { return store.Breach{Event: ids[1], Seal: 1, What: "changed"} },
		},
		"an event given to another tenant": {
			func(ids []string) []string {
				return []string{`UPDATE events SET tenant = 'third' WHERE id = '` + ids[0] + `'`}
			},
			func(ids []string) store.Breach { return store.Breach{Event: ids[0], Seal: 1, What: "deleted"} },
		},
		"a deleted event": {
			func(ids []string) []string { return []string{`DELETE FROM events WHERE id = '` + ids[2] + `'`} },
			func(ids []string) store.Breach { return store.Breach{Event: ids[2], Seal: 2, What: "deleted"} },
		},
		"an inserted event": {
			func([]string) []string { return []string{insertedEvent("01890000-0000-7000-8000-000000000001")} },
			func([]string) store.Breach {
				return store.Breach{Event: "01890000-0000-7000-8000-000000000001", What: "inserted"}
			},
		},
		"an inserted event whose id is none": {
			func([]string) []string { return []string{insertedEvent("zzz")} },
			func([]string) store.Breach { return store.Breach{Event: "zzz", What: "not written by the gateway"} },
		},
		"two events that changed places": {
			func(ids []string) []string {
				return []string{`UPDATE events SET id = 'x' WHERE id = '` + ids[0] + `'`, `UPDATE events SET id = '` + ids[0] + `' WHERE id = '` + ids[3] + `'`,
					`UPDATE events SET id = '` + ids[3] + `' WHERE id = 'x'`}
			},
			func(ids []string) store.Breach { return store.Breach{Event: ids[3], Seal: 2, What: "changed"} },
		},
		"a changed seal": {
			func([]string) []string {
				return []string{`UPDATE seals SET sealed_at = sealed_at - 1000 WHERE tenant = 'acme' AND seq = 2`}
			},
			func([]string) store.Breach { return store.Breach{Seal: 2, What: "the seal was changed"} },
		},
		"a removed seal": {
			func([]string) []string { return []string{`DELETE FROM seals WHERE tenant = 'acme' AND seq = 2`} },
			func([]string) store.Breach { return store.Breach{Seal: 2, What: "the seal is missing"} },
		},
		"the first seal removed": {
			func([]string) []string { return []string{`DELETE FROM seals WHERE tenant = 'acme' AND seq = 1`} },
			func([]string) store.Breach { return store.Breach{Seal: 1, What: "the seal is missing"} },
		},
		"seals that changed places": {
			func([]string) []string {
				return []string{`UPDATE seals SET seq = 9 WHERE tenant = 'acme' AND seq = 1`, `UPDATE seals SET seq = 1 WHERE tenant = 'acme' AND seq = 2`,
					`UPDATE seals SET seq = 2 WHERE tenant = 'acme' AND seq = 9`}
			},
			func([]string) store.Breach { return store.Breach{Seal: 2, What: "does not follow"} },
		},
		"another tenant's seal": {
			func([]string) []string {
				return []string{`DELETE FROM seals WHERE tenant = 'acme'`, `UPDATE seals SET tenant = 'acme' WHERE tenant = 'other'`}
			},
			func([]string) store.Breach { return store.Breach{Seal: 1, What: "the seal was changed"} },
		},
		"the last seal removed without its events": {
			func([]string) []string { return []string{`DELETE FROM seals WHERE tenant = 'acme' AND seq = 3`} },
			func(ids []string) store.Breach { return store.Breach{Event: ids[4], What: "its seal was removed"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := open(t)
			s := reopen(t, url)
			ids, _ := story(t, s)
			exec(t, raw(t, url), c.do(ids)...)
			v, want := verify(t, s, "acme"), c.want(ids)
			if !slices.ContainsFunc(v.Breaches, func(b store.Breach) bool {
				return b.Tenant == "acme" && b.Event == want.Event && b.Seal == want.Seal && strings.Contains(b.What, want.What)
			}) {
				t.Errorf("want %+v, found %+v", want, v.Breaches)
			}
			if name != "another tenant's seal" {
				if v := verify(t, s, "other"); v.Broken > 0 {
					t.Errorf("another tenant's: %+v", v.Breaches)
				}
			}
		})
	}
}

func insertedEvent(id string) string {
	return `INSERT INTO events (tenant, id, at, kind, actor, resource, target, version, fault, detail)
		VALUES ('acme', '` + id + `', 1690000000000, 'token.deleted', 'cli', '', '', 0, '', '')`
}

// anchoring: what a bare chain cannot show, heads that were kept elsewhere do.
func anchoring(t *testing.T, open Open) {
	cutTail := func(ids []string) []string {
		return []string{`DELETE FROM seals WHERE tenant = 'acme' AND seq = 3`, `DELETE FROM events WHERE id = '` + ids[4] + `'`}
	}
	rewrite := func([]string) []string { // as if it had just been migrated, with one actor changed
		return []string{`UPDATE events SET actor = 'nobody' WHERE tenant = 'acme'`, `DELETE FROM seals WHERE tenant = 'acme'`,
			`INSERT INTO unsealed (tenant, id, more) SELECT tenant, id, '' FROM events WHERE tenant = 'acme'`}
	}
	for name, c := range map[string]struct {
		do     func(ids []string) []string
		append bool
		seal   int64
		what   string
	}{
		"a cut tail":               {cutTail, false, 3, "was cut"},
		"cut and written again":    {cutTail, true, 3, "was rewritten"},
		"rewritten from its start": {rewrite, true, 1, "was rewritten"},
	} {
		t.Run(name, func(t *testing.T) {
			url := open(t)
			s := reopen(t, url)
			ids, heads := story(t, s)
			if v := verify(t, s, "acme", heads...); v.Broken > 0 || v.Anchored != 3 {
				t.Fatalf("untouched: %+v", v)
			}
			exec(t, raw(t, url), c.do(ids)...)
			if c.append {
				create(t, s, by("acme", "sage"), "f")
				sealAll(t, s)
			}
			if v := verify(t, s, "acme"); v.Broken > 0 {
				t.Errorf("without anchors nobody can know: %+v", v.Breaches)
			}
			v := verify(t, s, "acme", heads...)
			if !slices.ContainsFunc(v.Breaches, func(b store.Breach) bool { return b.Seal == c.seal && strings.Contains(b.What, c.what) }) {
				t.Errorf("%+v", v.Breaches)
			}
		})
	}
}

// lateEvents: who writes into the past and has it sealed is shown by the seals before.
func lateEvents(t *testing.T, open Open) {
	url := open(t)
	s := reopen(t, url)
	story(t, s)
	const id = "01890000-0000-7000-8000-000000000001"
	exec(t, raw(t, url), insertedEvent(id), `INSERT INTO unsealed (tenant, id, more) VALUES ('acme', '`+id+`', '')`)
	for range 2 { // waiting, then sealed
		v := verify(t, s, "acme")
		if v.Broken > 0 || len(v.Late) != 1 || v.Late[0].Event != id {
			t.Errorf("%+v", v)
		}
		sealAll(t, s)
	}
}

// brokenSealing: whatever statement of a sealing fails, nothing of it stays; the next one
// seals all.
func brokenSealing(t *testing.T, open Open) {
	for _, at := range []struct{ table, when string }{{"seals", "INSERT"}, {"unsealed", "DELETE"}} {
		for _, moment := range []string{"BEFORE", "AFTER"} {
			t.Run(moment+" "+at.when, func(t *testing.T) {
				url := open(t)
				s := reopen(t, url)
				_, heads := story(t, s)
				create(t, s, by("acme", "sage"), "f")
				db := raw(t, url)
				if strings.HasPrefix(url, "sqlite") {
					exec(t, db, fmt.Sprintf(`CREATE TRIGGER broken %s %s ON %s BEGIN SELECT RAISE(ABORT, 'broken'); END`, moment, at.when, at.table))
				} else {
					exec(t, db, `CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$ LANGUAGE plpgsql`,
						fmt.Sprintf(`CREATE TRIGGER broken %s %s ON %s FOR EACH ROW EXECUTE FUNCTION broken()`, moment, at.when, at.table))
				}
				if n, err := s.Events.Seal(t.Context()); err == nil {
					t.Errorf("sealed %d", n)
				}
				if v := verify(t, s, "acme", heads...); v.Broken > 0 || v.Waiting != 1 || v.Head != heads[2] {
					t.Errorf("after it failed: %+v", v)
				}
				drop := `DROP TRIGGER broken`
				if !strings.HasPrefix(url, "sqlite") {
					drop += ` ON ` + at.table
				}
				exec(t, db, drop)
				if n := sealAll(t, s); n != 1 {
					t.Errorf("sealed %d", n)
				}
				if v := verify(t, s, "acme", heads...); v.Broken > 0 || v.Waiting != 0 || v.Sealed != 6 {
					t.Errorf("afterwards: %+v", v)
				}
			})
		}
	}
}

// tamperedWaiting: an event that goes before it is sealed does not hold up the others.
func tamperedWaiting(t *testing.T, open Open) {
	url := open(t)
	s := reopen(t, url)
	ids, _ := story(t, s)
	create(t, s, by("acme", "sage"), "f")
	create(t, s, by("acme", "sage"), "g")
	events, err := s.Events.List(t.Context(), store.EventQuery{Tenant: "acme", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, raw(t, url), `DELETE FROM events WHERE id = '`+events[0].ID+`'`)
	if v := verify(t, s, "acme"); v.Broken != 1 || v.Breaches[0].Event != events[0].ID {
		t.Errorf("waiting: %+v", v.Breaches)
	}
	sealAll(t, s)
	if v := verify(t, s, "acme"); v.Broken != 1 || v.Breaches[0].Event != events[0].ID || v.Waiting != 0 || v.Sealed != len(ids)+1 {
		t.Errorf("sealed: %+v", v)
	}
}

// heads: an export hears of every chain at first, and then of those that grew.
func heads(t *testing.T, open Open) {
	s := start(t, open)
	story(t, s)
	tell := func(since int64) map[string]int64 {
		found := make(map[string]int64)
		var at time.Time
		if since > 0 {
			at = s.Now().AddDate(0, 0, -1)
		}
		if err := s.Events.Heads(t.Context(), at, func(h store.Head) error {
			found[h.Tenant] = h.Seq
			if v := verify(t, s, h.Tenant, h); v.Broken > 0 || v.Anchored != h.Seq {
				t.Errorf("%+v", v)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, since := range []int64{0, 1} {
		if all := tell(since); len(all) != 2 || all["acme"] != 3 || all["other"] != 3 {
			t.Errorf("heads %v", all)
		}
	}
}

// choosing: the audit is read by resource, kind and time.
func choosing(t *testing.T, open Open) {
	s := start(t, open)
	a := create(t, s, by("acme", "sage"), "a")
	create(t, s, by("acme", "sage"), "b")
	if err := createToken(t, s, "acme", "key00001"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		q    store.EventQuery
		want int
	}{
		"all":         {store.EventQuery{}, 3},
		"a resource":  {store.EventQuery{Resource: a.ID}, 1},
		"a kind":      {store.EventQuery{Kind: "resource.created"}, 2},
		"a family":    {store.EventQuery{Kind: "token"}, 1},
		"half a word": {store.EventQuery{Kind: "tok"}, 0},
		"the future":  {store.EventQuery{Since: s.Now().AddDate(0, 0, 1)}, 0},
	} {
		c.q.Tenant, c.q.Limit = "acme", 10
		if found, err := s.Events.List(t.Context(), c.q); err != nil || len(found) != c.want {
			t.Errorf("%s: %d, %v", name, len(found), err)
		}
		n := 0
		if err := s.Events.Each(t.Context(), c.q, func(store.Event) error { n++; return nil }); err != nil || n != c.want {
			t.Errorf("%s, every one: %d, %v", name, n, err)
		}
	}
}
