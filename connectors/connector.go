package connectors

import "context"

// Connector speaks one vendor's user API for one target. Every method may be called again
// after any outcome, gives every failure as a *Fault, and returns soon after ctx ends.
//
// A product that declares groups gets records of both types, and what it returned for one back
// as a Remote of that type. One that declares entitlements gets people only, each with Groups.
//
// A connector holds the only retry it may do by itself: one fresh login after the vendor refuses
// a session.
type Connector interface {
	// Find reads the account of want: by want.VendorID when it is known, else by match key.
	// Absence is a Fault of class NotFound, said only when the vendor itself says so in its
	// own shape; two accounts for one key are a Fault of class Ambiguous.
	Find(ctx context.Context, want Record) (Remote, error)
	// Create makes the account and returns it, its vendor id set. The caller has searched first.
	// When the account was made and a step after it failed, it returns both account and fault.
	Create(ctx context.Context, want Record) (Remote, error)
	// Update sends the difference between have and want, and nothing when there is none.
	// It never changes whether the account is active.
	Update(ctx context.Context, have Remote, want Record) (Remote, error)
	// Delete removes the account or group for good. Deleting what is gone is success.
	Delete(ctx context.Context, have Remote) error
}

// Deactivator is the power to take access away and give it back without losing the account.
type Deactivator interface {
	// Deactivate takes access away in the sense of the target's declared capability. Where that
	// spends the account, Find says NotFound of its id afterwards.
	Deactivate(ctx context.Context, have Remote) (Remote, error)
	// Reactivate gives access back to the account and brings it to want. A spent one is never
	// reactivated: who returns goes through Find and Create.
	Reactivate(ctx context.Context, have Remote, want Record) (Remote, error)
}

// MemberEditor is the power to change who is in a group by differences.
type MemberEditor interface {
	// EditMembers adds and removes the accounts, and groups where the product nests them, of these
	// vendor ids: at most Capabilities.MembersPerCall together. Adding who is in, or removing who
	// is not, or is no more, is success.
	EditMembers(ctx context.Context, group Remote, add, remove []string) error
}

// Entitler tells the groups that give their members something from those that do not: a change
// of another group then asks nothing of the vendor.
type Entitler interface {
	Gives(group Group) bool
}

// Differ says what an Update would send, for a product where that is not plainly the
// difference of the fields.
type Differ interface {
	Difference(have Remote, want Record) map[string]any
}

// Checker verifies at set-up everything that can be known before the first person fails. That the
// credentials are refused is a finding, a fault of class Auth, or both.
type Checker interface {
	Check(ctx context.Context) (Report, error)
}

// Lister pages through all accounts, for import, plan and drift. An empty cursor asks for
// the first page; a Page with an empty Next is the last.
type Lister interface {
	List(ctx context.Context, cursor string) (Page, error)
}

// Prober asks the vendor for as little as shows that it works and takes the target's credentials:
// one authenticated read. A connector without it is asked for the first page of its List, and
// without that for its Check, of which every finding has to be fine.
type Prober interface {
	Probe(ctx context.Context) error
}

// Page is one page of a Lister.
type Page struct {
	Accounts []Remote
	Next     string
}

// Report is what a Checker found, one Finding for each thing it looked at.
type Report struct {
	Findings []Finding
}

// Finding is one thing a Checker looked at. Detail says in plain words what to fix.
type Finding struct {
	Name   string
	OK     bool
	Detail string
}

// OK reports whether every finding is fine.
func (r Report) OK() bool {
	for _, f := range r.Findings {
		if !f.OK {
			return false
		}
	}
	return true
}
