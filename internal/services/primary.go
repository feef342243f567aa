package services

import (
	"syscall"
	"testing"
)

// Postgres is one PostgreSQL of a test, which may be killed and started again.
type Postgres struct{ server }

// NewPostgres starts a server that ends with the test.
func NewPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	p := &Postgres{}
	tb.Cleanup(p.stop)
	if err := p.start(); err != nil {
		tb.Fatal(err)
	}
	return p
}

// URL is the server's first database, which is empty.
func (p *Postgres) URL() string { return p.url("postgres") }

// Kill is kill -9 to the server and whatever works for it.
func (p *Postgres) Kill() {
	if p.cmd == nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
	p.cmd = nil
}

// Start starts the server again on what it left. What worked for the one before may hold its
// memory for a moment longer.
func (p *Postgres) Start(tb testing.TB) {
	tb.Helper()
	var err error
	for range 20 {
		if err = p.launch(); err == nil {
			return
		}
	}
	tb.Fatal(err)
}

// Pause makes the server fall silent: connections stay open and nothing answers.
func (p *Postgres) Pause(tb testing.TB) { p.signal(tb, syscall.SIGSTOP) }

// Resume lets it go on.
func (p *Postgres) Resume(tb testing.TB) { p.signal(tb, syscall.SIGCONT) }

func (p *Postgres) signal(tb testing.TB, s syscall.Signal) {
	tb.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, s); err != nil {
		tb.Fatal(err)
	}
}
