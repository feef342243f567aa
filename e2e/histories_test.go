package e2e_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
	"scimrelay/tenants"
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
	t.Parallel()
	plants, histories := 10, 50
	if racing {
		plants, histories = 1, 25
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
			t.Parallel()
			compared := 0
			for seed := range plants {
				s.Reset()
				synctest.Test(t, func(t *testing.T) { compared += playHistories(t, s, uint64(seed), histories, come) })
			}
			if compared < plants*histories {
				t.Errorf("only %d memberships were compared", compared)
			}
		})
	}
}

// unguarded lets through that half of a small company leaves, which these histories are full of.
func unguarded(target *tenants.Target) { target.Guard.Off = true }

// playHistories says how many memberships it has compared.
func playHistories(t *testing.T, s simhost.Simulator, seed uint64, histories int, come func(*happenings) map[string][]string) (compared int) {
	h := &happenings{plant: newPlant(t, s, unguarded), rand: rand.New(rand.NewPCG(seed, 6)), people: map[string]*somebody{}, groups: map[string]*club{}}
	h.ours = h.session().Capabilities.Groups
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
	return compared
}
