package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// connectLimit bounds one attempt to reach a server, unless its URL says otherwise: one that
// accepts and says nothing would hold the start, or a writer, for ever.
const connectLimit = 10 * time.Second

// idleLimit is how long the server lets a transaction stand still before it takes it back. A process
// that was stopped in the middle of one, or whose machine is gone, would hold its target's lease by
// the rows it has locked, however long ago the lease is over.
const idleLimit = 8 * time.Second

func postgresEngine(dsn string) engine {
	return engine{
		name: "postgres", driver: "pgx", writes: dsn, reads: dsn,
		busy:     func(err error) bool { return postgresClass(err, "53300", "55P03", "40") },
		trouble:  postgresTrouble,
		look:     "SELECT pg_is_in_recovery() OR CAST(current_setting('transaction_read_only') AS BOOLEAN)",
		begin:    "BEGIN",
		mark:     func(n int) string { return "$" + strconv.Itoa(n) },
		arrays:   true,
		share:    "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))",
		exclude:  "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
		patience: 10 * time.Second,
		lanes:    4, conns: 16,
		clock: "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
		// 23503: a resource went while its links were being made; the next look does not see it.
		again: func(err error) bool { return postgresClass(err, "40", "23503") },
		tune: func(time.Duration) string {
			return fmt.Sprintf("SET idle_in_transaction_session_timeout = %d", idleLimit.Milliseconds())
		},
		inputError: func(err error) bool { return postgresClass(err, "22", "23", "40", "54") },
		duplicate:  func(err error) bool { return postgresClass(err, "23505") },
		moment:     sql.LevelRepeatableRead,
	}
}

func postgresTrouble(err error) Trouble {
	switch {
	case postgresClass(err, "53100", "58030"): // a full disk, an I/O error
		return DiskFull
	case postgresClass(err, "25006"):
		return ReadOnly
	}
	return ""
}

// brokenConn reports that a connection to a server turned out to be of no use, which says nothing
// of the server that runs now.
func brokenConn(err error) bool {
	var refused *pgconn.ConnectError
	var network net.Error
	switch {
	case err == nil, errors.As(err, &refused):
		return false
	case postgresClass(err, "57P01", "57P02", "57P05"): // it was told to end, has crashed, or stood still for too long
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.As(err, &network) && !network.Timeout()
}

// postgresClass reports whether err carries an SQLSTATE that begins with one of the prefixes.
func postgresClass(err error, prefixes ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	for _, p := range prefixes {
		if strings.HasPrefix(e.Code, p) {
			return true
		}
	}
	return false
}
