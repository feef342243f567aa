package e2e_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/connectors"
	"scimrelay/internal/board"
	"scimrelay/relay"
	"scimrelay/store"
)

// The model: a company's directory changes at random while processes die, calls are refused or
// lost, rings are lost and the vendor is sick; then everything heals, and the vendor has to be what
// the last acknowledged writes say. A seed repeats what was asked for, though not in which order
// goroutines ran.
func TestAnyHistoryEndsWithWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	const steps = 50
	check := board.Begin(t, "MODEL")
	unwell := board.Begin(t, "S44")
	bubbles, histories := 8, 50
	switch {
	case racing:
		bubbles = 1
	case board.IsNightly():
		bubbles = 400
	}
	first := uint64(time.Now().UnixNano())
	t.Logf("seeds from %d", first)
	total := &tally{}
	for n := range bubbles {
		synctest.Test(t, func(t *testing.T) {
			house := newHouse(t)
			for m := range histories {
				seed := first + uint64(n*histories+m)
				d := house.directory(seed)
				for range steps {
					d.step()
				}
				d.close()
				total.add(d)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
	check.Work("histories", total.histories, bubbles*histories)
	check.Work("acknowledged writes", total.acks, 20*bubbles*histories)
	check.Work("calls something was done to", total.harms, 2*bubbles*histories)
	unwell.Work("calls of the store that failed, or happened and were said to fail", total.store, bubbles*histories)
	check.Work("deaths", total.deaths, bubbles*histories)
}

// tally is how much happened in all histories.
type tally struct{ histories, acks, harms, store, deaths int }

func (y *tally) add(d *directoryModel) {
	y.histories++
	y.acks += d.acks
	y.deaths += d.deaths
	for point, n := range d.fate.done {
		y.harms += n
		if strings.Contains(point, "dead") {
			y.deaths += n
		}
		if strings.HasPrefix(point, "store.") && !strings.Contains(point, "dead") {
			y.store += n
		}
	}
}

// directoryModel is what the company's identity provider has been told was accepted.
type directoryModel struct {
	*company
	rand   *rand.Rand
	people map[string]*employee // by id
	teams  map[string]*team
	named  int
	acks   int
	deaths int
	rate   float64 // how likely something is done to a call
	calm   bool    // the vendor is well and answers, and processes only die
}

type employee struct {
	name, title string
	active      bool
}

// refusedTitle is in requests that are refused, and so must never be at a vendor: P2.
const refusedTitle = "refused"

type team struct {
	name    string
	members map[string]bool
}

func (h *house) directory(seed uint64) *directoryModel {
	d := &directoryModel{company: h.company(), rand: rand.New(rand.NewPCG(seed, 5)), people: map[string]*employee{}, teams: map[string]*team{}, calm: seed%5 == 0}
	dice := rand.New(rand.NewPCG(seed, 7))
	d.rate = dice.Float64() * 0.05
	d.fate.decide(func(string) harm { // called one at a time
		if dice.Float64() >= d.rate {
			return none
		}
		if d.calm {
			return []harm{before, after}[dice.IntN(2)]
		}
		return []harm{refused, lost, refused, lost, before, after}[dice.IntN(6)]
	})
	d.start(1 + int(seed%2))
	return d
}

// one picks a key by chance, in an order that a seed repeats.
func one[V any](d *directoryModel, of map[string]V) string {
	if len(of) == 0 {
		return ""
	}
	return slices.Sorted(maps.Keys(of))[d.rand.IntN(len(of))]
}

// step is one thing that happens.
func (d *directoryModel) step() {
	id, group := one(d, d.people), one(d, d.teams)
	switch n := d.rand.IntN(21); {
	case n <= 2 || id == "":
		d.hires()
	case n <= 4:
		p := d.people[id]
		d.named++
		p.title = fmt.Sprintf("title %06d", d.named)
		d.patch("/Users/"+id, replace("title", p.title))
		d.reads(id)
	case n <= 7:
		p := d.people[id]
		p.active = !p.active
		if p.active {
			d.vendor.stays(id, false)
		}
		d.patch("/Users/"+id, replace("active", map[bool]string{true: "True", false: "False"}[p.active]))
		if !p.active {
			d.vendor.stays(id, true)
		}
		d.reads(id)
	case n == 8:
		p := d.people[id]
		p.name = d.fresh("user")
		d.patch("/Users/"+id, replace("userName", d.mail(p.name)))
		d.reads(id)
	case n == 9:
		d.insist(http.MethodDelete, "/Users/"+id, "")
		d.acks++
		d.vendor.stays(id, true)
		delete(d.people, id)
		for _, g := range d.teams {
			delete(g.members, id)
		}
	case n <= 11 && len(d.teams) < 4 || group == "":
		g := &team{d.fresh("team"), map[string]bool{id: true}}
		d.teams[d.found(g.name, id)] = g
		d.acks++
	case n <= 14:
		d.toggle(group, id)
	case n == 15 && d.rand.IntN(3) == 0:
		d.insist(http.MethodDelete, "/Groups/"+group, "")
		d.acks++
		delete(d.teams, group)
	case n == 16:
		d.deaths++
		d.kill(d.rand.IntN(2))
	case n == 17:
		d.likely([]float64{0, 0.01, 0.05, 0.1}[d.rand.IntN(4)])
	case n == 18 && !d.calm:
		d.vendor.sick(d.illness())
	case n == 19:
		d.refused(id)
	default:
		<-time.After(time.Duration(d.rand.IntN(3000)) * time.Millisecond)
	}
}

// likely says how likely something is done to a call from now on.
func (d *directoryModel) likely(rate float64) {
	d.fate.mu.Lock()
	defer d.fate.mu.Unlock()
	d.rate = rate
}

func (d *directoryModel) fresh(kind string) string {
	d.named++
	return fmt.Sprint(kind, d.named)
}

func (d *directoryModel) hires() {
	p := &employee{name: d.fresh("user"), active: true}
	d.people[d.hire(p.name)] = p
	d.acks++
}

func (d *directoryModel) patch(path, body string) {
	d.tb.Helper()
	d.insist(http.MethodPatch, path, body)
	d.acks++
}

// reads asks for the person, who is as was last acknowledged: P20.
func (d *directoryModel) reads(id string) {
	d.tb.Helper()
	p, found := d.people[id], d.insist(http.MethodGet, "/Users/"+id, "")
	title, _ := found["title"].(string)
	if found["userName"] != d.mail(p.name) || found["active"] != p.active || title != p.title {
		d.tb.Errorf("P20: %v is read, want %+v", found, p)
	}
}

// refused sends what cannot be accepted.
func (d *directoryModel) refused(id string) {
	d.tb.Helper()
	twin := strings.Replace(user(d.mail(d.people[id].name)), `"title":null`, `"title":"`+refusedTitle+`"`, 1)
	for method, request := range map[string][2]string{
		http.MethodPost: {"/Users", twin},
		http.MethodPut:  {"/Users/" + id, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"","title":"` + refusedTitle + `"}`},
	} {
		if status, answer := d.ask(method, request[0], request[1]); status/100 == 2 {
			d.tb.Errorf("%s: %d %v", method, status, answer)
		}
		d.revive()
	}
}

// toggle puts somebody into a group, or takes them out.
func (d *directoryModel) toggle(group, id string) {
	op, members := "add", d.teams[group].members
	if members[id] {
		op = "remove"
	}
	d.patch("/Groups/"+group, memberOp(op, id))
	if op == "add" {
		members[id] = true
	} else {
		delete(members, id)
	}
}

// illness is what the vendor answers from now on, nil when it is well.
func (d *directoryModel) illness() error {
	switch d.rand.IntN(6) {
	case 0:
		return connectors.Faultf(connectors.Transient, "down")
	case 1:
		return &connectors.Fault{Class: connectors.Throttled, RetryAfter: 5 * time.Second, Detail: "slow down"}
	case 2:
		return connectors.Faultf(connectors.Auth, "refused")
	case 3:
		return connectors.Faultf(connectors.Nonsense, "nonsense")
	}
	return nil
}

// close heals everything, waits, and compares.
func (d *directoryModel) close() {
	d.tb.Helper()
	if d.calm {
		d.unblamed()
	}
	d.fate.decide(nil)
	d.vendor.sick(nil)
	d.revive()
	d.release()
	d.settle()
	d.noLimbo()
	people, wrong := d.vendor.people()
	if len(wrong) > 0 || len(d.vendor.twice()) > 0 {
		d.tb.Errorf("against the promise: %v %v", wrong, d.vendor.twice())
	}
	if older := d.vendor.backwards(); older > 0 {
		d.tb.Errorf("P7: the vendor went back to an older title %d times", older)
	}
	want := map[string]shownPerson{}
	for _, p := range d.people {
		want[d.mail(p.name)] = shownPerson{p.active, p.title}
	}
	if !maps.Equal(people, want) {
		d.tb.Errorf("P3: the vendor's people are %v, want %v", people, want)
	}
	groups := map[string][]string{}
	for _, g := range d.teams {
		groups[g.name+d.vendor.mark] = d.names(g)
	}
	if have := d.vendor.groups(); !maps.EqualFunc(have, groups, slices.Equal) {
		d.tb.Errorf("P3: the vendor's groups are %v, want %v", have, groups)
	}
	d.atRest()
	d.end()
}

func (d *directoryModel) names(g *team) []string {
	names := []string{}
	for id := range g.members {
		names = append(names, d.mail(d.people[id].name))
	}
	slices.Sort(names)
	return names
}

// release lets a target that rests be tried now, as an operator does who knows that its vendor is
// well. What waits for its next attempt goes on waiting.
func (c *company) release() {
	c.tb.Helper()
	if _, err := c.store.Targets.TryNow(c.tb.Context(), store.Order{Tenant: c.id, Target: companyTarget, Actor: "test"}); err != nil {
		c.tb.Fatal(err)
	}
}

// links are all the company's.
func (c *company) links() (links []store.Link) {
	c.tb.Helper()
	work, err := c.store.Links.AllWork(c.tb.Context(), c.id, companyTarget, "", 1000)
	if err != nil {
		c.tb.Fatal(err)
	}
	for _, w := range work {
		links = append(links, w.Link)
	}
	return links
}

// unblamed checks that dying has cost nobody an attempt, and brought nobody nearer to being set
// aside: P21.
func (c *company) unblamed() {
	c.tb.Helper()
	for _, k := range c.links() {
		if k.Attempts > 0 || k.State == relay.StateEscrow || !k.Failing.IsZero() {
			c.tb.Errorf("P21: %s %d attempts, failing since %v: %s %s", k.State, k.Attempts, k.Failing, k.Fault, k.Detail)
		}
	}
}

// noLimbo checks that every link is in sync and says nothing else: P11, P12.
func (c *company) noLimbo() {
	c.tb.Helper()
	held := map[string]bool{}
	for _, k := range c.links() {
		if k.Wanted != k.Applied || k.State != "" || k.Fault != "" {
			c.tb.Errorf("P12: %s is at %d of %d, %q %q", k.Resource, k.Applied, k.Wanted, k.State, k.Fault)
		}
		if k.VendorID != "" && held[k.VendorID] {
			c.tb.Errorf("P11: two links hold %s", k.VendorID)
		}
		held[k.VendorID] = true
	}
}
