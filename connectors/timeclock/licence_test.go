package timeclock_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
)

func (c *company) must(active, licensed bool) {
	c.T.Helper()
	if a, l := c.stands(ben); a != active || l != licensed {
		c.T.Fatalf("active %v, licence %v; want %v, %v", a, l, active, licensed)
	}
}

// The vendor's FAQ: set not active, then take the licence back.
func TestRemovalIsNotActiveAndThenTheLicence(t *testing.T) {
	c := newCompany(t)
	made := c.create("1", ben)
	c.must(true, true)
	before := c.Count()
	if off, err := c.Connector.Deactivate(t.Context(), made); err != nil || off.Active || off.ID != made.ID {
		t.Fatal(off, err)
	}
	if diff := cmp.Diff([]string{"users.deactivate", "users.releaseLicense"}, c.Calls(before)); diff != "" {
		t.Error(diff)
	}
	c.must(false, false)
	if row := c.Native(ben); row["username"] != ben || row["lastName"] != "Adar" {
		t.Errorf("data is lost: %v", row)
	}
}

func TestASecondStepThatFailedIsRepeatedAlone(t *testing.T) {
	for name, again := range map[string]func(*company) error{
		"by an update": func(c *company) error {
			want := c.record("1", ben, map[string]any{"active": false})
			have := c.Find(want)
			if have.Active || !have.Lingers || have.Fields["license"] != true {
				c.T.Errorf("found active %v, licence %v", have.Active, have.Fields["license"])
			}
			if diff := cmp.Diff(map[string]any{"license": false}, c.Connector.Difference(have, want)); diff != "" {
				c.T.Error(diff)
			}
			before := c.Count()
			have, err := c.Connector.Update(c.T.Context(), have, want)
			if diff := cmp.Diff([]string{"users.releaseLicense"}, c.Calls(before)); diff != "" || have.Active {
				c.T.Errorf("active %v\n%s", have.Active, diff)
			}
			return err
		},
		"by deactivating again": func(c *company) error {
			have := c.Find(c.record("1", ben, map[string]any{"active": false}))
			before := c.Count()
			_, err := c.Connector.Deactivate(c.T.Context(), have)
			if diff := cmp.Diff([]string{"users.releaseLicense"}, c.Calls(before)); diff != "" {
				c.T.Error(diff)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t)
			made := c.create("1", ben)
			c.Turn(`{"rules": [{"operation": "users.releaseLicense", "status": 503, "retry_after": "20s"}]}`)
			off, err := c.Connector.Deactivate(t.Context(), made)
			if !connectors.Is(err, connectors.Throttled) || connectors.FaultOf(err).RetryAfter == 0 || off.Active {
				t.Fatal(off.Active, err)
			}
			if !strings.Contains(err.Error(), "holds the licence still") {
				t.Error(err)
			}
			c.must(false, true)
			c.Turn(`{}`)
			c.Open() // nothing is remembered
			if err := again(c); err != nil {
				t.Fatal(err)
			}
			c.must(false, false)
			before := c.Count()
			c.update(c.record("1", ben, map[string]any{"active": false}))
			if diff := cmp.Diff([]string{"users.list"}, c.Calls(before)); diff != "" {
				t.Errorf("it goes on:\n%s", diff)
			}
		})
	}
}

func TestWhoIsWantedKeepsTheLicence(t *testing.T) {
	c := newCompany(t)
	made := c.create("1", ben)
	before := c.Count()
	c.update(c.record("1", ben, map[string]any{"active": false})) // deactivation is the relay's to ask for
	c.byHand("users.deactivate", `{"id": `+made.ID+`}`)
	c.update(c.record("1", ben, nil))
	if diff := cmp.Diff([]string{"users.list", "users.deactivate", "users.list"}, c.Calls(before)); diff != "" {
		t.Error(diff)
	}
	c.must(false, true)
}

func TestLicencesStayWhereTheTargetSaysSo(t *testing.T) {
	t.Run("release_licence", func(t *testing.T) {
		c := newCompany(t, func(s *simhost.Sample) { s.Defaults["release_licence"] = false })
		if _, err := c.Connector.Deactivate(t.Context(), c.create("1", ben)); err != nil {
			t.Fatal(err)
		}
		c.must(false, true)
		want := c.record("1", ben, map[string]any{"active": false})
		if have := c.Find(want); have.Lingers || len(c.Connector.Difference(have, want)) > 0 {
			t.Errorf("something is left to take away: %v", c.Connector.Difference(have, want))
		}
		c.update(want)
		c.must(false, true)
		before := c.Count()
		if _, err := c.Connector.Reactivate(t.Context(), c.Find(want), c.record("1", ben, nil)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"users.list", "users.activate"}, c.Calls(before)); diff != "" {
			t.Errorf("who kept the licence gets another:\n%s", diff)
		}
		c.must(true, true)
	})
	t.Run("deactivation is off", func(t *testing.T) {
		c := newCompany(t)
		made := c.create("1", ben)
		c.byHand("users.deactivate", `{"id": `+made.ID+`}`)
		c.Target.Sync.Delete = false
		c.Open()
		c.update(c.record("1", ben, map[string]any{"active": false}))
		c.must(false, true)
	})
}

func TestANewUserNeedsAFreeLicence(t *testing.T) {
	c := newCompany(t)
	c.Turn(`{"licences": 1}`)
	first := c.create("1", ben)
	want := c.record("2", "eva@acme.test", nil)
	_, err := c.Connector.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Seats) || connectors.FaultOf(err).Uncertain || !strings.Contains(err.Error(), "no licence is free") {
		t.Fatal(err)
	}
	if _, err := c.Connector.Deactivate(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Connector.Create(t.Context(), want); err != nil {
		t.Fatalf("the licence that was given back is not to be had: %v", err)
	}
}

func TestComingBackNeedsAFreeLicence(t *testing.T) {
	c := newCompany(t)
	c.Turn(`{"licences": 1}`)
	off, err := c.Connector.Deactivate(t.Context(), c.create("1", ben))
	if err != nil {
		t.Fatal(err)
	}
	eva := c.create("2", "eva@acme.test")
	want := c.record("1", ben, map[string]any{"displayName": "Ben Levi"})
	before := c.Count()
	if _, err := c.Connector.Reactivate(t.Context(), off, want); !connectors.Is(err, connectors.Seats) {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"users.assignLicense"}, c.Calls(before)); diff != "" {
		t.Errorf("something was done without a licence:\n%s", diff)
	}
	c.must(false, false)
	if _, err := c.Connector.Deactivate(t.Context(), eva); err != nil {
		t.Fatal(err)
	}
	back, err := c.Connector.Reactivate(t.Context(), off, want)
	if err != nil || !back.Active || back.ID != off.ID || c.Native(ben)["lastName"] != "Levi" {
		t.Fatal(back, err)
	}
	c.must(true, true)
}

func TestAReturnThatWasCutOffGoesOn(t *testing.T) {
	c := newCompany(t)
	if _, err := c.Connector.Deactivate(t.Context(), c.create("1", ben)); err != nil {
		t.Fatal(err)
	}
	want := c.record("1", ben, nil)
	c.Turn(`{"licences": 1, "rules": [{"operation": "users.activate", "status": 500}]}`)
	if _, err := c.Connector.Reactivate(t.Context(), c.Find(want), want); !connectors.Is(err, connectors.Transient) {
		t.Fatal(err)
	}
	c.must(false, true)
	c.Turn(`{"licences": 1}`)
	if _, err := c.Connector.Reactivate(t.Context(), c.Find(want), want); err != nil {
		t.Fatal(err)
	}
	c.must(true, true)
}

func TestDataThatIsRefusedKeepsNobodyFromComingBack(t *testing.T) {
	c := newCompany(t)
	c.create("2", "eva@acme.test")
	if _, err := c.Connector.Deactivate(t.Context(), c.create("1", ben)); err != nil {
		t.Fatal(err)
	}
	want := c.record("1", ben, map[string]any{"emails": []any{map[string]any{"type": "work", "value": "eva@acme.test"}}})
	if _, err := c.Connector.Reactivate(t.Context(), c.Find(want), want); !connectors.Is(err, connectors.Exists) {
		t.Fatal(err)
	}
	c.must(true, true)
}

func TestWhoIsGoneFromTheVendorIsNotFoundWhateverIsAsked(t *testing.T) {
	c := newCompany(t)
	gone := connectors.Remote{ID: "1", Key: ben, Active: true}
	want := c.record("1", ben, nil)
	for name, err := range map[string]error{
		"find":       second(c.Connector.Find(t.Context(), connectors.Record{VendorID: "1", Key: ben})),
		"update":     second(c.Connector.Update(t.Context(), gone, want)),
		"deactivate": second(c.Connector.Deactivate(t.Context(), gone)),
		"reactivate": second(c.Connector.Reactivate(t.Context(), gone, want)),
	} {
		if !connectors.Is(err, connectors.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ connectors.Remote, err error) error { return err }
