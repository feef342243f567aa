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
	"go.uber.org/goleak"
)

// server is the one PostgreSQL of a test process; each test gets a database of its own in it.
type server struct {
	once     sync.Once
	err      error
	programs string // the folder they are in
	owner    *syscall.Credential
	dir      string
	port     int
	cmd      *exec.Cmd
	ended    <-chan struct{} // closed when the server's process has ended
	why      error           // and what it ended with
	mu       sync.Mutex
	count    int
}

// Databases hands out PostgreSQL databases. The server starts with the first one and lives
// until Stop.
type Databases struct{ server server }

// Main runs a package's tests with databases and stops the server afterwards. Goroutines that the
// tests have left behind fail them, but for those that are ignored.
func Main(m *testing.M, databases *Databases, ignored ...goleak.Option) int {
	code := m.Run()
	databases.Stop()
	if err := goleak.Find(ignored...); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "left behind:", err)
		code = 1
	}
	return code
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

// start makes a cluster in a temporary folder and starts its server.
func (s *server) start() error {
	if err := s.create(); err != nil {
		return err
	}
	return s.launch()
}

// create makes a cluster in a temporary folder.
func (s *server) create() error {
	initdb, err := find("initdb", "/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return err
	}
	if initdb, err = filepath.EvalSymlinks(initdb); err != nil { // its siblings lie where it really is
		return err
	}
	s.programs = filepath.Dir(initdb)
	if s.owner, err = account("postgres"); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return err
	}
	if s.owner != nil {
		if err := os.Chown(s.dir, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
			return err
		}
	}
	create := exec.Command(initdb, "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
	create.Dir, create.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.owner}
	if out, err := create.CombinedOutput(); err != nil {
		return fmt.Errorf("services: initdb: %w: %s", err, out)
	}
	s.port, err = freePort()
	return err
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// launch starts the cluster's server and waits until it answers. Durability settings stay as they
// are in production: what tests prove is that a commit is one.
func (s *server) launch() error {
	s.cmd = exec.Command(filepath.Join(s.programs, "postgres"), "-D", s.data(), "-p", fmt.Sprint(s.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "max_connections=200")
	s.cmd.Dir, s.cmd.SysProcAttr = s.dir, dieWithUs(s.owner, syscall.SIGQUIT)
	s.cmd.SysProcAttr.Setpgid = true
	if err := s.cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func(cmd *exec.Cmd) { s.why = cmd.Wait(); close(ended) }(s.cmd)
	s.ended = ended
	return s.wait()
}

// wait asks until the server answers, or has ended.
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
		case <-s.ended:
			return fmt.Errorf("services: postgres has ended: %w", s.why)
		case <-tick.C:
		}
	}
}

// Stop ends the server this process started, if it did.
func (d *Databases) Stop() { d.server.stop() }

func (s *server) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGINT)
		<-s.ended
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}
