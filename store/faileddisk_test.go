package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unsynced makes the file take what is written and refuse to sync, as a disk with an error does:
// that is how /dev/null behaves. The returned function mends it; it may be called again.
func unsynced(t *testing.T, path string) (mend func()) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	kept := make(map[int]int) // the file's descriptors and where they are meanwhile
	for _, link := range links {
		to, _ := os.Readlink(link)
		if to != path {
			continue
		}
		fd, err := strconv.Atoi(filepath.Base(link))
		if err == nil {
			kept[fd], err = syscall.Dup(fd)
		}
		if err == nil {
			err = syscall.Dup3(int(null.Fd()), fd, syscall.O_CLOEXEC)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(kept) == 0 {
		t.Fatalf("nobody has %s open", path)
	}
	return func() {
		for fd, was := range kept {
			if err := syscall.Dup3(was, fd, syscall.O_CLOEXEC); err != nil {
				t.Error(err)
			}
			_ = syscall.Close(was)
		}
		clear(kept)
		_ = null.Close()
	}
}

// S38: after an fsync that failed nothing is acknowledged, not even what waited for its lane
// already, and not even when the disk has come to itself: a later sync that succeeds says nothing
// of what the system has forgotten.
func TestWhatWaitsBehindAFailedSyncIsNotAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(t.Context(), "sqlite://"+path, Options{Busy: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	create := func(name string) error {
		_, err := s.Directory.Create(context.Background(), Write{Tenant: "acme"}, "User", name, Revision{Body: []byte("{}"), Keys: Keys{Name: name}})
		return err
	}
	if err := create("before"); err != nil {
		t.Fatal(err)
	}
	var mend func()
	began, over := make(chan struct{}), make(chan struct{})
	first, second, third := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() {
		first <- s.db.commit.do(context.Background(), locks{row: "5"}, func(ctx context.Context, t *tx) error {
			close(began)
			<-over
			return t.exec(ctx, `INSERT INTO settings (name, value) VALUES ('test', '1')`)
		})
	}()
	<-began
	mend = unsynced(t, path+"-wal")
	t.Cleanup(func() {
		mend()
		_ = s.Close()
	})
	go func() {
		second <- s.db.commit.do(context.Background(), locks{row: "5"}, func(context.Context, *tx) error {
			mend() // the error was a single one
			return nil
		})
	}()
	go func() { third <- create("after") }()
	waitUntil(t, "both wait", func() bool { return len(s.db.commit.shared) == 2 })
	close(over)
	for name, ended := range map[string]chan error{"the one that met it": first, "the next": second, "the one after": third} {
		if err := <-ended; !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBusy) {
			t.Errorf("%s: %v", name, err)
		} else if name != "the one that met it" && !strings.Contains(err.Error(), "the disk has failed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	select {
	case <-s.Failed():
	default:
		t.Error("nobody is told that the disk has failed")
	}
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(30 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
