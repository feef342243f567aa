package e2e_test

import (
	"context"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/scim/server"
	"scimrelay/store"
	"scimrelay/tenants"
)

// The parts of the store as one process sees them: each call goes through its fate.
type (
	directory struct {
		server.Directory
		*life
	}
	finder struct {
		server.Finder
		*life
	}
	rosters struct {
		server.Groups
		*life
	}
	tokens struct {
		tenants.TokenLookup
		*life
	}
	leases struct {
		queue.Leases
		*life
	}
	turnLinks struct {
		queue.Links
		*life
	}
	statuses struct {
		queue.Statuses
		*life
	}
	swept struct {
		queue.Swept
		*life
	}
	keeper struct {
		queue.Keeper
		*life
	}
	ward struct {
		queue.Ward
		*life
	}
	relayLinks struct {
		relay.Links
		*life
	}
)

func (d directory) Create(ctx context.Context, w store.Write, kind, id string, rev store.Revision) (scim.Resource, error) {
	return get(d.life, "Create", func() (scim.Resource, error) { return d.Directory.Create(ctx, w, kind, id, rev) })
}

func (d directory) Get(ctx context.Context, tenant, kind, id string) (scim.Resource, error) {
	return get(d.life, "Get", func() (scim.Resource, error) { return d.Directory.Get(ctx, tenant, kind, id) })
}

func (d directory) Update(ctx context.Context, w store.Write, kind, id string, change func(scim.Resource) (store.Revision, error)) (scim.Resource, error) {
	return get(d.life, "Update", func() (scim.Resource, error) { return d.Directory.Update(ctx, w, kind, id, change) })
}

func (d directory) Delete(ctx context.Context, w store.Write, kind, id string, admit func(scim.Resource) error) error {
	return d.stored("Delete", func() error { return d.Directory.Delete(ctx, w, kind, id, admit) })
}

func (f finder) Find(ctx context.Context, tenant, kind string, field store.Field, value string) ([]scim.Resource, error) {
	return get(f.life, "Find", func() ([]scim.Resource, error) { return f.Finder.Find(ctx, tenant, kind, field, value) })
}

func (f finder) List(ctx context.Context, tenant, kind string, offset, limit int) (found []scim.Resource, total int, err error) {
	err = f.stored("List", func() (err error) { found, total, err = f.Finder.List(ctx, tenant, kind, offset, limit); return err })
	return found, total, err
}

func (f finder) After(ctx context.Context, tenant, kind, id string, limit int) ([]scim.Resource, error) {
	return get(f.life, "After", func() ([]scim.Resource, error) { return f.Finder.After(ctx, tenant, kind, id, limit) })
}

func (f finder) Count(ctx context.Context, tenant, kind string) (int, error) {
	return get(f.life, "CountResources", func() (int, error) { return f.Finder.Count(ctx, tenant, kind) })
}

func (g rosters) Members(ctx context.Context, tenant, group, after string, limit int) ([]scim.Member, error) {
	return get(g.life, "Members", func() ([]scim.Member, error) { return g.Groups.Members(ctx, tenant, group, after, limit) })
}

func (g rosters) MemberOf(ctx context.Context, tenant string, members []string) (map[string][]scim.Resource, error) {
	return get(g.life, "MemberOf", func() (map[string][]scim.Resource, error) { return g.Groups.MemberOf(ctx, tenant, members) })
}

func (g rosters) IsMember(ctx context.Context, tenant, group string, members []string) (map[string]bool, error) {
	return get(g.life, "IsMember", func() (map[string]bool, error) { return g.Groups.IsMember(ctx, tenant, group, members) })
}

func (t tokens) Token(ctx context.Context, keyID string) (tenants.Token, error) {
	return get(t.life, "Token", func() (tenants.Token, error) { return t.TokenLookup.Token(ctx, keyID) })
}

func (s leases) Acquire(ctx context.Context, tenant, target, owner string, ttl time.Duration) (l store.Lease, status store.Status, err error) {
	err = s.stored("Acquire", func() (err error) { l, status, err = s.Leases.Acquire(ctx, tenant, target, owner, ttl); return err })
	return l, status, err
}

func (s leases) Extend(ctx context.Context, l store.Lease) error {
	return s.stored("Extend", func() error { return s.Leases.Extend(ctx, l) })
}

func (s leases) Release(ctx context.Context, l store.Lease) error {
	return s.stored("Release", func() error { return s.Leases.Release(ctx, l) })
}

func (k turnLinks) Due(ctx context.Context, tenant, target string, limit int) ([]store.Work, error) {
	return get(k.life, "Due", func() ([]store.Work, error) { return k.Links.Due(ctx, tenant, target, limit) })
}

func (k turnLinks) One(ctx context.Context, tenant, target, resource string) (store.Work, error) {
	return get(k.life, "One", func() (store.Work, error) { return k.Links.One(ctx, tenant, target, resource) })
}

func (k turnLinks) MostUrgent(ctx context.Context, tenant, target string) (u store.Urgency, due bool, err error) {
	err = k.stored("MostUrgent", func() (err error) { u, due, err = k.Links.MostUrgent(ctx, tenant, target); return err })
	return u, due, err
}

func (k turnLinks) Record(ctx context.Context, lease store.Lease, outcomes []store.Outcome, health quarantine.State) error {
	return k.stored("Record", func() error { return k.Links.Record(ctx, lease, outcomes, health) })
}

func (k turnLinks) Trials(ctx context.Context, tenant, target string, limit int, any bool) ([]store.Work, error) {
	return get(k.life, "Trials", func() ([]store.Work, error) { return k.Links.Trials(ctx, tenant, target, limit, any) })
}

func (k turnLinks) SetAside(ctx context.Context, tenant, target string, most int) (escrowed, parked int, err error) {
	err = k.stored("SetAside", func() (err error) { escrowed, parked, err = k.Links.SetAside(ctx, tenant, target, most); return err })
	return escrowed, parked, err
}

func (w ward) Survey(ctx context.Context, host string) error {
	return w.stored("Survey", func() error { return w.Ward.Survey(ctx, host) })
}

func (w ward) Tend(ctx context.Context, each func(tenant, target string)) error {
	return w.stored("Tend", func() error { return w.Ward.Tend(ctx, each) })
}

func (w ward) Troubled(ctx context.Context) ([]string, error) {
	return get(w.life, "Troubled", func() ([]string, error) { return w.Ward.Troubled(ctx) })
}

func (s statuses) Status(ctx context.Context, tenant, target string) (store.Status, error) {
	return get(s.life, "Status", func() (store.Status, error) { return s.Statuses.Status(ctx, tenant, target) })
}

func (s swept) Pending(ctx context.Context, each func(tenant, target string)) error {
	return s.stored("Pending", func() error { return s.Swept.Pending(ctx, each) })
}

func (k keeper) Seed(ctx context.Context, tenant, target string) (time.Duration, error) {
	return get(k.life, "Seed", func() (time.Duration, error) { return k.Keeper.Seed(ctx, tenant, target) })
}

func (k keeper) Mend(ctx context.Context, tenant, target, settings string) error {
	return k.stored("Mend", func() error { return k.Keeper.Mend(ctx, tenant, target, settings) })
}

func (k keeper) Recheck(ctx context.Context) error {
	return k.stored("Recheck", func() error { return k.Keeper.Recheck(ctx) })
}

func (k relayLinks) Begin(ctx context.Context, lease store.Lease, intents []store.Intent) error {
	return k.stored("Begin", func() error { return k.Links.Begin(ctx, lease, intents) })
}

func (k relayLinks) Stir(ctx context.Context, lease store.Lease, resources []string) error {
	return k.stored("Stir", func() error { return k.Links.Stir(ctx, lease, resources) })
}

func (k relayLinks) VendorIDs(ctx context.Context, tenant, target string, resources []string) (map[string]string, error) {
	return get(k.life, "VendorIDs", func() (map[string]string, error) { return k.Links.VendorIDs(ctx, tenant, target, resources) })
}

func (k relayLinks) Holders(ctx context.Context, tenant, target, kind string, vendorIDs []string) (map[string]string, error) {
	return get(k.life, "Holders", func() (map[string]string, error) { return k.Links.Holders(ctx, tenant, target, kind, vendorIDs) })
}

func (k relayLinks) Accepted(ctx context.Context, link store.Link) (bool, error) {
	return get(k.life, "Accepted", func() (bool, error) { return k.Links.Accepted(ctx, link) })
}

func (k relayLinks) Wanted(ctx context.Context, tenant, target, resource string) (int64, error) {
	return get(k.life, "Wanted", func() (int64, error) { return k.Links.Wanted(ctx, tenant, target, resource) })
}

func (k relayLinks) Departing(ctx context.Context, tenant, target string, asked []string, takes store.Takes, window time.Duration) (store.Departing, error) {
	return get(k.life, "Departing", func() (store.Departing, error) {
		return k.Links.Departing(ctx, tenant, target, asked, takes, window)
	})
}

func (k relayLinks) Working(ctx context.Context, tenant, target string, window time.Duration, most int) (int, error) {
	return get(k.life, "Working", func() (int, error) { return k.Links.Working(ctx, tenant, target, window, most) })
}

func (k relayLinks) Removing(ctx context.Context, link store.Link, window time.Duration) (store.Removing, error) {
	return get(k.life, "Removing", func() (store.Removing, error) { return k.Links.Removing(ctx, link, window) })
}

func (k relayLinks) Size(ctx context.Context, tenant, group string, most int) (int, error) {
	return get(k.life, "Size", func() (int, error) { return k.Links.Size(ctx, tenant, group, most) })
}

func (k relayLinks) HeldMembers(ctx context.Context, link store.Link) (int, error) {
	return get(k.life, "HeldMembers", func() (int, error) { return k.Links.HeldMembers(ctx, link) })
}

func (k relayLinks) LetThrough(ctx context.Context, lease store.Lease, group string, leavers []store.Leaver, window time.Duration) error {
	return k.stored("LetThrough", func() error { return k.Links.LetThrough(ctx, lease, group, leavers, window) })
}

func (k relayLinks) Changed(ctx context.Context, link store.Link, limit int) ([]store.Membership, error) {
	return get(k.life, "Changed", func() ([]store.Membership, error) { return k.Links.Changed(ctx, link, limit) })
}

func (k relayLinks) Ready(ctx context.Context, link store.Link, after store.Membership, limit int) ([]store.Membership, error) {
	return get(k.life, "Ready", func() ([]store.Membership, error) { return k.Links.Ready(ctx, link, after, limit) })
}

func (k relayLinks) Awaiting(ctx context.Context, link store.Link, members []string) (total int, among map[string]bool, err error) {
	err = k.stored("Awaiting", func() (err error) { total, among, err = k.Links.Awaiting(ctx, link, members); return err })
	return total, among, err
}

func (k relayLinks) Nested(ctx context.Context, tenant, group string) (int, error) {
	return get(k.life, "Nested", func() (int, error) { return k.Links.Nested(ctx, tenant, group) })
}

func (k relayLinks) GroupsOf(ctx context.Context, tenant string, people []string) (map[string][]scim.Resource, error) {
	return get(k.life, "GroupsOf", func() (map[string][]scim.Resource, error) { return k.Links.GroupsOf(ctx, tenant, people) })
}

// What grows a method must have it here too: a call that passes by is a call nothing is done to.
func TestEveryCallOfTheStoreHasAFate(t *testing.T) {
	t.Parallel()
	for _, part := range []any{directory{}, finder{}, rosters{}, tokens{}, leases{}, turnLinks{}, statuses{}, swept{}, keeper{}, ward{}, relayLinks{}} {
		kind := reflect.TypeOf(part)
		asked := kind.Field(0).Type // the embedded interface
		for i := range asked.NumMethod() {
			method, _ := kind.MethodByName(asked.Method(i).Name)
			f := runtime.FuncForPC(method.Func.Pointer())
			if file, _ := f.FileLine(method.Func.Pointer()); strings.Contains(file, "autogenerated") {
				t.Errorf("%s.%s passes by", kind.Name(), method.Name)
			}
		}
	}
}
