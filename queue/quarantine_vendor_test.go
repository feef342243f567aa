package queue_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay/relaytest"
	"scimrelay/store"
)

// V24, P13: a vendor that is down for thirty hours is asked by probes alone, on the ladder.
func TestAVendorThatIsDownIsOnlyProbed(t *testing.T) {
	inFull(t)
	t.Parallel()
	check := board.Begin(t, "V24")
	synctest.Test(t, func(t *testing.T) {
		const every = 15 * time.Second
		c := newClinic(t, 60, every)
		c.says(always(connectors.Transient))
		c.open(1)
		c.until("the target rests", time.Second, time.Minute, c.phase(quarantine.Quarantined))
		if calls, _ := c.seen(); len(calls) > 5 {
			t.Errorf("%d calls before it rested", len(calls))
		}
		rested := time.Now()
		for hour := range 30 {
			if c.says(always([]connectors.Class{connectors.Transient, connectors.Unknown, connectors.Nonsense}[hour/10])); hour%6 == 0 {
				c.commit(t, relaytest.Tenant, fmt.Sprint("late", hour))
			}
			<-time.After(time.Hour)
		}
		probes, most := c.seen()
		at := rested
		for k, p := range probes {
			d := min(24*time.Hour, 30*time.Second<<k)
			if gap := p.at.Sub(at); p.operation != probeRead || gap < d*3/4-2*time.Second || gap > d*5/4+every+2*time.Second {
				t.Errorf("call %d is %s after %v, want a probe after %v ± 25 %%", k, p.operation, gap, d)
			}
			at = p.at
		}
		check.Work("probes of a vendor that was down", len(probes), 8)
		if most > 1 {
			t.Errorf("%d probes at once", most)
		}
		c.says(nil)
		c.until("everybody has an account", time.Minute, 60*time.Hour, func() bool { return c.Accounts() == 65 })
		c.until("the target is active", time.Minute, time.Hour, c.phase(quarantine.Active))
		want := []string{"target.quarantined", "target.probing", "target.recovering", "target.active"}
		if got := slices.Compact(slices.DeleteFunc(c.kinds(), func(k string) bool { return !slices.Contains(want, k) })); !slices.Equal(got[len(got)-3:], want[1:]) {
			t.Errorf("events %v", got)
		}
	})
}

// V25: revoked credentials cost a handful of calls, whatever is due, and new ones are tried at once.
func TestRevokedCredentialsRestTheTargetAndNewOnesAreTriedAtOnce(t *testing.T) {
	inFull(t)
	t.Parallel()
	check := board.Begin(t, "V25")
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, 1000, time.Second)
		c.says(always(connectors.Auth))
		c.open(4)
		c.until("the target rests", time.Second, time.Minute, c.phase(quarantine.Quarantined))
		if calls, _ := c.seen(); len(calls) > 10 || c.health().Reason != quarantine.Auth {
			t.Errorf("%d calls, %+v", len(calls), c.health())
		}
		<-time.After(10 * time.Minute)
		if calls, _ := c.seen(); len(calls) > 0 {
			t.Errorf("%d calls of a target that rests", len(calls))
		}
		c.says(nil)
		changed := time.Now()
		c.mend("new credentials")
		c.until("it is probed", time.Second, time.Minute, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.visits) > 0 })
		calls, _ := c.seen()
		if lag := calls[0].at.Sub(changed); lag > 5*time.Second || calls[0].operation != probeRead {
			t.Errorf("%s %v after the change", calls[0].operation, lag)
		}
		c.until("everybody has an account", time.Second, 10*time.Minute, func() bool { return c.Accounts() == 1000 })
		check.Work("accounts once the credentials were new", c.Accounts(), 1000)
	})
}

// V25: one refused object is no refused credential.
func TestOneDeniedPersonQuarantinesNothing(t *testing.T) {
	t.Parallel()
	board.Begin(t, "V25")
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, 30, time.Second)
		c.says(func(op relaytest.Operation, key string) error {
			if op == relaytest.Create && key == "user7" {
				return connectors.Faultf(connectors.Denied, "not this one")
			}
			return nil
		})
		c.open(4)
		c.until("the others have accounts", time.Second, time.Minute, func() bool { return c.Accounts() == 29 })
		if h := c.health(); h.Phase != quarantine.Active {
			t.Errorf("%+v", h)
		}
	})
}

// V26: a mapping that the vendor refuses for many is stopped, and for few is not.
func TestAMisconfiguredMappingIsStoppedByTheRatio(t *testing.T) {
	inFull(t)
	t.Parallel()
	check := board.Begin(t, "V26")
	for name, c := range map[string]struct {
		people, percent int
		class           connectors.Class
		want            quarantine.Phase
	}{
		"45 %":             {200, 45, connectors.Invalid, quarantine.Quarantined},
		"35 %":             {200, 35, connectors.Invalid, quarantine.Active},
		"45 % of 40":       {40, 45, connectors.Invalid, quarantine.Active},
		"all without seat": {200, 100, connectors.Seats, quarantine.Active},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := newClinic(t, c.people, 5*time.Second)
				k.says(func(op relaytest.Operation, key string) error {
					var n int
					_, _ = fmt.Sscanf(key, "user%d", &n)
					if op == relaytest.Create && n*37%100 < c.percent {
						return connectors.Faultf(c.class, "no")
					}
					return nil
				})
				k.open(4)
				<-time.After(20 * time.Minute) // before its first probe
				calls, _ := k.seen()
				check.Work("calls where "+name+" are refused", len(calls), min(c.people, 60))
				h := k.health()
				if h.Phase != c.want || c.want == quarantine.Quarantined && (h.Reason != quarantine.Ratio || h.Count != 1 || h.Began.IsZero()) {
					t.Errorf("%+v", h)
				}
			})
		})
	}
}

// V26: who waits for a manager is no failure.
func TestReferencesThatAreAwaitedCountForNothing(t *testing.T) {
	t.Parallel()
	board.Begin(t, "V26")
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, 0, 5*time.Second)
		w := store.Write{Tenant: relaytest.Tenant, Targets: []string{relaytest.Target}}
		boss := c.commit(t, relaytest.Tenant, "boss")
		for i := range 80 {
			name := fmt.Sprint("user", i)
			body := fmt.Appendf(nil, `{"userName":%q,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":%q}}}`, name, boss)
			if _, err := c.store.Directory.Create(t.Context(), w, "User", fmt.Sprintf("00000000-0000-4000-8000-%012d", i),
				store.Revision{Body: body, Keys: store.Keys{Name: name}, Active: true}); err != nil {
				t.Fatal(err)
			}
		}
		c.says(func(op relaytest.Operation, key string) error {
			if key == "boss" && op == relaytest.Create {
				return connectors.Faultf(connectors.Invalid, "not the boss")
			}
			return nil
		})
		c.open(4)
		<-time.After(30 * time.Minute)
		if h := c.health(); h.Phase != quarantine.Active {
			t.Errorf("%+v", h)
		}
		if counts, err := c.store.Links.Count(t.Context(), relaytest.Tenant, relaytest.Target); err != nil || counts.States["parked"] != 80 {
			t.Errorf("%+v, %v", counts, err)
		}
	})
}

// V31, P21: one probe at a time, one that dies takes nothing, and the ramp goes 1, 2, 4.
func TestATargetThatWakesIsNotRunOver(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "V31")
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, 400, time.Second)
		c.says(always(connectors.Transient))
		c.open(8)
		c.until("the target rests", time.Second, time.Minute, c.phase(quarantine.Quarantined))
		before := c.health()
		// Another process takes the lease for a probe, notes that, and dies.
		<-time.After(time.Until(before.Until) - time.Second)
		ctx := context.Background()
		dead, status, err := c.store.Targets.Acquire(ctx, relaytest.Tenant, relaytest.Target, "dead", 15*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		probing, _ := status.Health.Admit(before.Until)
		if err := c.store.Links.Record(ctx, dead, nil, quarantine.Default().Begin(probing, c.store.Now())); err != nil {
			t.Fatal(err)
		}
		c.seen()
		c.says(nil)
		c.mu.Lock()
		c.takes = 100 * time.Millisecond
		c.mu.Unlock()
		died := time.Now()
		c.until("everybody has an account", time.Second, 10*time.Minute, func() bool { return c.Accounts() == 400 })
		calls, most := c.seen()
		check.Work("calls of a target that woke", len(calls), 800)
		if calls[0].operation != probeRead || calls[0].at.Sub(died) < time.Minute || calls[0].at.Sub(died) > 75*time.Second {
			t.Errorf("%s %v after the prober died", calls[0].operation, calls[0].at.Sub(died))
		}
		if n := len(slices.DeleteFunc(slices.Clone(calls), func(v visit) bool { return v.operation != probeRead })); n != 1 || most != 8 {
			t.Errorf("%d probes, %d calls at once in the end", n, most)
		}
		if widths := c.widths(calls); !slices.Equal(widths[:3], []int{1, 2, 4}) {
			t.Errorf("widths %v", widths)
		}
		if h := c.health(); h.Step != before.Step {
			t.Errorf("the prober's death moved the step from %d to %d", before.Step, h.Step)
		}
	})
}

// widths are how many links were begun at one time after the probe, where that changes.
func (c *clinic) widths(calls []visit) (widths []int) {
	at := map[time.Time]int{}
	var order []time.Time
	for _, v := range calls[3:] { // the probe's read and its trial are no part of it
		if v.operation != relaytest.Find {
			continue
		}
		if at[v.at] == 0 {
			order = append(order, v.at)
		}
		at[v.at]++
	}
	for _, moment := range order {
		if n := at[moment]; len(widths) == 0 || n > slices.Max(widths) {
			widths = append(widths, n)
		}
	}
	return widths
}

// V36, P8: who has to lose access is first when a target works again.
func TestLeaversAreFirstAfterAQuarantine(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "V36")
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, 0, time.Second)
		var ids []string
		for i := range 5 {
			ids = append(ids, c.commit(t, relaytest.Tenant, fmt.Sprint("leaver", i)))
		}
		c.open(4)
		c.until("they have accounts", time.Second, time.Minute, func() bool { return c.Accounts() == 5 })
		c.says(always(connectors.Transient))
		for i := range 500 {
			c.commit(t, relaytest.Tenant, fmt.Sprint("user", i))
		}
		c.until("the target rests", time.Second, time.Minute, c.phase(quarantine.Quarantined))
		for i, id := range ids {
			c.deactivate(id, fmt.Sprint("leaver", i))
		}
		c.seen()
		c.says(nil)
		c.until("all is done", time.Second, 20*time.Minute, func() bool {
			counts, err := c.store.Links.Count(t.Context(), relaytest.Tenant, relaytest.Target)
			return err == nil && counts.Pending == 0
		})
		var after []string
		calls, _ := c.seen()
		trial := calls[1].key // by the probe, which destroys nothing
		for _, v := range calls {
			if v.operation != probeRead && v.operation != relaytest.Find && v.key != trial {
				after = append(after, v.key)
			}
		}
		check.Work("changes after a quarantine", len(after), 500)
		for i, key := range after[:5] {
			if !strings.HasPrefix(key, "leaver") {
				t.Errorf("change %d after the recovery is for %s", i, key)
			}
		}
	})
}
