package relaytest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

// groups are the vendor's groups. Their ids are numbers as the accounts' are: its account 1 and
// its group 1 are two things.
type groups struct {
	last  int
	byID  map[string]*group
	byKey map[string]string
}

type group struct {
	connectors.Remote
	members map[string]bool // ids of accounts
}

func (v *Vendor) findGroup(ctx context.Context, want connectors.Record) (found connectors.Remote, err error) {
	err = v.call(ctx, Find, want.Key, nil, func() error {
		id := want.VendorID
		if id == "" {
			id = v.groups.byKey[strings.ToLower(want.Key)]
		}
		g, ok := v.groups.byID[id]
		if !ok {
			return connectors.Faultf(connectors.NotFound, "no such group")
		}
		found = clone(&g.Remote)
		return nil
	})
	return found, err
}

func (v *Vendor) createGroup(ctx context.Context, want connectors.Record) (made connectors.Remote, err error) {
	err = v.call(ctx, Create, want.Key, want.Fields, func() error {
		if _, taken := v.groups.byKey[strings.ToLower(want.Key)]; taken {
			return connectors.Faultf(connectors.Exists, "the key is taken")
		}
		if v.groups.byID == nil {
			v.groups.byID, v.groups.byKey = make(map[string]*group), make(map[string]string)
		}
		v.groups.last++
		g := &group{Remote: connectors.Remote{ID: strconv.Itoa(v.groups.last), Key: want.Key, Fields: map[string]any{}}, members: make(map[string]bool)}
		set(&g.Remote, want.Fields)
		v.groups.byID[g.ID], v.groups.byKey[strings.ToLower(want.Key)] = g, g.ID
		made = clone(&g.Remote)
		return nil
	})
	if err != nil {
		return connectors.Remote{}, err
	}
	return made, nil
}

func (v *Vendor) changeGroup(id string, do func(*group)) error {
	g, ok := v.groups.byID[id]
	if !ok {
		return connectors.Faultf(connectors.NotFound, "no such group")
	}
	do(g)
	return nil
}

func (v *Vendor) rename(g *group, key string) {
	delete(v.groups.byKey, strings.ToLower(g.Key))
	g.Key = key
	v.groups.byKey[strings.ToLower(key)] = g.ID
}

func (v *Vendor) dropGroup(id string) {
	if g, ok := v.groups.byID[id]; ok {
		delete(v.groups.byKey, strings.ToLower(g.Key))
		delete(v.groups.byID, id)
	}
}

// EditMembers implements connectors.MemberEditor. An account that is not there cannot be added.
func (v *Vendor) EditMembers(ctx context.Context, have connectors.Remote, add, remove []string) error {
	sent := map[string]any{"add": slices.Clone(add), "remove": slices.Clone(remove)}
	return v.call(ctx, Members, have.Key, sent, func() error {
		for _, id := range add {
			if _, ok := v.accounts[id]; !ok {
				return connectors.Faultf(connectors.Invalid, "no such member")
			}
		}
		return v.changeGroup(have.ID, func(g *group) {
			for _, id := range add {
				g.members[id] = true
			}
			for _, id := range remove {
				delete(g.members, id)
			}
		})
	})
}

// RemoveGroup takes a group away by another hand.
func (v *Vendor) RemoveGroup(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.dropGroup(v.groups.byKey[strings.ToLower(key)])
}

// Group returns the keys of the accounts in the group of that key, in order, and whether there
// is one.
func (v *Vendor) Group(key string) (members []string, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	g, ok := v.groups.byID[v.groups.byKey[strings.ToLower(key)]]
	if !ok {
		return nil, false
	}
	for id := range g.members {
		members = append(members, v.accounts[id].Key)
	}
	slices.Sort(members)
	return members, true
}

// Groups lists the groups' keys, in order.
func (v *Vendor) Groups() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var keys []string
	for _, g := range v.groups.byID {
		keys = append(keys, g.Key)
	}
	slices.Sort(keys)
	return keys
}

// Group creates a group of the members and returns the id.
func (w *World) Group(name string, members ...string) string {
	w.tb.Helper()
	r, err := w.Store.Directory.Create(w.tb.Context(), w.write(), scim.TypeGroup, uuid.NewString(), w.groupRevision(name, nil, scim.MemberEdit{Add: members}))
	if err != nil {
		w.tb.Fatal(err)
	}
	return r.ID
}

// ChangeGroup renames the group, puts other attributes in the place of its own and edits its
// members.
func (w *World) ChangeGroup(id, name string, attributes scim.Document, edit scim.MemberEdit) {
	w.tb.Helper()
	_, err := w.Store.Directory.Update(w.tb.Context(), w.write(), scim.TypeGroup, id, func(scim.Resource) (store.Revision, error) {
		return w.groupRevision(name, attributes, edit), nil
	})
	if err != nil {
		w.tb.Fatal(err)
	}
}

// Join adds members to the group.
func (w *World) Join(id, name string, members ...string) {
	w.tb.Helper()
	w.ChangeGroup(id, name, nil, scim.MemberEdit{Add: members})
}

// Leave removes members from the group.
func (w *World) Leave(id, name string, members ...string) {
	w.tb.Helper()
	w.ChangeGroup(id, name, nil, scim.MemberEdit{Remove: members})
}

// DeleteGroup deletes the group.
func (w *World) DeleteGroup(id string) {
	w.tb.Helper()
	w.delete(scim.TypeGroup, id)
}

func (w *World) groupRevision(name string, attributes scim.Document, edit scim.MemberEdit) store.Revision {
	w.tb.Helper()
	doc := scim.Document{"displayName": name}
	maps.Copy(doc, attributes)
	body, err := json.Marshal(doc)
	if err != nil {
		w.tb.Fatal(err)
	}
	return store.Revision{Body: body, Keys: store.Keys{Name: name}, Active: true, Members: edit}
}
