package services

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis is one redis-server of a test.
type Redis struct {
	Addr string

	port int
	cmd  *exec.Cmd
}

// NewRedis starts a redis-server that keeps nothing on disk and stops it with the test.
func NewRedis(tb testing.TB) *Redis {
	tb.Helper()
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	r := &Redis{port: port, Addr: fmt.Sprintf("127.0.0.1:%d", port)}
	r.Start(tb)
	tb.Cleanup(r.Kill)
	return r
}

// URL is where the gateway finds it.
func (r *Redis) URL() string { return "redis://" + r.Addr + "/0" }

// Start starts the server, empty, on its port, and waits until it answers.
func (r *Redis) Start(tb testing.TB) {
	tb.Helper()
	program, err := find("redis-server", "/usr/bin/redis-server")
	if err != nil {
		tb.Fatal(err)
	}
	r.cmd = exec.Command(program, "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--dir", tb.TempDir())
	r.cmd.SysProcAttr = dieWithUs(nil, syscall.SIGKILL)
	var said bytes.Buffer
	r.cmd.Stdout, r.cmd.Stderr = &said, &said
	if err := r.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	client := r.Client()
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for client.Ping(ctx).Err() != nil {
		select {
		case <-ctx.Done():
			r.Kill()
			tb.Fatalf("services: redis-server does not answer: %s", said.String())
		case <-tick.C:
		}
	}
}

// Client returns a client the caller closes.
func (r *Redis) Client() *redis.Client { return redis.NewClient(&redis.Options{Addr: r.Addr}) }

// Kill ends the server at once; what it held is gone.
func (r *Redis) Kill() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
	r.cmd = nil
}

// Pause makes the server fall silent: connections stay open and nothing answers.
func (r *Redis) Pause(tb testing.TB) { r.signal(tb, syscall.SIGSTOP) }

// Resume lets it go on.
func (r *Redis) Resume(tb testing.TB) { r.signal(tb, syscall.SIGCONT) }

func (r *Redis) signal(tb testing.TB, s syscall.Signal) {
	tb.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		tb.Fatal(err)
	}
}
