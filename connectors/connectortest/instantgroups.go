package connectortest

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// Group is one group of an Instant, its members by their accounts' ids, in order.
type Group struct {
	connectors.Remote
	Members []string
}

// instantGroups are an Instant's groups.
type instantGroups struct {
	last  int
	byID  map[string]*instantGroup
	byKey map[string]string
}

type instantGroup struct {
	remote  connectors.Remote
	members map[string]bool
}

// Groups lists the groups in the order they were made.
func (i *Instant) Groups() []Group {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := make([]Group, 0, len(i.groups.byID))
	for _, g := range i.groups.byID {
		all = append(all, Group{clone(&g.remote), slices.Sorted(maps.Keys(g.members))})
	}
	slices.SortFunc(all, func(a, b Group) int { return number(a.ID) - number(b.ID) })
	return all
}

// EditMembers implements connectors.MemberEditor. An account that is not there cannot be added.
func (i *Instant) EditMembers(ctx context.Context, group connectors.Remote, add, remove []string) error {
	_, err := i.do(ctx, Op{"members", "", group.ID, group.Key}, func() (*connectors.Remote, error) {
		g, ok := i.groups.byID[group.ID]
		if !ok {
			return nil, noGroup()
		}
		for _, id := range add {
			if _, err := i.get(id); err != nil {
				return nil, connectors.Faultf(connectors.Invalid, "there is no such member")
			}
		}
		for _, id := range add {
			g.members[id] = true
		}
		for _, id := range remove {
			delete(g.members, id)
		}
		return nil, nil
	})
	return err
}

func (gs *instantGroups) find(want connectors.Record) (*connectors.Remote, error) {
	id := want.VendorID
	if id == "" {
		id = gs.byKey[strings.ToLower(want.Key)]
	}
	g, ok := gs.byID[id]
	if !ok {
		return nil, noGroup()
	}
	return &g.remote, nil
}

func (gs *instantGroups) add(key string, fields map[string]any) (*connectors.Remote, error) {
	if gs.byKey[strings.ToLower(key)] != "" {
		return nil, connectors.Faultf(connectors.Exists, "the key is taken")
	}
	gs.last++
	g := &instantGroup{members: map[string]bool{},
		remote: connectors.Remote{Type: scim.TypeGroup, ID: "g" + strconv.Itoa(gs.last), Key: key, Active: true, Fields: fields}}
	gs.byID[g.remote.ID], gs.byKey[strings.ToLower(key)] = g, g.remote.ID
	return &g.remote, nil
}

func (gs *instantGroups) change(id, key string, fields map[string]any) (*connectors.Remote, error) {
	g, ok := gs.byID[id]
	if !ok {
		return nil, noGroup()
	}
	if holder := gs.byKey[strings.ToLower(key)]; holder != "" && holder != id {
		return nil, connectors.Faultf(connectors.Exists, "the key is taken")
	}
	if key != "" {
		delete(gs.byKey, strings.ToLower(g.remote.Key))
		g.remote.Key, gs.byKey[strings.ToLower(key)] = key, id
	}
	maps.Copy(g.remote.Fields, fields)
	return &g.remote, nil
}

func (gs *instantGroups) remove(id string) {
	if g, ok := gs.byID[id]; ok {
		delete(gs.byKey, strings.ToLower(g.remote.Key))
		delete(gs.byID, id)
	}
}

// forget takes an account that is no more out of every group.
func (gs *instantGroups) forget(account string) {
	for _, g := range gs.byID {
		delete(g.members, account)
	}
}

func noGroup() error { return connectors.Faultf(connectors.NotFound, "there is no such group") }
