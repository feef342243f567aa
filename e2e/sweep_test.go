package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"
)

// C03: one scenario, and something is done to its n-th call of the store, the queue or the vendor,
// for every n until a run passes untouched.
func TestEveryCallMayFailOrBeTheLast(t *testing.T) {
	check := board.Begin(t, "C03")
	runs, points := 0, map[string]bool{}
	for _, h := range []harm{refused, lost, before, after} {
		synctest.Test(t, func(t *testing.T) {
			house := newHouse(t)
			for n := 1; ; n++ {
				c := house.company()
				hit := c.nth(n, h)
				c.start(1)
				c.scenario()
				c.end()
				if t.Failed() {
					t.Fatalf("%s at call %d: %s", h, n, *hit)
				}
				if *hit == "" {
					break
				}
				runs++
				points[*hit+" "+string(h)] = true
				if racing && n%10 == 0 {
					return
				}
			}
		})
	}
	leastRuns, leastPoints := 100, 25
	if racing { // the whole of it has run before, without the detector
		leastRuns, leastPoints = 30, 15
	}
	check.Work("runs", runs, leastRuns)
	check.Work("different points", len(points), leastPoints)
}

// nth does the harm to the n-th call and says to which.
func (c *company) nth(n int, h harm) *string {
	hit := new(string)
	c.fate.decide(func(name string) harm {
		if n--; n != 0 {
			return none
		}
		*hit = name
		return h
	})
	return hit
}

// scenario is a short life of two people and a group, as an identity provider tells it: what gets
// no answer, or one of 500 and above, is found out about and sent again.
func (c *company) scenario() {
	c.tb.Helper()
	ann, bob := c.hire("ann"), c.hire("bob")
	c.insist(http.MethodPatch, "/Users/"+ann, replace("title", "Boss"))
	team := c.found("team", ann)
	c.insist(http.MethodPatch, "/Groups/"+team, memberOp("add", bob))
	c.insist(http.MethodPatch, "/Users/"+bob, replace("active", "False"))
	c.insist(http.MethodDelete, "/Users/"+ann, "")
	c.settle()
	people, wrong := c.vendor.people()
	groups := c.vendor.groups()
	if len(wrong) > 0 {
		c.tb.Errorf("against the promise: %v", wrong)
	}
	if len(people) != 1 || people[c.mail("bob")] != (shownPerson{Active: false}) {
		c.tb.Errorf("the vendor's people are %v", people)
	}
	if len(groups) != 1 || !slices.Equal(groups["team"+c.vendor.mark], []string{c.mail("bob")}) {
		c.tb.Errorf("the vendor's groups are %v", groups)
	}
	if twice := c.vendor.twice(); len(twice) > 0 {
		c.tb.Errorf("P5: made more than once: %v", twice)
	}
	c.atRest()
}

func (c *company) mail(name string) string { return name + c.vendor.mark + "test" }

// insist sends until it is answered and well.
func (c *company) insist(method, path, body string) map[string]any {
	c.tb.Helper()
	for range 50 {
		status, answer := c.ask(method, path, body)
		switch {
		case status >= 200 && status < 300, status == http.StatusNotFound && method == http.MethodDelete:
			return answer
		case status != 0 && status < 500:
			c.tb.Fatalf("%s %s: %d %v", method, path, status, answer)
		}
		c.revive()
		<-time.After(time.Second)
	}
	c.tb.Fatalf("%s %s: never answered", method, path)
	return nil
}

// hire creates a person and returns the id.
func (c *company) hire(name string) string {
	c.tb.Helper()
	return c.create("/Users", "userName", c.mail(name), user(c.mail(name)))
}

// found creates a group and returns the id.
func (c *company) found(name string, members ...string) string {
	c.tb.Helper()
	return c.create("/Groups", "displayName", name+c.vendor.mark, groupBody(name+c.vendor.mark, members...))
}

// create looks first, as Entra does, and after every answer that does not come.
func (c *company) create(path, attribute, name, body string) string {
	c.tb.Helper()
	for range 50 {
		found := c.insist(http.MethodGet, path+"?filter="+url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, name)), "")
		if all, _ := found["Resources"].([]any); len(all) > 0 {
			one, _ := all[0].(map[string]any)
			id, _ := one["id"].(string)
			return id
		}
		status, answer := c.ask(http.MethodPost, path, body)
		if id, ok := answer["id"].(string); ok && status == http.StatusCreated {
			return id
		}
		if status != 0 && status < 500 {
			c.tb.Fatalf("POST %s: %d %v", path, status, answer)
		}
		c.revive()
		<-time.After(time.Second)
	}
	c.tb.Fatalf("POST %s: never answered", path)
	return ""
}

// settle waits until nothing is left to do.
func (c *company) settle() {
	c.tb.Helper()
	begun := time.Now()
	for time.Since(begun) < 10*time.Minute {
		c.revive()
		counts, err := c.store.Links.Count(c.tb.Context(), c.id, companyTarget)
		if err != nil {
			c.tb.Fatal(err)
		}
		if counts.Pending == 0 {
			return
		}
		<-time.After(time.Second)
	}
	waiting, _ := c.store.Links.Waiting(c.tb.Context(), c.id, companyTarget, 5)
	status, _ := c.store.Targets.Status(c.tb.Context(), c.id, companyTarget)
	c.tb.Errorf("it does not settle: %+v; %+v", waiting, status)
}

// atRest checks that whatever is rung for now changes nothing at the vendor: P18.
func (c *company) atRest() {
	c.tb.Helper()
	changes := c.vendor.changes()
	for range 3 {
		c.now[0].bell.Ring(c.id, []string{companyTarget}, 0)
		<-time.After(5 * time.Second)
	}
	if more := c.vendor.changes() - changes; more > 0 {
		c.tb.Errorf("P18: %d changes at rest", more)
	}
}

func memberOp(op string, ids ...string) string {
	values := make([]string, len(ids))
	for i, id := range ids {
		values[i] = fmt.Sprintf(`{"value":%q}`, id)
	}
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":%q,"path":"members","value":[%s]}]}`,
		op, strings.Join(values, ","))
}

func groupBody(name string, members ...string) string {
	values := make([]string, len(members))
	for i, id := range members {
		values[i] = fmt.Sprintf(`{"value":%q}`, id)
	}
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%q,"members":[%s]}`, name, strings.Join(values, ","))
}
