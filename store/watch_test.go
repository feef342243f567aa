package store

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/services"
)

// A server that takes no new connections is not down for who has some: the watch that loses its
// own must not turn everybody away. It finds out by what others are answered, and when nobody
// asks by writing something small.
func TestAServerThatRefusesNewConnectionsIsNotDown(t *testing.T) {
	t.Parallel()
	pg := services.NewPostgres(t)
	for name, refuse := range map[string]string{
		"full":   "ALTER DATABASE %s CONNECTION LIMIT 1", // 53300
		"closed": "ALTER DATABASE %s ALLOW_CONNECTIONS false",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := "is_" + name
			pg.Exec(t, "CREATE ROLE "+database+" LOGIN") // there is no limit for a superuser
			pg.Exec(t, "CREATE DATABASE "+database+" OWNER "+database)
			url := strings.Replace(pg.URL(), "postgres@", database+"@", 1)
			s := openServer(t, strings.Replace(url, "/postgres?", "/"+database+"?", 1), time.Minute)
			for _, let := range holdAll(t, s) { // so that every lane has a connection
				let()
			}
			var open []*reading // and the readers some, for the clock is read too
			for range 3 {
				rows, err := s.db.read.QueryContext(t.Context(), "SELECT name FROM settings")
				if err != nil {
					t.Fatal(err)
				}
				open = append(open, rows)
			}
			for _, rows := range open {
				_ = rows.Close()
			}
			if err := createUser(s, "first"); err != nil {
				t.Fatal(err)
			}
			waitUntil(t, "the watch has a connection", func() bool { return count(t, pg, `SELECT COUNT(*) `+watching, database) == 1 })
			pg.Exec(t, fmt.Sprintf(refuse, database))
			if n := count(t, pg, `SELECT COUNT(pg_terminate_backend(pid)) `+watching, database); n != 1 {
				t.Fatalf("%d connections watched", n)
			}
			during(t, 2*silence, func() {
				if got := s.Health(t.Context()); got != "" {
					t.Fatalf("nobody asks, and health says %q", got)
				}
			})
			n := 0
			during(t, 2*silence, func() {
				n++
				if err := createUser(s, fmt.Sprint("user", n)); err != nil {
					t.Fatalf("a write: %v", err)
				}
				if _, err := s.Directory.Get(t.Context(), "acme", "User", "first"); err != nil {
					t.Fatalf("a read: %v", err)
				}
			})
			if count(t, pg, `SELECT COUNT(*) `+watching, database) != 0 {
				t.Error("the watch has a connection: nothing is shown")
			}
		})
	}
}

// during calls do again and again for so long.
func during(t *testing.T, d time.Duration, do func()) {
	t.Helper()
	over := time.After(d)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		do()
		select {
		case <-tick.C:
		case <-over:
			return
		}
	}
}

// watching is what the connection of a database's watch shows of itself.
const watching = `FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'SELECT pg_is_in_recovery%'`

func count(t *testing.T, pg *services.Postgres, query, database string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query, database).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
