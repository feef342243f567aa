package sage_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
)

func TestSessions(t *testing.T) {
	logins := func(o *office, since int) int { return strings.Count(strings.Join(o.calls(since), " "), "/login") }
	t.Run("expired at the vendor", func(t *testing.T) {
		o := newOffice(t)
		o.turn(`{"session_lifetime": "10m"}`)
		o.create("1", "ana@acme.test")
		o.clock.Advance(11 * time.Minute)
		before := o.count()
		o.create("2", "eva@acme.test")
		if calls := o.calls(before); logins(o, before) != 1 || calls[0] != "POST /users 401" || len(calls) != 4 {
			t.Error(calls)
		}
	})
	t.Run("renewed before it expires", func(t *testing.T) {
		o := newOffice(t, noTable)
		o.create("1", "ana@acme.test")
		o.clock.Advance(49 * time.Minute)
		before := o.count()
		o.find(o.record("1", "ana@acme.test", nil))
		o.clock.Advance(2 * time.Minute)
		o.find(o.record("1", "ana@acme.test", nil))
		if got := strings.Join(o.calls(before), ", "); got != "GET /users 200, POST /login 200, GET /users 200" {
			t.Error(got)
		}
	})
	t.Run("one login for many", func(t *testing.T) {
		o := newOffice(t)
		o.turn(`{"latency": "20ms"}`)
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if _, err := o.sage.Find(t.Context(), o.record(fmt.Sprint(i), fmt.Sprintf("a%d@acme.test", i), nil)); !connectors.Is(err, connectors.NotFound) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := logins(o, 0); n != 1 {
			t.Errorf("%d logins", n)
		}
	})
	t.Run("revoked", func(t *testing.T) {
		o := newOffice(t)
		o.create("1", "ana@acme.test")
		o.turn(`{"keys_revoked": true}`)
		before := o.count()
		for range 2 {
			if _, err := o.sage.Find(t.Context(), o.record("1", "ana@acme.test", nil)); !connectors.Is(err, connectors.Auth) {
				t.Fatal(err)
			}
		}
		if got := strings.Join(o.calls(before), ", "); got != "GET /users 401, POST /login 401, POST /login 401" {
			t.Error(got)
		}
		o.turn(`{}`)
		o.find(o.record("1", "ana@acme.test", nil))
	})
	t.Run("one object is denied", func(t *testing.T) {
		o := newOffice(t)
		made := o.create("1", "ana@acme.test")
		o.turn(`{"rules": [{"method": "PUT", "path": "/api/v4/users/*", "status": 403}]}`)
		before := o.count()
		if _, err := o.sage.Deactivate(t.Context(), made); !connectors.Is(err, connectors.Denied) {
			t.Error(err)
		}
		if logins(o, before) != 1 || len(o.calls(before)) != 3 {
			t.Error(o.calls(before))
		}
	})
}
