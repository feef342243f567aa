package relay_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/tenants"
)

// flight counts the calls under way at a vendor whose calls take a moment of the bubble.
type flight struct {
	mu        sync.Mutex
	now, most int
	fails     func() error
}

func (f *flight) before(context.Context, relaytest.Operation, string) error {
	f.mu.Lock()
	f.now++
	f.most = max(f.most, f.now)
	f.mu.Unlock()
	<-time.After(10 * time.Millisecond) // of the bubble: others come meanwhile
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now--
	if f.fails != nil {
		return f.fails()
	}
	return nil
}

// turn works on n new people and returns how many calls were under way at once.
func (f *flight) turn(w *relaytest.World, name string, n int) int {
	f.most = 0
	for i := range n {
		w.Person(fmt.Sprint(name, i), nil)
	}
	w.Clock.Advance(time.Minute)
	w.Turn()
	return f.most
}

// A vendor in trouble gets half of what is under way, once for all that fails together, and one
// more each time that as many links go well.
func TestConcurrencyIsWhatTheVendorBears(t *testing.T) {
	for name, fault := range map[string]*connectors.Fault{
		"throttled": connectors.Faultf(connectors.Throttled, "slow down"),
		"broken":    connectors.Faultf(connectors.Transient, "500"),
		"no answer": connectors.Faultf(connectors.Unknown, "no answer in time"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, f := relaytest.New(t), new(flight)
				w.Session.Concurrency, w.Vendor.Before = 8, f.before
				if n := f.turn(w, "first", 30); n != 8 {
					t.Errorf("%d at once, the target's concurrency is 8", n)
				}
				failures := 4 // of those under way, and below what sends a target to rest
				f.fails = func() error {
					if failures--; failures >= 0 {
						return fault
					}
					return nil
				}
				f.turn(w, "bad", 4)
				if n := f.turn(w, "half", 4); n != 4 {
					t.Errorf("%d at once after failures, want 4", n)
				}
				f.turn(w, "more", 40)
				if n := f.turn(w, "whole", 30); n != 8 {
					t.Errorf("%d at once after many went well, want 8", n)
				}
				_ = w.Store.Close()
			})
		})
	}
}

// That the account has no place for the target says nothing about what the vendor bears.
func TestOurOwnPaceIsNoTroubleOfTheVendor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := relaytest.New(t), new(flight)
		w.Session.Concurrency, w.Vendor.Before = 8, f.before
		once := true
		f.fails = func() error {
			if once {
				once = false
				return &connectors.Fault{Class: connectors.Throttled, RetryAfter: time.Second, Err: &connectors.NotBeforeError{Wait: time.Second}}
			}
			return nil
		}
		f.turn(w, "first", 1)
		if n := f.turn(w, "next", 30); n != 8 {
			t.Errorf("%d at once, want 8", n)
		}
		_ = w.Store.Close()
	})
}

// heard are settings whose connector is the world's vendor, and which keep what they were given.
type heard struct {
	vendor *relaytest.Vendor
	env    *connectors.Env
}

func (o heard) Open(env connectors.Env) (connectors.Connector, error) {
	*o.env = env
	return o.vendor, nil
}

// open opens the targets as the gateway does and returns what their connectors were given.
func open(t *testing.T, w *relaytest.World, targets ...tenants.Target) (envs []connectors.Env, sessions []*relay.Session) {
	t.Helper()
	var env connectors.Env
	products, err := connectors.NewRegistry(connectors.Product{Name: "memory", Mapping: []byte("key: user.userName\nfields: {name: user.displayName}\n"),
		Settings: func(tenants.Target) (connectors.Settings, []configs.Fault) { return heard{w.Vendor, &env}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	directory := book{}
	for _, target := range targets {
		if directory[target.Tenant] == nil {
			directory[target.Tenant] = &tenants.Tenant{ID: target.Tenant}
		}
		directory[target.Tenant].Targets = append(directory[target.Tenant].Targets, target)
	}
	o := &relay.Opener{Relay: w.Relay, Tenants: directory, Products: products, AccountKey: []byte("key")}
	for _, target := range targets {
		s, _, err := o.Open(target.Tenant, target.ID)
		if err != nil {
			t.Fatal(err)
		}
		envs, sessions = append(envs, env), append(sessions, s)
	}
	return envs, sessions
}

// A vendor that answers ever more slowly is overloaded, long before it says so. One kind of call
// that always takes longer than another is none.
func TestRisingLatencyHalvesTheConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := relaytest.New(t), new(flight)
		w.Vendor.Before = f.before
		envs, sessions := open(t, w, tenants.Target{Tenant: relaytest.Tenant, ID: relaytest.Target, Product: "memory", Activate: true,
			Sync: tenants.Sync{Create: true, Update: true, Delete: true}, Rate: tenants.Rate{Concurrency: 8}})
		w.Session = sessions[0]
		calls := func(call string, n int, took time.Duration) {
			for range n {
				envs[0].Called(connectors.Called{Call: call, Took: took})
				w.Clock.Advance(took)
			}
		}
		calls("GET /users", 20, 100*time.Millisecond)
		calls("POST /users", 20, 900*time.Millisecond)
		if n := f.turn(w, "steady", 8); n != 8 {
			t.Errorf("%d at once at a steady vendor, want 8", n)
		}
		calls("GET /users", 5, 700*time.Millisecond)
		if n := f.turn(w, "slow", 4); n != 4 {
			t.Errorf("%d at once after the latency rose sevenfold, want 4", n)
		}
		w.Clock.Advance(30 * time.Minute) // it is like that now
		calls("GET /users", 30, 700*time.Millisecond)
		w.Clock.Advance(15 * time.Minute)
		calls("GET /users", 30, 700*time.Millisecond)
		f.turn(w, "again", 60)
		if n := f.turn(w, "used", 30); n != 8 {
			t.Errorf("%d at once at a vendor that has become slow for good, want 8", n)
		}
		_ = w.Store.Close()
	})
}

// Targets with the same credentials are one account to the vendor, whoever's they are and
// wherever the values come from. Nothing of them shows.
func TestTargetsWithTheSameCredentialsAreOneAccount(t *testing.T) {
	t.Setenv("ONE_KEY", "hunter2-secret")
	t.Setenv("OTHER_KEY", "hunter2-secret")
	t.Setenv("THIRD_KEY", "hunter3-secret")
	target := func(tenant, id, credentials string) tenants.Target {
		node, faults := configs.Parse("t.yaml", []byte("credentials: "+credentials+"\n"))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return tenants.Target{Tenant: tenant, ID: id, Product: "memory", Credentials: node.Key("credentials")}
	}
	w := relaytest.New(t)
	envs, _ := open(t, w,
		target("acme", "one", `{user: u, key: "${env:ONE_KEY}"}`),
		target("other", "two", `{key: "${env:OTHER_KEY}", user: "u"}`),
		target("acme", "three", `{user: u, key: "${env:THIRD_KEY}"}`),
		tenants.Target{Tenant: "acme", ID: "four", Product: "memory"},
		tenants.Target{Tenant: "other", ID: "four", Product: "memory"})
	if envs[0].Account != envs[1].Account || envs[0].Buckets != envs[1].Buckets || envs[0].Buckets == nil {
		t.Errorf("the same credentials are %q and %q", envs[0].Account, envs[1].Account)
	}
	names := map[string]bool{}
	for _, env := range envs {
		names[env.Account] = true
	}
	if len(names) != 4 {
		t.Errorf("five targets with four accounts are %v", names)
	}
	for name := range names {
		if len(name) > len("memory:")+24 {
			t.Errorf("an account is named %q", name)
		}
	}
}
