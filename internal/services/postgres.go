package services

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
)

// server is the one PostgreSQL of a test process; each test gets a database of its own in it.
type server struct {
	once  sync.Once
	err   error
	dir   string
	port  int
	cmd   *exec.Cmd
	mu    sync.Mutex
	count int

	data, program string
	who           *syscall.Credential
}

// Databases hands out PostgreSQL databases. The server starts with the first one and lives
// until Stop.
type Databases struct{ server server }

// Main runs a package's tests with databases and stops the server afterwards.
func Main(m *testing.M, databases *Databases) int {
	defer databases.Stop()
	return m.Run()
}

// New returns the URL of a new, empty database.
func (d *Databases) New(tb testing.TB) string {
	tb.Helper()
	s := &d.server
	s.once.Do(func() { s.err = s.start() })
	if s.err != nil {
		tb.Fatal(s.err)
	}
	s.mu.Lock()
	s.count++
	name := fmt.Sprintf("test_%d", s.count)
	s.mu.Unlock()
	admin, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		tb.Fatal(err)
	}
	return s.url(name)
}

func (s *server) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// start makes a cluster in a temporary folder and starts its server. Durability settings stay
// as they are in production: what tests prove is that a commit is one.
func (s *server) start() error {
	initdb, err := find("initdb", "/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return err
	}
	if initdb, err = filepath.EvalSymlinks(initdb); err != nil { // its siblings lie where it really is
		return err
	}
	postgres := filepath.Join(filepath.Dir(initdb), "postgres")
	who, err := account("postgres")
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return err
	}
	if who != nil {
		if err := os.Chown(s.dir, int(who.Uid), int(who.Gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(s.dir, "data")
	create := exec.Command(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
	create.Dir, create.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: who}
	if out, err := create.CombinedOutput(); err != nil {
		return fmt.Errorf("services: initdb: %w: %s", err, out)
	}
	s.data, s.program, s.who = data, postgres, who
	if s.port, err = freePort(); err != nil {
		return err
	}
	return s.launch()
}

// launch starts the server of a cluster that is there, and waits until it answers.
func (s *server) launch() error {
	s.cmd = exec.Command(s.program, "-D", s.data, "-p", fmt.Sprint(s.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "max_connections=200")
	s.cmd.Dir, s.cmd.SysProcAttr = s.dir, dieWithUs(s.who, syscall.SIGQUIT)
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.wait()
}

// wait asks until the server answers.
func (s *server) wait() error {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("services: postgres does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// Stop ends the server this process started, if it did.
func (d *Databases) Stop() { d.server.stop() }

func (s *server) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGINT)
		_ = s.cmd.Wait()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}
