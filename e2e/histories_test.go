package e2e_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/store"
)

// effects says, for each product with groups, what a directory's groups come to at the vendor: the
// vendor's groups by the names the simulator shows, with their members' keys.
func effects() map[string]func(h *happenings) map[string][]string {
	return map[string]func(h *happenings) map[string][]string{
		"sage": func(h *happenings) map[string][]string {
			return h.given(map[string]string{"Sales Managers": "Sales Role", "Area Managers": "Area Manager"}, anybody)
		},
		"steeple": func(h *happenings) map[string][]string { // who is both is an administrator
			const members, managers = "Acme - Siege / member", "Acme - Siege / administrator"
			want := h.given(map[string]string{"Everybody": "Acme - Lyon / member", "Area Managers": members, "Sales Managers": managers}, atWork)
			want[members] = slices.DeleteFunc(want[members], func(key string) bool { return slices.Contains(want[managers], key) })
			return want
		},
		"dastra":     func(h *happenings) map[string][]string { return h.alike(h.known) },
		"scimtarget": func(h *happenings) map[string][]string { return h.alike(anybody) },
		"ivanti":     func(h *happenings) map[string][]string { return h.alike(h.known) },
	}
}

// alike are the directory's groups, each with those who count.
func (h *happenings) alike(counts func(*somebody) bool) map[string][]string {
	want := map[string][]string{}
	for _, c := range h.groups {
		want[c.name] = h.keysIn(c, counts)
	}
	return want
}

func anybody(*somebody) bool  { return true }
func atWork(p *somebody) bool { return p.active }

// known reports whether the person is to have an account, or has one from before: who was never
// active while the relay looked has none.
func (h *happenings) known(p *somebody) bool {
	state, _ := h.host.State(h.target.Tenant)
	return p.active || slices.ContainsFunc(state.Accounts, func(a simhost.Account) bool { return strings.EqualFold(a.Key, p.key) })
}

// given are what groups give their members by a table from the groups' names to the vendor's.
func (h *happenings) given(table map[string]string, counts func(*somebody) bool) map[string][]string {
	want := map[string][]string{}
	for _, name := range table {
		want[name] = nil
	}
	for _, c := range h.groups {
		if name := table[c.name]; name != "" {
			want[name] = h.keysIn(c, counts)
		}
	}
	return want
}

// Any interleaving of changes of people and of groups, with turns between that die before they
// record, ends with the vendor's groups as the directory has them. Several histories share a
// plant, so that the later ones find what the earlier ones left.
func TestGroupsComeToWhatTheDirectorySaysAfterAnyHistory(t *testing.T) {
	plants, histories := 10, 50
	if racing {
		plants = 1
	}
	products := map[string]bool{}
	for _, p := range all.Products() {
		products[p.Name] = p.Capabilities.Groups || p.Capabilities.Entitlements
	}
	for _, s := range all.Simulators() {
		if !products[s.Name()] {
			continue
		}
		come, known := effects()[s.Name()]
		if !known {
			t.Errorf("%s: nobody says here what its groups come to", s.Name())
			continue
		}
		t.Run(s.Name(), func(t *testing.T) {
			for seed := range plants {
				s.Reset()
				synctest.Test(t, func(t *testing.T) { playHistories(t, s, uint64(seed), histories, come) })
			}
		})
	}
}

func playHistories(t *testing.T, s simhost.Simulator, seed uint64, histories int, come func(*happenings) map[string][]string) {
	h := &happenings{plant: newPlant(t, s, nil), rand: rand.New(rand.NewPCG(seed, 6)), people: map[string]*somebody{}, groups: map[string]*club{}}
	h.ours = h.session().Capabilities.Groups
	compared := 0
	for n := range histories {
		for range 12 {
			h.step()
		}
		h.settle()
		want := come(h)
		for _, members := range want {
			compared += len(members)
		}
		if have := h.held(want); !maps.EqualFunc(want, have, slices.Equal) {
			t.Fatalf("seed %d, history %d:\n have %v\n want %v", seed, n, have, want)
		}
	}
	if compared < histories {
		t.Fatalf("only %d memberships were compared", compared)
	}
}

// happenings is a directory that changes.
type happenings struct {
	*plant
	rand   *rand.Rand
	ours   bool // the vendor's groups are the directory's, and no others
	named  int
	people map[string]*somebody
	groups map[string]*club
}

type somebody struct {
	key    string
	number int
	active bool
}

type club struct {
	name    string
	members map[string]bool // ids
}

// keysIn are the sorted keys of the members who are to be in it.
func (h *happenings) keysIn(c *club, counts func(*somebody) bool) (keys []string) {
	for id := range c.members {
		if p := h.people[id]; counts(p) {
			keys = append(keys, strings.ToLower(p.key))
		}
	}
	slices.Sort(keys)
	return keys
}

// held are the vendor's groups that are wanted, and others that have members and are ours.
func (h *happenings) held(want map[string][]string) map[string][]string {
	state, _ := h.host.State(h.target.Tenant)
	have := map[string][]string{}
	for _, g := range state.Groups {
		var members []string
		for _, m := range g.Members {
			if key := strings.ToLower(m); h.ours || h.employs(key) {
				members = append(members, key)
			}
		}
		slices.Sort(members)
		if _, wanted := want[g.Name]; wanted || len(members) > 0 && h.ours {
			have[g.Name] = members
		}
	}
	return have
}

// employs reports whether the directory has the person. What was given to an account that is
// switched off for good stays with it.
func (h *happenings) employs(key string) bool {
	for _, p := range h.people {
		if strings.EqualFold(p.key, key) {
			return true
		}
	}
	return false
}

func pick[V any](h *happenings, of map[string]V, by func(V) string) string {
	ids := slices.Collect(maps.Keys(of))
	if len(ids) == 0 {
		return ""
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(by(of[a]), by(of[b])) })
	return ids[h.rand.IntN(len(ids))]
}

func (h *happenings) step() {
	id := pick(h, h.people, func(p *somebody) string { return p.key })
	group := pick(h, h.groups, func(c *club) string { return c.name })
	switch n := h.rand.IntN(12); {
	case n == 0 || id == "":
		h.hire()
	case n <= 2 && len(h.groups) < 6 || group == "":
		c := &club{name: h.fresh(), members: map[string]bool{id: true}}
		h.groups[h.create(scim.TypeGroup, scim.Document{"displayName": c.name}, c.name, scim.MemberEdit{Add: []string{id}})] = c
	case n == 3 || n == 4:
		h.groups[group].members[id] = true
		h.edit(group, scim.MemberEdit{Add: []string{id}})
	case n == 5:
		delete(h.groups[group].members, id)
		h.edit(group, scim.MemberEdit{Remove: []string{id}})
	case n == 6:
		h.groups[group].name = h.fresh()
		h.edit(group, scim.MemberEdit{})
	case n == 7 && h.rand.IntN(2) == 0:
		h.delete(scim.TypeGroup, group)
		delete(h.groups, group)
	case n == 8 && h.rand.IntN(2) == 0:
		h.delete(scim.TypeUser, id)
		delete(h.people, id)
		for _, c := range h.groups {
			delete(c.members, id)
		}
	case n == 9:
		h.toggle(id)
	default:
		h.chunk(n == 10) // one that dies before it records, or one that does not
	}
}

func (h *happenings) hire() {
	h.named++
	name := fmt.Sprint("user", h.named)
	doc := personDoc(name, h.named)
	h.people[h.create(scim.TypeUser, doc, name, scim.MemberEdit{})] = &somebody{doc["userName"].(string), h.named, true}
}

// fresh is a name for a group: one that means something to the target's settings, or any.
func (h *happenings) fresh() string {
	words := []string{"Sales Managers", "Area Managers", "Everybody"}
	words = slices.DeleteFunc(words, func(word string) bool {
		for _, c := range h.groups {
			if c.name == word {
				return true
			}
		}
		return false
	})
	if h.rand.IntN(3) == 0 || len(words) == 0 {
		h.named++
		return fmt.Sprint("Group ", h.named)
	}
	return words[h.rand.IntN(len(words))]
}

func (h *happenings) edit(group string, e scim.MemberEdit) {
	name := h.groups[group].name
	h.change(scim.TypeGroup, group, scim.Document{"displayName": name}, name, e)
}

func (h *happenings) toggle(id string) {
	p := h.people[id]
	p.active = !p.active
	name, _, _ := strings.Cut(p.key, "@")
	doc := personDoc(name, p.number)
	doc["active"] = p.active
	h.change(scim.TypeUser, id, doc, name, scim.MemberEdit{})
}

// chunk works on what is due of one class and, unless the process dies, records it.
func (h *happenings) chunk(dies bool) (worked int) {
	h.tb.Helper()
	ctx := h.tb.Context()
	lease, status, err := h.store.Targets.Acquire(ctx, h.target.Tenant, h.target.ID, "test", time.Minute)
	if err != nil {
		h.tb.Fatal(err)
	}
	health, admitted := status.Health.Admit(h.store.Now())
	if admitted {
		worked = h.work(lease, health, dies)
	}
	if err := h.store.Targets.Release(ctx, lease); err != nil {
		h.tb.Fatal(err)
	}
	return worked
}

func (h *happenings) work(lease store.Lease, health quarantine.State, dies bool) int {
	h.tb.Helper()
	ctx := h.tb.Context()
	due, err := h.store.Links.Due(ctx, lease.Tenant, lease.Target, 50)
	if err != nil {
		h.tb.Fatal(err)
	}
	if len(due) == 0 {
		return 0
	}
	outcomes, health, err := h.session().Chunk(ctx, ctx.Done(), lease, due, health)
	if err == nil && !dies {
		err = h.store.Links.Record(ctx, lease, outcomes, health)
	}
	if err != nil {
		h.tb.Fatal(err)
	}
	return len(outcomes)
}

// settle lets time go on until nothing waits.
func (h *happenings) settle() {
	h.tb.Helper()
	for range 500 {
		for h.chunk(false) > 0 {
		}
		counts, err := h.store.Links.Count(h.tb.Context(), h.target.Tenant, h.target.ID)
		if err != nil {
			h.tb.Fatal(err)
		}
		if counts.Pending == 0 {
			return
		}
		<-time.After(30 * time.Second) // of the bubble
	}
	waiting, _ := h.store.Links.Waiting(h.tb.Context(), h.target.Tenant, h.target.ID, 5)
	h.tb.Fatalf("it does not settle: %+v", waiting)
}

var _ relay.Directory = (*plant)(nil)
