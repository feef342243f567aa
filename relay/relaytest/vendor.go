// Package relaytest is a world for tests of the relay and the queue: a vendor in memory that
// keeps accounts and groups, counts calls and fails when told to, and a target that speaks to it.
//
// It is not a simulator of any product: those live beside their connectors.
package relaytest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// Operation is a call to the vendor.
type Operation string

// The operations.
const (
	Find       Operation = "find"
	Create     Operation = "create"
	Update     Operation = "update"
	Deactivate Operation = "deactivate"
	Reactivate Operation = "reactivate"
	Delete     Operation = "delete"
	Members    Operation = "members"
)

// Call is one call the vendor got. Sent is what an update changed, or the ids of the members that
// were to be added and removed.
type Call struct {
	Operation Operation
	Key       string
	Sent      map[string]any
}

// Vendor keeps accounts in memory and takes no time. Its zero value is ready.
type Vendor struct {
	// Before is asked before a call is carried out; an error is the call's answer.
	Before func(ctx context.Context, op Operation, key string) error
	// After is asked once a call has been carried out; an error replaces its answer.
	After func(ctx context.Context, op Operation, key string) error
	// Hidden says that a search does not show the account yet.
	Hidden func(key string) bool
	// Entitles says that accounts hold the names of their people's groups, under "groups".
	Entitles bool
	// Kind is what deactivating does, a flag when it is empty.
	Kind connectors.DeactivateKind

	mu       sync.Mutex
	next     int
	accounts map[string]*connectors.Remote
	byKey    map[string]string
	groups   groups
	calls    []Call
	quiet    bool
}

var (
	_ connectors.Connector    = (*Vendor)(nil)
	_ connectors.Deactivator  = (*Vendor)(nil)
	_ connectors.MemberEditor = (*Vendor)(nil)
	_ connectors.Entitler     = (*Vendor)(nil)
)

// Quiet stops the vendor from keeping its calls, for benchmarks.
func (v *Vendor) Quiet() { v.quiet = true }

// call runs one operation with its hooks around it.
func (v *Vendor) call(ctx context.Context, op Operation, key string, sent map[string]any, do func() error) error {
	if err := ctx.Err(); err != nil {
		return connectors.FaultOf(err)
	}
	if !v.quiet {
		v.mu.Lock()
		v.calls = append(v.calls, Call{op, key, sent})
		v.mu.Unlock()
	}
	if v.Before != nil {
		if err := v.Before(ctx, op, key); err != nil {
			return err
		}
	}
	v.mu.Lock()
	err := do()
	v.mu.Unlock()
	if err == nil && v.After != nil {
		err = v.After(ctx, op, key)
	}
	return err
}

// Find implements connectors.Connector.
func (v *Vendor) Find(ctx context.Context, want connectors.Record) (found connectors.Remote, err error) {
	if want.Type == scim.TypeGroup {
		return v.findGroup(ctx, want)
	}
	err = v.call(ctx, Find, want.Key, nil, func() error {
		id := want.VendorID
		if id == "" {
			if id = v.byKey[strings.ToLower(want.Key)]; id != "" && v.Hidden != nil && v.Hidden(want.Key) {
				id = ""
			}
		}
		have, ok := v.accounts[id]
		if !ok {
			return connectors.Faultf(connectors.NotFound, "no such account")
		}
		found = clone(have)
		return nil
	})
	return found, err
}

// Create implements connectors.Connector. A key that is taken is refused.
func (v *Vendor) Create(ctx context.Context, want connectors.Record) (made connectors.Remote, err error) {
	if want.Type == scim.TypeGroup {
		return v.createGroup(ctx, want)
	}
	err = v.call(ctx, Create, want.Key, want.Fields, func() error {
		if _, taken := v.byKey[strings.ToLower(want.Key)]; taken {
			return connectors.Faultf(connectors.Exists, "the key is taken")
		}
		made = clone(v.add(want.Key, want.Active, v.fields(want)))
		return nil
	})
	if err != nil { // what was made stays; its id never arrives
		return connectors.Remote{}, err
	}
	return made, nil
}

// Gives implements connectors.Entitler: a group whose name begins with "Club" gives nothing.
func (v *Vendor) Gives(group connectors.Group) bool { return !strings.HasPrefix(group.Name, "Club") }

// fields are the record's, with what the person's groups give.
func (v *Vendor) fields(want connectors.Record) map[string]any {
	if !v.Entitles {
		return want.Fields
	}
	fields, names := maps.Clone(want.Fields), []any{}
	for _, g := range want.Groups {
		if v.Gives(g) {
			names = append(names, g.Name)
		}
	}
	slices.SortFunc(names, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	fields["groups"] = names
	return fields
}

// Put adds an account by another hand than the gateway's and returns its id.
func (v *Vendor) Put(key string, active bool, fields map[string]any) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.add(key, active, fields).ID
}

func (v *Vendor) add(key string, active bool, fields map[string]any) *connectors.Remote {
	if v.accounts == nil {
		v.accounts, v.byKey = make(map[string]*connectors.Remote), make(map[string]string)
	}
	v.next++
	a := &connectors.Remote{ID: strconv.Itoa(v.next), Key: key, Active: active, Fields: map[string]any{}}
	for name, value := range fields {
		if value != nil {
			a.Fields[name] = value
		}
	}
	v.accounts[a.ID], v.byKey[strings.ToLower(key)] = a, a.ID
	return a
}

// Update implements connectors.Connector.
func (v *Vendor) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	sent := connectors.Difference(have.Fields, v.fields(want))
	if len(sent) == 0 {
		return have, nil
	}
	err := v.call(ctx, Update, have.Key, sent, func() error {
		if have.Type == scim.TypeGroup {
			return v.changeGroup(have.ID, func(g *group) { v.rename(g, want.Key); set(&g.Remote, sent) })
		}
		return v.change(have.ID, func(a *connectors.Remote) { set(a, sent) })
	})
	return have, err
}

// Deactivate implements connectors.Deactivator.
func (v *Vendor) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	err := v.call(ctx, Deactivate, have.Key, nil, func() error {
		if v.Kind.Spends() {
			delete(v.byKey, strings.ToLower(have.Key))
			v.drop(have.ID)
			return nil
		}
		return v.change(have.ID, func(a *connectors.Remote) { a.Active = false })
	})
	have.Active = false
	return have, err
}

// Reactivate implements connectors.Deactivator.
func (v *Vendor) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	err := v.call(ctx, Reactivate, have.Key, nil, func() error {
		return v.change(have.ID, func(a *connectors.Remote) {
			a.Active = true
			set(a, connectors.Difference(have.Fields, v.fields(want)))
		})
	})
	have.Active = true
	return have, err
}

// Delete implements connectors.Connector.
func (v *Vendor) Delete(ctx context.Context, have connectors.Remote) error {
	return v.call(ctx, Delete, have.Key, nil, func() error {
		if have.Type == scim.TypeGroup {
			v.dropGroup(have.ID)
			return nil
		}
		delete(v.byKey, strings.ToLower(have.Key))
		v.drop(have.ID)
		return nil
	})
}

// Remove takes an account away by another hand.
func (v *Vendor) Remove(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drop(v.byKey[strings.ToLower(key)])
	delete(v.byKey, strings.ToLower(key))
}

// drop takes an account out of everything, as vendors do.
func (v *Vendor) drop(id string) {
	delete(v.accounts, id)
	for _, g := range v.groups.byID {
		delete(g.members, id)
	}
}

func (v *Vendor) change(id string, do func(*connectors.Remote)) error {
	a, ok := v.accounts[id]
	if !ok {
		return connectors.Faultf(connectors.NotFound, "no such account")
	}
	do(a)
	return nil
}

func set(a *connectors.Remote, fields map[string]any) {
	for name, value := range fields {
		if value == nil {
			delete(a.Fields, name)
			continue
		}
		a.Fields[name] = value
	}
}

func clone(a *connectors.Remote) connectors.Remote {
	c := *a
	c.Fields = maps.Clone(a.Fields)
	return c
}

// Account returns the account with the key, and whether there is one.
func (v *Vendor) Account(key string) (connectors.Remote, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a, ok := v.accounts[v.byKey[strings.ToLower(key)]]
	if !ok {
		return connectors.Remote{}, false
	}
	return clone(a), true
}

// Accounts is how many accounts there are.
func (v *Vendor) Accounts() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.accounts)
}

// Calls returns the calls so far and forgets them. With operations, only these.
func (v *Vendor) Calls(only ...Operation) (calls []Call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.calls {
		if len(only) == 0 || slices.Contains(only, c.Operation) {
			calls = append(calls, c)
		}
	}
	v.calls = nil
	return calls
}

// Mutations are the operations that change something.
func Mutations() []Operation {
	return []Operation{Create, Update, Deactivate, Reactivate, Delete, Members}
}

// String implements fmt.Stringer.
func (c Call) String() string { return fmt.Sprintf("%s %s", c.Operation, c.Key) }
