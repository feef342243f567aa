package dastra_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/dastra"
	"scimrelay/connectors/simhost"
)

// A plan without the feature is not a bad token.
func TestThePlanIsToldFromTheCredentials(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		want := o.record("1", "lea@acme.test", nil)
		o.Turn(`{"plan": "limited"}`)
		if _, err := o.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Plan) {
			t.Errorf("create: %v", err)
		}
		if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
			t.Errorf("find: %v", err)
		}
		o.Turn(`{"plan": "none"}`)
		if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Plan) {
			t.Errorf("find without any feature: %v", err)
		}
		o.Turn(`{"keys_revoked": true, "scim_revoked": true}`)
		if _, err := o.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Auth) {
			t.Errorf("create with a bad key: %v", err)
		}
	})
}

func TestSeats(t *testing.T) {
	for _, anonymises := range []bool{false, true} {
		both(t, variant{anonymises: anonymises}, func(t *testing.T, v variant) {
			o := newOffice(t, v)
			o.Turn(`{"user_credit": 2}`)
			first, second := o.record("1", "lea@acme.test", nil), o.record("2", "eva@acme.test", nil)
			have := o.make(&first)
			if _, err := o.Connector.Create(t.Context(), second); !connectors.Is(err, connectors.Seats) {
				t.Fatal(err)
			}
			if _, err := o.Connector.Deactivate(t.Context(), have); err != nil {
				t.Fatal(err)
			}
			_, err := o.Connector.Create(t.Context(), second)
			if anonymises && err != nil || !anonymises && !connectors.Is(err, connectors.Seats) {
				t.Errorf("after somebody left: %v", err)
			}
		})
	}
}

func TestAnotherQuotaIsThePlan(t *testing.T) {
	o := newOffice(t, variant{})
	o.Turn(`{"rules": [{"method": "POST", "status": 402, "body": {"title": "Quota exceeded", "status": 402, "detail": "workspaceCredit"}}]}`)
	if _, err := o.Connector.Create(t.Context(), o.record("1", "lea@acme.test", nil)); !connectors.Is(err, connectors.Plan) {
		t.Fatal(err)
	}
}

func TestSettingsThatDastraRefusesAreNamed(t *testing.T) {
	for name, want := range map[string]string{"role_id": "defaults.role_id", "workspace_id": "defaults.workspace_id"} {
		o := newOffice(t, variant{}, func(s *simhost.Sample) { s.Defaults[name] = 574 })
		_, err := o.Connector.Create(t.Context(), o.record("1", "lea@acme.test", nil))
		if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := newOffice(t, variant{}, func(s *simhost.Sample) { s.Defaults["workspace_id"] = 9 })
	_, err := o.Connector.Find(t.Context(), o.group("91ab", "Juridique"))
	if !connectors.Is(err, connectors.Nonsense) || !strings.Contains(err.Error(), "defaults.workspace_id") {
		t.Errorf("no such workspace: %v", err)
	}
	o = newOffice(t, variant{relays: true}, func(s *simhost.Sample) { s.Defaults["role_id"] = 99 })
	o.Turn(`{"scim_role": 0}`)
	if _, err = o.Connector.Create(t.Context(), o.record("1", "lea@acme.test", nil)); !connectors.Is(err, connectors.Unknown) || !strings.Contains(err.Error(), "defaults.role_id") {
		t.Errorf("no such role: %v", err)
	}
}

func TestTokens(t *testing.T) {
	buys := func(o *office, since int) int {
		return strings.Count(strings.Join(o.Calls(since), " "), "/connect/token")
	}
	look := func(o *office, want connectors.Class) {
		t.Helper()
		if _, err := o.Connector.Find(t.Context(), o.record("1", "lea@acme.test", nil)); !connectors.Is(err, want) {
			t.Fatal(err)
		}
	}
	t.Run("renewed before it ends", func(t *testing.T) {
		o := newOffice(t, variant{pair: true})
		look(o, connectors.NotFound)
		o.Clock.Advance(58 * time.Minute)
		look(o, connectors.NotFound)
		if n := buys(o, 0); n != 1 {
			t.Errorf("%d tokens", n)
		}
		o.Clock.Advance(2 * time.Minute)
		look(o, connectors.NotFound)
		if n := buys(o, 0); n != 2 || strings.Contains(strings.Join(o.Calls(0), " "), "401") {
			t.Error(o.Calls(0))
		}
	})
	t.Run("ended early at the vendor", func(t *testing.T) {
		o := newOffice(t, variant{pair: true})
		look(o, connectors.NotFound)
		o.Turn(`{"token_lifetime": "1m"}`)
		o.Clock.Advance(2 * time.Minute)
		before := o.Count()
		look(o, connectors.NotFound)
		if got := strings.Join(o.Calls(before), ", "); got != "GET /v1/TenantUsers 401, POST /account/connect/token 200, GET /v1/TenantUsers 200" {
			t.Error(got)
		}
	})
	t.Run("revoked and given back", func(t *testing.T) {
		o := newOffice(t, variant{pair: true})
		look(o, connectors.NotFound)
		o.Turn(`{"keys_revoked": true}`)
		look(o, connectors.Auth)
		look(o, connectors.Auth)
		o.Turn(`{}`)
		look(o, connectors.NotFound)
	})
	t.Run("one for many", func(t *testing.T) {
		o := newOffice(t, variant{pair: true})
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
		if n := buys(o, 0); n != 1 {
			t.Errorf("%d tokens", n)
		}
	})
}

func TestThrottled(t *testing.T) {
	o := newOffice(t, variant{})
	want := o.record("1", "lea@acme.test", nil)
	for knobs, pause := range map[string]time.Duration{`{"rate_limit": 1}`: 61 * time.Second, `{"rate_limit": 1, "retry_after": false}`: 0} {
		o.Clock.Advance(time.Hour)
		o.Turn(knobs)
		_, _ = o.Connector.Find(t.Context(), want)
		_, err := o.Connector.Find(t.Context(), want)
		if fault := connectors.FaultOf(err); !connectors.Is(err, connectors.Throttled) || fault.RetryAfter != pause {
			t.Errorf("%s: %v, %v", knobs, err, fault)
		}
		o.Clock.Advance(time.Minute)
		if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
			t.Errorf("a minute later: %v", err)
		}
	}
}

// Whoever sends as fast as the declared rate allows keeps every minute and every ten minutes below
// the vendor's figures.
func TestTheDeclaredRateKeepsBelowBothLimits(t *testing.T) {
	declared := dastra.Product().Capabilities.Rate
	bucket := rate.NewLimiter(rate.Limit(declared.PerSecond), declared.Burst)
	var sent []time.Time
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for at := start; at.Before(start.Add(20 * time.Minute)); at = at.Add(10 * time.Millisecond) {
		for bucket.AllowN(at, 1) {
			sent = append(sent, at)
		}
	}
	for window, most := range map[time.Duration]int{time.Minute: 450, 10 * time.Minute: 10_000} {
		from, worst := 0, 0
		for to := range sent {
			for sent[to].Sub(sent[from]) >= window {
				from++
			}
			worst = max(worst, to-from+1)
		}
		if worst > most || worst < most*4/10 {
			t.Errorf("%d calls in %v", worst, window)
		}
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		o.fill(250)
		for _, knobs := range []string{`{}`, `{"max_size": 40}`, `{"ignore_filters": true}`} {
			o.Turn(knobs)
			accounts, active := connectortest.ReadAll(t, o.Connector, 20, nil), 0
			for _, account := range accounts {
				if account.Active {
					active++
				}
			}
			// The owner is one, and every tenth has no role.
			if seen := connectortest.Times(accounts); len(seen) != 251 || active != 226 {
				t.Errorf("%s: saw %d people, %d active", knobs, len(seen), active)
			}
		}
	})
	o := newOffice(t, variant{})
	for _, cursor := range []string{"x", "1", "0:5", "1:x"} {
		if _, err := o.Connector.List(t.Context(), cursor); !connectors.Is(err, connectors.Internal) {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}

// fill makes people by hand; every tenth has no role in the workspace.
func (o *office) fill(n int) {
	for i := range n {
		roles := "[3]"
		if i%10 == 0 {
			roles = "[]"
		}
		o.admin("POST", "/v1/TenantUsers", fmt.Sprintf(`{"email":"user%03d@acme.test","workspaceId":573,"roleIds":%s}`, i, roles))
	}
}

func TestNobodyIsMissedWhenOthersLeaveWhileAListIsRead(t *testing.T) {
	o := newOffice(t, variant{})
	o.fill(220)
	seen := connectortest.Times(connectortest.ReadAll(t, o.Connector, 20, func(pages int) {
		if pages > 1 {
			return
		}
		for _, id := range []string{"4003", "4004", "4005"} { // three of those who have been read
			o.admin("DELETE", "/v1/TenantUsers/"+id, "")
		}
		o.admin("POST", "/v1/TenantUsers", `{"email":"late@acme.test","workspaceId":573,"roleIds":[3]}`)
	}))
	for i := range 220 {
		if key := fmt.Sprintf("user%03d@acme.test", i); seen[key] == 0 {
			t.Errorf("%s was missed", key)
		}
	}
	if seen["late@acme.test"] == 0 {
		t.Error("the list did not end with who came late")
	}
}

func TestTheVendorsFilterIsNotTrusted(t *testing.T) {
	o := newOffice(t, variant{})
	o.fill(30)
	o.Turn(`{"ignore_filters": true, "max_size": 7}`)
	if have := o.find(o.record("1", "USER022@acme.test", nil)); have.Key != "user022@acme.test" {
		t.Errorf("found %q", have.Key)
	}
	for _, email := range []string{"user0@acme.test", `x","operator":"isNotNull`, "%@acme.test"} {
		want := o.record("1", "z@acme.test", nil)
		want.Key = email
		for _, knobs := range []string{`{}`, `{"ignore_filters": true}`} {
			o.Turn(knobs)
			if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
				t.Errorf("%q finds somebody: %v", email, err)
			}
		}
	}
}

func TestAListInAnotherShapeIsNoEmptyOne(t *testing.T) {
	o := newOffice(t, variant{})
	for _, body := range []string{`{}`, `[]`, `{"items":null,"total":0}`, `{"items":[]}`, `{"value":[],"total":0}`} {
		o.Turn(`{"rules": [{"path": "/v1/TenantUsers", "status": 200, "body": ` + body + `}]}`)
		if _, err := o.Connector.Find(t.Context(), o.record("1", "lea@acme.test", nil)); !connectors.Is(err, connectors.Nonsense) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestRolesInAnEnvelopeAreRead(t *testing.T) {
	o := newOffice(t, variant{})
	want := o.record("1", "lea@acme.test", nil)
	o.make(&want)
	for body, class := range map[string]connectors.Class{`{"items":[{"roleId":3,"workspaceId":573}],"total":1}`: "", `{}`: connectors.Nonsense, `{"total":0}`: connectors.Nonsense} {
		o.Turn(`{"rules": [{"path": "/v1/ws/*/RoleUserWorkSpaces/*", "status": 200, "body": ` + body + `}]}`)
		have, err := o.Connector.Find(t.Context(), want)
		if class == "" && (err != nil || !have.Active) || class != "" && !connectors.Is(err, class) {
			t.Errorf("%s: active %v, %v", body, have.Active, err)
		}
	}
}

func TestSomebodyElsesAnswerIsNotTaken(t *testing.T) {
	o := newOffice(t, variant{})
	want := o.record("1", "lea@acme.test", nil)
	o.make(&want)
	o.Turn(`{"rules": [{"path": "/v1/TenantUsers/*", "status": 200, "body": {"id": 1, "email": "eva@acme.test"}}]}`)
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Nonsense) {
		t.Fatal(err)
	}
}
