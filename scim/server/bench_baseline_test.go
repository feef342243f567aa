package server_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"scimrelay/scim"
)

var quiet = slog.New(slog.DiscardHandler)

// bare is Gin with one route, which reads and parses the body, saves it and answers it.
func bare(path string, save func(ctx context.Context, body []byte) error) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.POST(path, func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		doc := map[string]any{}
		if err == nil {
			err = json.Unmarshal(body, &doc)
		}
		if err == nil {
			err = save(c.Request.Context(), body)
		}
		if err != nil {
			c.String(http.StatusInternalServerError, err.Error())
			return
		}
		c.Data(http.StatusCreated, scim.MediaType, body)
	})
	return e
}

func parseOnly(path string) http.Handler {
	return bare(path, func(context.Context, []byte) error { return nil })
}

const (
	bareTables = `CREATE TABLE bare_users (id TEXT PRIMARY KEY, body TEXT NOT NULL)`
	bareOutbox = `CREATE TABLE bare_outbox (id TEXT PRIMARY KEY, target TEXT NOT NULL)`
	bareUser   = `INSERT INTO bare_users (id, body) VALUES ($1, $2)`
	bareRow    = `INSERT INTO bare_outbox (id, target) VALUES ($1, 'sage')`
)

// committing are the handlers that commit a user row and an outbox row, the way the store at
// the URL does: its journal, its fsync, its pool.
func committing(tb testing.TB, storeURL, path string) map[string]http.Handler {
	if !strings.HasPrefix(storeURL, "sqlite://") {
		db := prepared(tb, "pgx", storeURL, 16)
		return map[string]http.Handler{"commit": bare(path, func(ctx context.Context, body []byte) error { return insert(ctx, db, body) })}
	}
	alone := prepared(tb, "sqlite", filepath.Join(tb.TempDir(), "bare.db"), 1)
	shared := prepared(tb, "sqlite", filepath.Join(tb.TempDir(), "group.db"), 1)
	waiting := make(chan waiter, 4096)
	go group(shared, waiting)
	tb.Cleanup(func() { close(waiting) })
	return map[string]http.Handler{
		"commit": bare(path, func(ctx context.Context, body []byte) error { return insert(ctx, alone, body) }),
		"group": bare(path, func(_ context.Context, body []byte) error {
			me := waiter{body, make(chan error, 1)}
			waiting <- me
			return <-me.done
		}),
	}
}

func prepared(tb testing.TB, driver, source string, conns int) *sql.DB {
	tb.Helper()
	if driver == "sqlite" {
		source = "file:" + source + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	for _, table := range []string{bareTables, bareOutbox} {
		if _, err := db.ExecContext(tb.Context(), table); err != nil {
			tb.Fatal(err)
		}
	}
	return db
}

// insert commits the bodies in one transaction.
func insert(ctx context.Context, db *sql.DB, bodies ...[]byte) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, body := range bodies {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, bareUser, id.String(), string(body)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, bareRow, id.String()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

type waiter struct {
	body []byte
	done chan error
}

// group commits what waits, as many as the store does at most.
func group(db *sql.DB, waiting <-chan waiter) {
	for first := range waiting {
		batch := []waiter{first}
		for more := true; more && len(batch) < 128; {
			select {
			case w, open := <-waiting:
				if more = open; open {
					batch = append(batch, w)
				}
			default:
				more = false
			}
		}
		bodies := make([][]byte, len(batch))
		for i, w := range batch {
			bodies[i] = w.body
		}
		err := insert(context.Background(), db, bodies...)
		for _, w := range batch {
			w.done <- err
		}
	}
}
