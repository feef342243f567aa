package tenants

import (
	"time"

	"scimrelay/configs"
)

// Tenant is one customer: one SCIM base URL, at most two active tokens, one YAML file.
type Tenant struct {
	ID     string
	Name   string
	Client Client
	// Requests is what its identity provider may send; the zero value leaves it to the gateway.
	Requests Requests
	Auth     Auth
	// Extensions are the SCIM schemas that this tenant's resources may carry beside the usual.
	Extensions []Extension
	Targets    []Target
	// File is where the tenant was read from, for messages.
	File string
	// Position is where its id stands, for faults about the whole of it, and Positions where
	// other keys do ("name", "client.profile").
	Position  configs.Position
	Positions map[string]configs.Position
	// Warnings is what the file says that works as it stands and needs a look all the same.
	Warnings configs.Faults
	// Fingerprint changes when anything in the file or its secrets changes. It is derived from
	// secrets: compare it, never log it.
	Fingerprint string
}

// Requests is a token bucket of requests: so many a second in the long run, and so many at once.
type Requests struct {
	PerSecond float64
	Burst     int
}

// Target is a tenant's connection to one instance of one product.
type Target struct {
	Tenant       string
	ID           string
	Product      string
	BaseURL      string
	Credentials  configs.Node
	Defaults     configs.Node
	Sync         Sync
	OnDeactivate string // the product's declared kind, or empty for it
	OnDelete     string // "deactivate" (the default where the product can) or "delete"
	// Consent lists the irreversible ways of deactivating that the tenant agrees to.
	Consent []string
	// Adopt says what is done with an account that is there by another hand.
	Adopt Adoption
	// Activate says that the vendor is written to. Until then writes queue.
	Activate bool
	// Extensions are the tenant's, for expressions that read them.
	Extensions []Extension
	// Mapping is the target's own rules by the vendor's field, over those of the product.
	Mapping map[string]Rule
	// Scope is an expression that says who the target receives; an empty one is everybody.
	Scope configs.Text
	Rate  Rate
	Wait  time.Duration
	// Settle overrides how long the vendor may take to show what it has committed.
	Settle time.Duration
	// Timeout bounds one whole vendor call.
	Timeout time.Duration
	Guard   Guard
	Notify  Notify
	// Position is where the target starts in its file, for faults about the whole of it.
	Position configs.Position
	// Positions of single values ("base_url", "mapping.nic", "scope"), for faults found later.
	Positions map[string]configs.Position
	// Fingerprint changes when anything in the target's YAML or its secrets changes. It is
	// derived from secrets: compare it, never log it.
	Fingerprint string
}

// Adoption is what a target does with an account that has a person's key and that it has not made.
type Adoption string

// The ways; the empty one is AdoptCarefully.
const (
	AdoptCarefully Adoption = "carefully" // taken, and what it logs in with left until the next change
	AdoptFully     Adoption = "fully"     // taken, and brought to what is wanted at once
	AdoptNever     Adoption = "never"     // left alone; the person is set aside
)

// Sync is the three switches of a target. All are on by default; delete alone is a named use.
type Sync struct {
	Create, Update, Delete bool
}

// Rate is what a target may send: a token bucket and a number of calls in flight.
// A zero field takes the product's declared value.
type Rate struct {
	PerSecond   float64
	Burst       int
	Concurrency int
}

// Guard is the brake on suspicious bursts of deletions.
type Guard struct {
	// Off lets everything through.
	Off bool
	// MaxDeletes is the share of the target's people who may lose their accounts within an hour,
	// MaxRemovals the share of a group's members who may leave it; nil is the usual.
	MaxDeletes, MaxRemovals *configs.Percent
}

// Notify is who hears of a target's trouble.
type Notify struct {
	Email   string
	Webhook string
	// Secret signs what goes to the webhook; so does PreviousSecret while it is being replaced.
	Secret, PreviousSecret configs.Secret
}

// Find returns the tenant's target of the id, and whether there is one.
func (t *Tenant) Find(id string) (Target, bool) {
	for _, target := range t.Targets {
		if target.ID == id {
			return target, true
		}
	}
	return Target{}, false
}
