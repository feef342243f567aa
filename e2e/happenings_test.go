package e2e_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/store"
)

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
