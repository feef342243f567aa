package relay_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// P3: whatever happened in whatever order, with whatever failures between, the vendor's groups
// end as the directory has them. Each seed is a history; several share a world, so that the
// later ones find what the earlier ones left.
func TestAnyHistoryOfGroupsConverges(t *testing.T) {
	t.Parallel()
	converges(t, 20, false)
}

// With so few people the deletion guard trips all the time. Once a person has agreed to whatever
// it holds, the end is the same.
func TestAnyHistoryOfGroupsConvergesOnceAPersonAgrees(t *testing.T) {
	t.Parallel()
	converges(t, 10, true)
}

func converges(t *testing.T, worlds uint64, guarded bool) {
	t.Helper()
	const each = 10
	for seed := range seeds(worlds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			h := &history{World: relaytest.New(t), t: t, random: rand.New(rand.NewPCG(seed, 5)),
				people: map[string]string{}, groups: map[string]*club{}}
			h.Session.Target.Guard.Off = !guarded
			h.Session.Capabilities.MembersPerCall, h.Session.MembersPerRun = 3, 5
			h.Vendor.Before, h.Vendor.After = h.before, h.after
			for range each {
				h.live(12)
				h.heal()
				h.compare()
				if t.Failed() {
					return
				}
			}
		})
	}
}

// history is what happens, and what should have come of it.
type history struct {
	*relaytest.World
	t      *testing.T
	people map[string]string // id to key
	groups map[string]*club
	named  int

	mu     sync.Mutex // the vendor's calls come from several goroutines
	random *rand.Rand
	sick   bool
}

type club struct {
	name    string
	members map[string]bool // ids
}

func (h *history) n(below int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.random.IntN(below)
}

func (h *history) before(context.Context, relaytest.Operation, string) error {
	switch h.fate() {
	case 0:
		return connectors.Faultf(connectors.Transient, "a hiccup")
	case 1:
		return &connectors.Fault{Class: connectors.Throttled, Detail: "wait", RetryAfter: 2 * time.Second}
	case 2:
		return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "the request did not arrive"}
	case 3:
		return connectors.Faultf(connectors.Invalid, "the vendor's mood")
	}
	return nil
}

func (h *history) after(context.Context, relaytest.Operation, string) error {
	if h.fate() == 0 {
		return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "the answer did not come"}
	}
	return nil
}

// fate is a small number now and then, while the vendor is sick.
func (h *history) fate() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.sick {
		return -1
	}
	return h.random.IntN(40)
}

func (h *history) live(steps int) {
	h.sick = h.n(4) > 0
	for range steps {
		switch h.n(12) {
		case 0, 1:
			h.hire()
		case 2:
			h.someone(func(id, key string) { h.Change(id, key, scim.Document{"active": h.n(2) == 0}) })
		case 3:
			h.someone(h.fire)
		case 4:
			name := h.name()
			members := h.some()
			id := h.Group(name, members...)
			h.groups[id] = &club{name, set(members)}
		case 5:
			h.club(func(id string, c *club) {
				c.name = h.name()
				h.ChangeGroup(id, c.name, nil, scim.MemberEdit{})
			})
		case 6:
			h.club(func(id string, c *club) {
				members := h.some()
				c.members = set(members)
				h.ChangeGroup(id, c.name, nil, scim.MemberEdit{Clear: true, Add: members})
			})
		case 7:
			if h.n(3) == 0 {
				h.club(func(id string, _ *club) { h.DeleteGroup(id); delete(h.groups, id) })
			}
		case 8, 9:
			h.club(func(id string, c *club) {
				members := h.some()
				for _, m := range members {
					c.members[m] = true
				}
				h.Join(id, c.name, members...)
			})
		case 10:
			h.club(func(id string, c *club) {
				members := h.some()
				for _, m := range members {
					delete(c.members, m)
				}
				h.Leave(id, c.name, members...)
			})
		case 11:
			h.serve(time.Duration(h.n(4)) * time.Second)
		}
	}
}

// hire takes somebody on; names come back once they are free.
func (h *history) hire() {
	key := fmt.Sprint("p", h.n(12))
	for _, taken := range h.people {
		if taken == key {
			return
		}
	}
	h.people[h.Person(key, nil)] = key
}

func (h *history) fire(id, _ string) {
	h.Delete(id)
	delete(h.people, id)
	for _, c := range h.groups {
		delete(c.members, id)
	}
}

func (h *history) name() string {
	h.named++
	return fmt.Sprint("g", h.named)
}

func (h *history) someone(do func(id, key string)) {
	if ids := sorted(h.people); len(ids) > 0 {
		id := ids[h.n(len(ids))]
		do(id, h.people[id])
	}
}

func (h *history) club(do func(id string, c *club)) {
	if ids := sorted(h.groups); len(ids) > 0 {
		id := ids[h.n(len(ids))]
		do(id, h.groups[id])
	}
}

// some are up to eight people, at random.
func (h *history) some() (ids []string) {
	all := sorted(h.people)
	h.mu.Lock()
	h.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	h.mu.Unlock()
	return all[:min(len(all), h.n(9))]
}

func sorted[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func set(ids []string) map[string]bool {
	m := make(map[string]bool)
	for _, id := range ids {
		m[id] = true
	}
	return m
}

// serve lets time pass and, if the target may be served then, a turn or a chunk of one whose
// outcomes are lost with its process.
func (h *history) serve(pass time.Duration) {
	h.Clock.Advance(pass)
	status, err := h.Store.Targets.Status(h.t.Context(), relaytest.Tenant, relaytest.Target)
	if err != nil {
		h.t.Fatal(err)
	}
	switch {
	case status.Health.Until.After(h.Clock.Now()):
	case h.sick && h.n(4) == 0:
		h.Chunk(h.Begin())
		h.End()
	default:
		h.Turn()
	}
}

// heal has the vendor work again until nothing is left to do.
func (h *history) heal() {
	h.sick = false
	for range 200 {
		h.serve(0)
		counts, err := h.Store.Links.Count(h.t.Context(), relaytest.Tenant, relaytest.Target)
		if err != nil {
			h.t.Fatal(err)
		}
		if counts.Pending == 0 {
			return
		}
		if _, err := approve(h.World, "", "so be it"); err != nil {
			h.t.Fatal(err)
		}
		h.Clock.Advance(time.Hour)
	}
	waiting, err := h.Store.Links.Waiting(h.t.Context(), relaytest.Tenant, relaytest.Target, 5)
	h.t.Errorf("it does not come to rest: %+v, %v", waiting, err)
}

func (h *history) compare() {
	var names []string
	for id, c := range h.groups {
		names = append(names, c.name)
		var keys []string
		for m := range c.members {
			keys = append(keys, h.people[m])
		}
		slices.Sort(keys)
		if got, ok := h.Vendor.Group(c.name); !ok || fmt.Sprint(got) != fmt.Sprint(keys) {
			k, _ := h.Link(id)
			h.t.Errorf("group %s has %v, there %v, want %v; link %+v", c.name, got, ok, keys, k)
		}
	}
	slices.Sort(names)
	if got := h.Vendor.Groups(); fmt.Sprint(got) != fmt.Sprint(names) {
		h.t.Errorf("groups %v, want %v", got, names)
	}
	links, err := h.Store.Links.Count(h.t.Context(), relaytest.Tenant, relaytest.Target)
	if err != nil || links.Links != len(h.people)+len(h.groups) {
		h.t.Errorf("%d links for %d people and %d groups: %v", links.Links, len(h.people), len(h.groups), err)
	}
	h.Vendor.Calls()
	work, err := h.Store.Links.AllWork(h.t.Context(), relaytest.Tenant, relaytest.Target, "", 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(work) > 0 {
		h.ChunkOf(work, h.Begin())
		h.End()
	}
	silent(h.t, h.World)
}
