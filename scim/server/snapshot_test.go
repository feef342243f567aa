package server_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// snapshot is every row of every table of the world's store, so that a test can say that
// nothing at all has changed.
func (w *world) snapshot(tb testing.TB) map[string][]string {
	tb.Helper()
	tables := `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	if strings.HasPrefix(w.storeURL, "sqlite://") {
		tables = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	}
	db := w.database(tb)
	defer db.Close()
	state := make(map[string][]string)
	for _, table := range rows(tb, db, tables) {
		name := strings.Trim(table, "|")
		state[name] = rows(tb, db, `SELECT * FROM `+name)
		slices.Sort(state[name])
	}
	if len(state["resources"]) == 0 || len(state["tokens"]) == 0 {
		tb.Fatalf("a snapshot of nothing: %v", state)
	}
	return state
}

// snapshotOf is every row of one table.
func (w *world) snapshotOf(tb testing.TB, table string) []string {
	tb.Helper()
	db := w.database(tb)
	defer db.Close()
	return rows(tb, db, `SELECT * FROM `+table)
}

func (w *world) database(tb testing.TB) *sql.DB {
	tb.Helper()
	driver, source := "pgx", w.storeURL
	if path, ok := strings.CutPrefix(w.storeURL, "sqlite://"); ok {
		driver, source = "sqlite", path
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

// rows returns a query's rows as texts.
func rows(tb testing.TB, db *sql.DB, query string) (all []string) {
	tb.Helper()
	found, err := db.QueryContext(tb.Context(), query)
	if err != nil {
		tb.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	for found.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(sql.NullString)
		}
		if err := found.Scan(values...); err != nil {
			tb.Fatal(err)
		}
		row := ""
		for _, v := range values {
			row += fmt.Sprint(v.(*sql.NullString).String, "|")
		}
		all = append(all, row)
	}
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}
