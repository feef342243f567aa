package e2e_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/internal/services"
)

// C07: each process of a cluster is replaced by a new one under load, while calls to a slow vendor
// are under way. No request is cut or refused, and everybody has one account.
func TestAClusterIsRolledAndNobodyNotices(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "C07")
	rolls := 1
	if board.IsNightly() {
		rolls = 3
	}
	v := startVendor(t)
	v.faults(t, `{"rate_limit":0,"latency":"1s"}`)
	i := install(t, databases.New(t), services.NewRedis(t).URL(), v)
	gateway, worker := i.member(t, "gateway"), i.worker(t)
	front := newExchange(t, gateway.addr) // as a load balancer
	load := i.load(t, front.Addr().String())
	for roll := range rolls {
		eventually(t, 60*time.Second, "there is load", func() bool { return load.answered() >= 100*(roll+1) })
		next := i.member(t, "gateway")
		front.lead(next.addr)
		gateway.leaves(t)
		gateway = next
		next = i.worker(t)
		worker.leaves(t)
		worker = next
	}
	statuses := load.end()
	people := statuses[http.StatusCreated]
	if len(statuses) != 1 {
		t.Errorf("answers %v", statuses)
	}
	v.faults(t, `{"rate_limit":0}`)
	eventually(t, 120*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), people) })
	check.Work("creations acknowledged while a cluster was rolled", people, 100*rolls)
}

// leaves tells the process to stop and holds it to the time that an orchestrator gives it.
func (p *process) leaves(t *testing.T) {
	t.Helper()
	begun := time.Now()
	if err := p.end(t); err != nil || time.Since(begun) > 45*time.Second {
		t.Errorf("it ended after %v: %v", time.Since(begun), err)
	}
}

// load is clients that create people until it ends, fifty a second together.
type load struct {
	mu       sync.Mutex
	statuses map[int]int
	stop     chan struct{}
	all      sync.WaitGroup
}

// load begins, at an address that leads to the installation's gateways.
func (i *installation) load(t *testing.T, addr string) *load {
	t.Helper()
	l := &load{statuses: map[int]int{}, stop: make(chan struct{})}
	token := i.client(t, "t0").token
	for n := range 8 {
		c := &client{base: "http://" + addr + "/t/t0/scim/v2", token: token,
			http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}} // one connection each
		l.all.Go(func() { l.create(c, n) })
	}
	return l
}

func (l *load) create(c *client, worker int) {
	tick := time.NewTicker(160 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		status, _, _ := c.do(http.MethodPost, "/Users", user(fmt.Sprintf("u%d.%d@acme.example", worker, n)))
		l.mu.Lock()
		l.statuses[status]++
		l.mu.Unlock()
	}
}

func (l *load) answered() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, count := range l.statuses {
		n += count
	}
	return n
}

// end ends the load and returns how often there was which answer, 0 for none.
func (l *load) end() map[int]int {
	close(l.stop)
	l.all.Wait()
	return l.statuses
}
