package queue_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/queue"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
	"scimrelay/tenants"
)

const probeRead relaytest.Operation = "probe"

// visit is one call to a clinic's vendor.
type visit struct {
	at        time.Time
	operation relaytest.Operation
	key       string
}

// clinic is a process with one target whose vendor is ill, in a bubble where time costs nothing.
type clinic struct {
	*process
	*relaytest.Vendor
	tb     testing.TB
	policy quarantine.Policy // of the relay
	file   string            // of the store

	mu     sync.Mutex
	answer func(op relaytest.Operation, key string) error
	takes  time.Duration
	visits []visit
	inside int
	most   int
}

// Probe implements connectors.Prober.
func (c *clinic) Probe(ctx context.Context) error { return c.call(ctx, probeRead, "") }

func (c *clinic) call(ctx context.Context, op relaytest.Operation, key string) error {
	c.mu.Lock()
	c.visits = append(c.visits, visit{time.Now(), op, key})
	c.inside++
	c.most = max(c.most, c.inside)
	answer, takes := c.answer, c.takes
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.inside--
		c.mu.Unlock()
	}()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return connectors.FaultOf(ctx.Err())
	}
	if answer == nil {
		return nil
	}
	return answer(op, key)
}

// newClinic has so many people due at the target, and sweeps at the interval.
func newClinic(tb testing.TB, people int, every time.Duration) *clinic {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "scimrelay-test-") // where fsync costs nothing
	if err != nil {
		dir = tb.TempDir()
	} else {
		tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	}
	url := storetest.Fresh(tb, dir)
	c := &clinic{Vendor: &relaytest.Vendor{}, tb: tb, takes: 10 * time.Millisecond,
		policy: quarantine.Default(), file: strings.TrimPrefix(url, "sqlite://")}
	s := openStore(tb, url)
	c.Vendor.Before = c.call
	c.process = start(tb, s, queue.NewInProcess(), every)
	for i := range people {
		c.commit(tb, relaytest.Tenant, fmt.Sprint("user", i))
	}
	return c
}

// open lets the target be worked on.
func (c *clinic) open(concurrency int) {
	r := relaytest.NewRelay(c.tb, c.store)
	r.Policy, r.Jitter = c.policy, rand.Float64
	session := relaytest.NewSession(c.tb, r, relaytest.Tenant, relaytest.Target, c)
	session.Concurrency = concurrency
	session.Target.Guard = tenants.Guard{Off: true} // a whole company of five may leave
	c.sessions.mu.Lock()
	defer c.sessions.mu.Unlock()
	c.sessions.open[queue.Key{Tenant: relaytest.Tenant, Target: relaytest.Target}] = session
}

// says has the vendor answer every call so from now on, nil as it should.
func (c *clinic) says(answer func(op relaytest.Operation, key string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

func always(class connectors.Class) func(relaytest.Operation, string) error {
	return func(relaytest.Operation, string) error { return connectors.Faultf(class, "no") }
}

// seen returns the calls so far and forgets them.
func (c *clinic) seen() (visits []visit, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	visits, most = c.visits, c.most
	c.visits, c.most = nil, 0
	return visits, most
}

func (c *clinic) health() quarantine.State {
	c.tb.Helper()
	status, err := c.store.Targets.Status(context.Background(), relaytest.Tenant, relaytest.Target)
	if err != nil {
		c.tb.Fatal(err)
	}
	return status.Health
}

// until lets time pass, in steps, until it holds.
func (c *clinic) until(what string, step, limit time.Duration, holds func() bool) {
	c.tb.Helper()
	for end := time.Now().Add(limit); !holds(); <-time.After(step) {
		if time.Now().After(end) {
			c.tb.Fatalf("waited %v in vain until %s: %+v", limit, what, c.health())
		}
	}
}

func (c *clinic) phase(want quarantine.Phase) func() bool {
	return func() bool { return c.health().Phase == want }
}

// asked is what an administrator asks for the target.
func asked() store.Order {
	return store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "test", Reason: "a test"}
}

func (c *clinic) deactivate(id, name string) {
	c.tb.Helper()
	_, err := c.store.Directory.Update(context.Background(), store.Write{Tenant: relaytest.Tenant, Targets: []string{relaytest.Target}}, scim.TypeUser, id,
		func(scim.Resource) (store.Revision, error) {
			return store.Revision{Body: fmt.Appendf(nil, `{"userName":%q,"active":false}`, name), Keys: store.Keys{Name: name}}, nil
		})
	if err != nil {
		c.tb.Fatal(err)
	}
}

// notices are the kinds of what is to be told, oldest first.
func (c *clinic) notices() (kinds []string) {
	c.tb.Helper()
	db, err := sql.Open("sqlite", "file:"+c.file)
	if err != nil {
		c.tb.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT kind FROM notices ORDER BY at, id`)
	if err != nil {
		c.tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			c.tb.Fatal(err)
		}
		kinds = append(kinds, kind)
	}
	if err := rows.Err(); err != nil {
		c.tb.Fatal(err)
	}
	return kinds
}

// kinds are the kinds of the tenant's events about targets, oldest first.
func (c *clinic) kinds() (kinds []string) {
	c.tb.Helper()
	events, err := c.store.Events.Latest(context.Background(), relaytest.Tenant, 100_000)
	if err != nil {
		c.tb.Fatal(err)
	}
	for _, e := range slices.Backward(events) {
		if e.Resource == "" {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}
