package relay_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
)

// careless is a vendor without unique keys, whose searches and reads show an account only some
// time after it was made: the one that a second create gives a second account.
type careless struct {
	clock *relaytest.Clock
	lag   time.Duration
	// bare answers a create with the id only and an active account, as many vendors do.
	bare bool
	// after is asked once a call has been carried out; an error replaces its answer.
	after func(ctx context.Context, op relaytest.Operation, key string) error

	mu       sync.Mutex
	accounts []*held
	calls    []string
}

type held struct {
	connectors.Remote
	made time.Time
}

func (c *careless) call(ctx context.Context, op relaytest.Operation, key string, do func() error) error {
	if err := ctx.Err(); err != nil {
		return connectors.FaultOf(err)
	}
	c.mu.Lock()
	c.calls = append(c.calls, string(op)+" "+key)
	err := do()
	c.mu.Unlock()
	if err == nil && c.after != nil {
		err = c.after(ctx, op, key)
	}
	return err
}

func (c *careless) Find(ctx context.Context, want connectors.Record) (found connectors.Remote, err error) {
	err = c.call(ctx, relaytest.Find, want.Key, func() error {
		for _, a := range c.accounts {
			shown := !c.clock.Now().Before(a.made.Add(c.lag))
			if shown && (a.ID == want.VendorID || want.VendorID == "" && strings.EqualFold(a.Key, want.Key)) {
				found = a.Remote
				return nil
			}
		}
		return connectors.Faultf(connectors.NotFound, "no such account")
	})
	return found, err
}

func (c *careless) Create(ctx context.Context, want connectors.Record) (made connectors.Remote, err error) {
	err = c.call(ctx, relaytest.Create, want.Key, func() error {
		a := &held{connectors.Remote{ID: strconv.Itoa(len(c.accounts) + 1), Key: want.Key, Active: want.Active || c.bare,
			Fields: map[string]any{}}, c.clock.Now()}
		if !c.bare {
			for name, value := range want.Fields {
				a.Fields[name] = value
			}
		}
		c.accounts = append(c.accounts, a)
		made = a.Remote
		return nil
	})
	if err != nil {
		return connectors.Remote{}, err // a lost answer tells no id
	}
	return made, nil
}

func (c *careless) change(ctx context.Context, op relaytest.Operation, have connectors.Remote, do func(*held)) (connectors.Remote, error) {
	err := c.call(ctx, op, have.Key, func() error {
		for _, a := range c.accounts {
			if a.ID == have.ID {
				do(a)
				have = a.Remote
				return nil
			}
		}
		return connectors.Faultf(connectors.NotFound, "no such account")
	})
	return have, err
}

func (c *careless) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	sent := connectors.Difference(have.Fields, want.Fields)
	if len(sent) == 0 {
		return have, nil
	}
	return c.change(ctx, relaytest.Update, have, func(a *held) {
		for name, value := range sent {
			a.Fields[name] = value
		}
	})
}

func (c *careless) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	return c.change(ctx, relaytest.Deactivate, have, func(a *held) { a.Active = false })
}

func (c *careless) Reactivate(ctx context.Context, have connectors.Remote, _ connectors.Record) (connectors.Remote, error) {
	return c.change(ctx, relaytest.Reactivate, have, func(a *held) { a.Active = true })
}

func (c *careless) Delete(ctx context.Context, have connectors.Remote) error {
	_, err := c.change(ctx, relaytest.Delete, have, func(a *held) { a.Active = false })
	return err
}

// at returns a world at a careless vendor.
func at(t *testing.T, lag time.Duration) (*relaytest.World, *careless) {
	t.Helper()
	w := relaytest.New(t)
	v := &careless{clock: w.Clock, lag: lag}
	w.Session.Connector = v
	return w, v
}

// one fails when the gateway made another number of accounts than one.
func (c *careless) one(t *testing.T) *held {
	t.Helper()
	if len(c.accounts) != 1 {
		t.Fatalf("%d accounts for one person, want 1; calls %q", len(c.accounts), c.calls)
	}
	return c.accounts[0]
}
