package ivanti_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
)

func TestRefusedCredentialsRestForHalfAnHour(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"credentials_revoked": true}`)
	want := f.record("1", "tom@acme.test", nil)
	for range 3 {
		_, err := f.Connector.Find(t.Context(), want)
		if !connectors.Is(err, connectors.Auth) || !strings.Contains(detail(err), "09:30 UTC") {
			t.Fatal(err)
		}
		if _, err = f.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Auth) {
			t.Fatal(err)
		}
	}
	if f.Count() != 1 || f.sim.Misses("api@acme.test") != 1 {
		t.Fatalf("%d calls, %d misses", f.Count(), f.sim.Misses("api@acme.test"))
	}
	f.Turn(`{}`)
	f.Clock.Advance(29 * time.Minute)
	if _, err := f.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Auth) || f.Count() != 1 {
		t.Errorf("too early: %v", err)
	}
	f.Clock.Advance(time.Minute)
	f.lacks(want)
	f.create("1", "tom@acme.test")
}

func TestAConnectorOpenedAnewTriesAtOnce(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"credentials_revoked": true}`)
	want := f.record("1", "tom@acme.test", nil)
	if _, err := f.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Auth) {
		t.Fatal(err)
	}
	f.Turn(`{}`)
	f.Open()
	f.lacks(want)
}

func TestCallsGoOneAtATimeUntilTheCredentialsAreAccepted(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"credentials_revoked": true, "latency": "5ms"}`)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := f.Connector.List(t.Context(), ""); !connectors.Is(err, connectors.Auth) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := f.sim.Misses("api@acme.test"); n != 1 {
		t.Errorf("%d misses", n)
	}
}

func TestAPasswordThatChangesCostsFewerMissesThanLockTheAccount(t *testing.T) {
	f := newFleet(t)
	f.create("1", "tom@acme.test")
	f.Turn(`{"credentials_revoked": true, "latency": "5ms"}`)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { _, _ = f.Connector.List(t.Context(), "") })
	}
	group.Wait()
	if n := f.sim.Misses("api@acme.test"); n > 2 {
		t.Errorf("%d misses", n)
	}
}

func TestALockedAccountIsCalledLocked(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"locked": true}`)
	_, err := f.Connector.Find(t.Context(), f.record("1", "tom@acme.test", nil))
	if !connectors.Is(err, connectors.Auth) || !strings.Contains(detail(err), "is locked: unlock it") {
		t.Error(err)
	}
	report, err := f.Connector.Check(t.Context())
	if !connectors.Is(err, connectors.Auth) || report.OK() || !strings.Contains(report.Findings[0].Detail, "locked") {
		t.Error(report, err)
	}
}

func TestA401OfAnyShapeRests(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"rules": [{"status": 401, "body": "<html>"}]}`)
	for range 2 {
		if _, err := f.Connector.List(t.Context(), ""); !connectors.Is(err, connectors.Auth) {
			t.Error(err)
		}
	}
	if f.Count() != 1 {
		t.Errorf("%d calls", f.Count())
	}
}
