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
	logins := func(o *office, since int) int { return strings.Count(strings.Join(o.Calls(since), " "), "/login") }
	t.Run("expired at the vendor", func(t *testing.T) {
		o := newOffice(t)
		o.Turn(`{"session_lifetime": "10m"}`)
		o.create("1", "ana@acme.test")
		o.Clock.Advance(11 * time.Minute)
		before := o.Count()
		o.create("2", "eva@acme.test")
		if calls := o.Calls(before); logins(o, before) != 1 || calls[0] != "POST /users 401" || len(calls) != 4 {
			t.Error(calls)
		}
	})
	t.Run("renewed before it expires", func(t *testing.T) {
		o := newOffice(t, noTable)
		o.create("1", "ana@acme.test")
		o.Clock.Advance(49 * time.Minute)
		before := o.Count()
		o.Find(o.record("1", "ana@acme.test", nil))
		o.Clock.Advance(2 * time.Minute)
		o.Find(o.record("1", "ana@acme.test", nil))
		if got := strings.Join(o.Calls(before), ", "); got != "GET /users 200, POST /login 200, GET /users 200" {
			t.Error(got)
		}
	})
	t.Run("one login for many", func(t *testing.T) {
		o := newOffice(t)
		o.Turn(`{"latency": "20ms"}`)
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if _, err := o.Connector.Find(t.Context(), o.record(fmt.Sprint(i), fmt.Sprintf("a%d@acme.test", i), nil)); !connectors.Is(err, connectors.NotFound) {
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
		o.Turn(`{"keys_revoked": true}`)
		before := o.Count()
		for range 2 {
			if _, err := o.Connector.Find(t.Context(), o.record("1", "ana@acme.test", nil)); !connectors.Is(err, connectors.Auth) {
				t.Fatal(err)
			}
		}
		if got := strings.Join(o.Calls(before), ", "); got != "GET /users 401, POST /login 401, POST /login 401" {
			t.Error(got)
		}
		o.Turn(`{}`)
		o.Find(o.record("1", "ana@acme.test", nil))
	})
	t.Run("one object is denied", func(t *testing.T) {
		o := newOffice(t)
		made := o.create("1", "ana@acme.test")
		o.Turn(`{"rules": [{"method": "PUT", "path": "/api/v4/users/*", "status": 403}]}`)
		before := o.Count()
		if _, err := o.Connector.Deactivate(t.Context(), made); !connectors.Is(err, connectors.Denied) {
			t.Error(err)
		}
		if logins(o, before) != 1 || len(o.Calls(before)) != 3 {
			t.Error(o.Calls(before))
		}
	})
}
