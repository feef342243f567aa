package services

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Standby starts a server that follows this one by streaming. When it is synchronous, a commit here
// waits for it.
func (p *Postgres) Standby(tb testing.TB, synchronous bool) *Postgres {
	tb.Helper()
	s := &Postgres{server{programs: p.programs, owner: p.owner}}
	tb.Cleanup(s.stop)
	if err := s.follow(p); err != nil {
		tb.Fatal(err)
	}
	if synchronous {
		p.Exec(tb, "ALTER SYSTEM SET synchronous_standby_names = '*'")
		p.Exec(tb, "SELECT pg_reload_conf()")
	}
	return s
}

func (p *Postgres) follow(primary *Postgres) (err error) {
	if p.dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return err
	}
	if p.owner != nil {
		if err := os.Chown(p.dir, int(p.owner.Uid), int(p.owner.Gid)); err != nil {
			return err
		}
	}
	backup := exec.Command(filepath.Join(p.programs, "pg_basebackup"), "-h", "127.0.0.1", "-p", fmt.Sprint(primary.port),
		"-U", "postgres", "-D", p.data(), "-R", "-X", "stream", "-c", "fast")
	backup.Dir, backup.SysProcAttr = p.dir, &syscall.SysProcAttr{Credential: p.owner}
	if out, err := backup.CombinedOutput(); err != nil {
		return fmt.Errorf("services: pg_basebackup: %w: %s", err, out)
	}
	if p.port, err = freePort(); err != nil {
		return err
	}
	return p.launch()
}

// Promote makes the standby a primary.
func (p *Postgres) Promote(tb testing.TB) {
	tb.Helper()
	p.Exec(tb, "SELECT pg_promote()")
}

// Both is the URL of whichever of the two servers takes writes.
func (p *Postgres) Both(other *Postgres) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable&target_session_attrs=read-write", p.port, other.port)
}
