package connectortest

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// Instant is a connector that keeps its accounts and groups in memory and answers at once. Keys
// are unique whatever their case, ids are v1, v2 and so on, groups' g1, g2, and hooks make it
// fail or wait. It is safe for use by several goroutines.
type Instant struct {
	mu       sync.Mutex
	accounts map[string]*connectors.Remote
	byKey    map[string]string
	groups   instantGroups
	calls    []Op
	last     int
	before   func(context.Context, Op) error
	after    func(context.Context, Op) error
}

// Op is one call of a connector's method: find, create, update, delete, deactivate,
// reactivate, members or list.
type Op struct {
	Name     string
	Resource string
	ID       string
	Key      string
}

var (
	_ connectors.Connector    = (*Instant)(nil)
	_ connectors.Deactivator  = (*Instant)(nil)
	_ connectors.MemberEditor = (*Instant)(nil)
	_ connectors.Lister       = (*Instant)(nil)
)

// NewInstant returns an empty Instant.
func NewInstant() *Instant {
	return &Instant{accounts: map[string]*connectors.Remote{}, byKey: map[string]string{},
		groups: instantGroups{byID: map[string]*instantGroup{}, byKey: map[string]string{}}}
}

// Before sets what runs before each call: an error stops the call with nothing done, and a hook
// that waits holds it up. Nil is nothing.
func (i *Instant) Before(hook func(context.Context, Op) error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.before = hook
}

// After sets what runs after each call: an error hides the answer of a call that was done.
func (i *Instant) After(hook func(context.Context, Op) error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.after = hook
}

// Plant adds an account made by other hands and returns its id.
func (i *Instant) Plant(account connectors.Remote) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.add(account).ID
}

// Remove takes an account away by other hands.
func (i *Instant) Remove(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.remove(id)
}

// Accounts lists the accounts in the order they were made.
func (i *Instant) Accounts() []connectors.Remote {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := make([]connectors.Remote, 0, len(i.accounts))
	for _, a := range i.accounts {
		all = append(all, clone(a))
	}
	slices.SortFunc(all, func(a, b connectors.Remote) int { return number(a.ID) - number(b.ID) })
	return all
}

// Calls lists the calls so far, whether or not they failed.
func (i *Instant) Calls() []Op {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.calls)
}

// Count is how many calls of the name there were.
func (i *Instant) Count(name string) (n int) {
	for _, op := range i.Calls() {
		if op.Name == name {
			n++
		}
	}
	return n
}

// do runs one call between its hooks.
func (i *Instant) do(ctx context.Context, op Op, call func() (*connectors.Remote, error)) (connectors.Remote, error) {
	i.mu.Lock()
	i.calls = append(i.calls, op)
	before, after := i.before, i.after
	i.mu.Unlock()
	if before != nil {
		if err := before(ctx, op); err != nil {
			return connectors.Remote{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Transient, Detail: "the call was cut short", Err: err}
	}
	i.mu.Lock()
	account, err := call()
	var result connectors.Remote
	if account != nil {
		result = clone(account)
	}
	i.mu.Unlock()
	if err == nil && after != nil {
		if err = after(ctx, op); err != nil {
			return connectors.Remote{}, err
		}
	}
	return result, err
}

// Find implements connectors.Connector.
func (i *Instant) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	return i.do(ctx, Op{"find", want.Resource, want.VendorID, want.Key}, func() (*connectors.Remote, error) {
		if want.Type == scim.TypeGroup {
			return i.groups.find(want)
		}
		id := want.VendorID
		if id == "" {
			id = i.byKey[strings.ToLower(want.Key)]
		}
		return i.get(id)
	})
}

// Create implements connectors.Connector.
func (i *Instant) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	return i.do(ctx, Op{"create", want.Resource, "", want.Key}, func() (*connectors.Remote, error) {
		fields := maps.Clone(want.OnCreate)
		if fields == nil {
			fields = map[string]any{}
		}
		maps.Copy(fields, want.Fields)
		if want.Type == scim.TypeGroup {
			return i.groups.add(want.Key, fields)
		}
		if i.byKey[strings.ToLower(want.Key)] != "" {
			return nil, connectors.Faultf(connectors.Exists, "the key is taken")
		}
		return i.add(connectors.Remote{Key: want.Key, Active: want.Active, Fields: fields}), nil
	})
}

// Update implements connectors.Connector.
func (i *Instant) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	changes := connectors.Difference(have.Fields, want.Fields)
	if len(changes) == 0 && (want.Key == "" || want.Key == have.Key) {
		return have, nil
	}
	return i.do(ctx, Op{"update", want.Resource, have.ID, want.Key}, func() (*connectors.Remote, error) {
		if have.Type == scim.TypeGroup {
			return i.groups.change(have.ID, want.Key, changes)
		}
		return i.change(have.ID, want.Key, changes)
	})
}

// Delete implements connectors.Connector.
func (i *Instant) Delete(ctx context.Context, have connectors.Remote) error {
	_, err := i.do(ctx, Op{"delete", "", have.ID, have.Key}, func() (*connectors.Remote, error) {
		if have.Type == scim.TypeGroup {
			i.groups.remove(have.ID)
			return nil, nil
		}
		i.remove(have.ID)
		return nil, nil
	})
	return err
}

// Deactivate implements connectors.Deactivator.
func (i *Instant) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	return i.do(ctx, Op{"deactivate", "", have.ID, have.Key}, func() (*connectors.Remote, error) {
		account, err := i.get(have.ID)
		if err == nil {
			account.Active = false
		}
		return account, err
	})
}

// Reactivate implements connectors.Deactivator.
func (i *Instant) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	return i.do(ctx, Op{"reactivate", want.Resource, have.ID, want.Key}, func() (*connectors.Remote, error) {
		account, err := i.change(have.ID, want.Key, want.Fields)
		if err == nil {
			account.Active = true
		}
		return account, err
	})
}

// List implements connectors.Lister, a hundred accounts at a time.
func (i *Instant) List(ctx context.Context, cursor string) (connectors.Page, error) {
	if _, err := i.do(ctx, Op{Name: "list"}, func() (*connectors.Remote, error) { return nil, nil }); err != nil {
		return connectors.Page{}, err
	}
	all := i.Accounts()
	from := min(number(cursor), len(all))
	to := min(from+100, len(all))
	page := connectors.Page{Accounts: all[from:to]}
	if to < len(all) {
		page.Next = strconv.Itoa(to)
	}
	return page, nil
}

func (i *Instant) get(id string) (*connectors.Remote, error) {
	account, ok := i.accounts[id]
	if !ok {
		return nil, connectors.Faultf(connectors.NotFound, "there is no such account")
	}
	return account, nil
}

func (i *Instant) add(account connectors.Remote) *connectors.Remote {
	i.last++
	account.ID = "v" + strconv.Itoa(i.last)
	account = clone(&account)
	i.accounts[account.ID], i.byKey[strings.ToLower(account.Key)] = &account, account.ID
	return &account
}

func (i *Instant) remove(id string) {
	if account, ok := i.accounts[id]; ok {
		delete(i.byKey, strings.ToLower(account.Key))
		delete(i.accounts, id)
		i.groups.forget(id)
	}
}

func (i *Instant) change(id, key string, fields map[string]any) (*connectors.Remote, error) {
	account, err := i.get(id)
	if err != nil {
		return nil, err
	}
	if holder := i.byKey[strings.ToLower(key)]; key != "" && holder != "" && holder != id {
		return nil, connectors.Faultf(connectors.Exists, "the key is taken")
	}
	if key != "" {
		delete(i.byKey, strings.ToLower(account.Key))
		account.Key, i.byKey[strings.ToLower(key)] = key, id
	}
	maps.Copy(account.Fields, fields)
	return account, nil
}

func clone(a *connectors.Remote) connectors.Remote {
	c := *a
	if c.Fields = maps.Clone(a.Fields); c.Fields == nil {
		c.Fields = map[string]any{}
	}
	return c
}

// number reads v12, g12 or 12; anything else is 0.
func number(text string) int {
	n, _ := strconv.Atoi(strings.TrimLeft(text, "vg"))
	return n
}

// instantMapping forwards enough to see changes arrive, the manager as a reference.
const instantMapping = `
key: user.userName
fields:
  userName: user.userName
  displayName: user.displayName
  title: user.title
  manager: reference(user.manager)
on_create:
  external: user.id
group:
  key: group.displayName
  fields:
    displayName: group.displayName
    code: group.externalId
  on_create:
    external: group.id
`

// Product returns a product whose targets all are this Instant, to be put into a registry.
func (i *Instant) Product(name string) connectors.Product {
	return connectors.Product{
		Name: name, Title: "Instant " + name,
		Capabilities: connectors.Capabilities{Deactivate: connectors.DeactivateFlag, CreateInactive: true, Reactivate: connectors.ReactivateSame,
			Delete: true, Groups: true, Settle: time.Second, Rate: tenants.Rate{Concurrency: 4}},
		Mapping:  []byte(instantMapping),
		Settings: func(tenants.Target) (connectors.Settings, []configs.Fault) { return instantSettings{i}, nil },
	}
}

type instantSettings struct{ instant *Instant }

// Open implements connectors.Settings.
func (s instantSettings) Open(connectors.Env) (connectors.Connector, error) { return s.instant, nil }
