package e2e_test

import (
	"fmt"
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

// C06: a worker is stopped in the middle of its turns and goes on when others have done them. Its
// lease was taken over, and what it thought to be doing changes nothing any more.
func TestAWorkerThatWasPausedIsFencedOff(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "C06")
	v := startVendor(t)
	v.faults(t, `{"rate_limit":0,"latency":"100ms"}`)
	i := install(t, databases.New(t), services.NewRedis(t).URL(), v)
	c := i.client(t, "t0")
	i.serve(t, "--role", "gateway")
	workers := []*process{i.worker(t), i.worker(t)}
	const rounds, people = 4, 60
	for round := range rounds {
		push(t, c, fmt.Sprint("round", round), people, 8)
		atWork := round*people + 5
		eventually(t, 60*time.Second, "they are being made", func() bool { return len(v.accounts(t)) >= atWork })
		workers[round%2].pause(t)
		eventually(t, 90*time.Second, "the other worker has done the rest", func() bool {
			return allActive(v.accounts(t), (round+1)*people)
		})
		workers[round%2].resume(t)
	}
	push(t, c, "last", people, 8)
	eventually(t, 90*time.Second, "both work on", func() bool { return allActive(v.accounts(t), (rounds+1)*people) })
	check.Work("pauses of a worker at work", rounds, 4)
}
