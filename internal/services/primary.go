package services

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Postgres is one PostgreSQL of one test, which may fall silent, die and come back.
type Postgres struct{ server }

// NewPostgres starts a server with an empty database and stops it with the test.
func NewPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	p := &Postgres{}
	tb.Cleanup(func() {
		p.Resume(tb) // whoever is silent does not hear that it is to end
		p.stop()
	})
	if err := p.start(); err != nil {
		tb.Fatal(err)
	}
	return p
}

// URL is where the gateway finds it.
func (p *Postgres) URL() string { return p.url("postgres") }

// Exec runs a statement on a connection of its own.
func (p *Postgres) Exec(tb testing.TB, statement string) {
	tb.Helper()
	db, err := sql.Open("pgx", p.URL())
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		tb.Fatal(err)
	}
}

// Pause makes the server fall silent: it still accepts connections, as the kernel does for it,
// and nothing answers.
func (p *Postgres) Pause(tb testing.TB) { p.signal(tb, syscall.SIGSTOP) }

// Resume lets it go on.
func (p *Postgres) Resume(tb testing.TB) { p.signal(tb, syscall.SIGCONT) }

// Kill ends it at once, as a machine that fails does.
func (p *Postgres) Kill(tb testing.TB) {
	p.signal(tb, syscall.SIGKILL)
	<-p.ended
}

// Start starts it again with what it had kept.
func (p *Postgres) Start(tb testing.TB) {
	tb.Helper()
	_ = os.Remove(filepath.Join(p.data(), "postmaster.pid")) // of the one that was killed
	var err error
	for range 20 { // what worked for the one that was killed may hold its memory a moment longer
		if err = p.launch(); err == nil {
			return
		}
	}
	tb.Fatal(err)
}

// signal reaches the server and its workers, each of which is a process.
func (p *Postgres) signal(tb testing.TB, s syscall.Signal) {
	tb.Helper()
	first := p.cmd.Process.Pid
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Error(err)
	}
	for _, child := range children(tb, first) {
		_ = syscall.Kill(child, s) // one that has just ended is fine
	}
}

// children are the processes that a process has started.
func children(tb testing.TB, of int) (pids []int) {
	tb.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		tb.Fatal(err)
	}
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil { // it has ended
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ") // its name may hold anything
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(of) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			pids = append(pids, pid)
		}
	}
	return pids
}
