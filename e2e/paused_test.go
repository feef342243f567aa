package e2e_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/internal/services"
)

// pause stops the process as a whole; it holds whatever it held.
func (p *process) pause(t *testing.T) { p.signal(t, syscall.SIGSTOP) }

func (p *process) resume(t *testing.T) { p.signal(t, syscall.SIGCONT) }

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// calls is how many calls to vendors the worker has made.
func (p *process) calls(t *testing.T) (n float64) {
	t.Helper()
	metrics(t, p.addr, func(name, value string) {
		if strings.HasPrefix(name, "scimrelay_vendor_call_duration_seconds_count") {
			n += number(t, value)
		}
	})
	return n
}

// working is the worker that makes calls now.
func working(t *testing.T, workers []*process) (busy *process) {
	t.Helper()
	before := map[*process]float64{}
	for _, p := range workers {
		before[p] = p.calls(t)
	}
	eventually(t, 30*time.Second, "a worker is at work", func() bool {
		for _, p := range workers {
			if p.calls(t) > before[p]+2 {
				busy = p
			}
		}
		return busy != nil
	})
	return busy
}

// C06: the worker that holds the lease is stopped in the middle of its turn and goes on when another
// has taken over. What it thought to be doing is refused, and kept in the audit as late.
func TestAWorkerThatWasPausedIsFencedOff(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "C06")
	v := startVendor(t)
	v.faults(t, `{"rate_limit":0,"latency":"100ms"}`)
	i := install(t, databases.New(t), services.NewRedis(t).URL(), v)
	c := i.client(t, "t0")
	i.serve(t, "--role", "gateway")
	workers := []*process{i.worker(t), i.worker(t)}
	const rounds, people = 4, 120
	for round := range rounds {
		push(t, c, fmt.Sprint("round", round), people, 8)
		paused := working(t, workers)
		paused.pause(t)
		eventually(t, 90*time.Second, "the other worker has done the rest", func() bool {
			return allActive(v.accounts(t), (round+1)*people)
		})
		paused.resume(t)
		eventually(t, 30*time.Second, "it was told that it is late", func() bool { return i.late(t) > round })
	}
	push(t, c, "last", people, 8)
	eventually(t, 90*time.Second, "both work on", func() bool { return allActive(v.accounts(t), (rounds+1)*people) })
	check.Work("deeds of paused workers that came too late to be recorded", i.late(t), rounds)
}

// late is how many deeds the audit has of turns that had lost their lease.
func (i *installation) late(t *testing.T) int {
	t.Helper()
	out, errs, code := command(t, "audit", "export", "--tenant", "t0", "--config", i.config)
	if code != 0 {
		t.Fatal(errs)
	}
	return strings.Count(out, `"link.late"`)
}
