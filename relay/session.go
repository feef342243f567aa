package relay

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/tenants"
)

// Links is the part of the store a chunk needs.
type Links interface {
	Memberships
	Begin(ctx context.Context, lease store.Lease, intents []store.Intent) error
	Stir(ctx context.Context, lease store.Lease, resources []string) error
	VendorIDs(ctx context.Context, tenant, target string, resources []string) (map[string]string, error)
	Holders(ctx context.Context, tenant, target, kind string, vendorIDs []string) (map[string]string, error)
	Accepted(ctx context.Context, link store.Link) (bool, error)
	Wanted(ctx context.Context, tenant, target, resource string) (int64, error)
	Departures
}

// Departures is what the deletion guard asks and keeps.
type Departures interface {
	Departing(ctx context.Context, tenant, target string, asked []string, takes store.Takes, window time.Duration) (store.Departing, error)
	Working(ctx context.Context, tenant, target string, window time.Duration, most int) (int, error)
	Removing(ctx context.Context, link store.Link, window time.Duration) (store.Removing, error)
	Size(ctx context.Context, tenant, group string, most int) (int, error)
	HeldMembers(ctx context.Context, link store.Link) (int, error)
	LetThrough(ctx context.Context, lease store.Lease, group string, leavers []store.Leaver, window time.Duration) error
}

// Memberships is what a group's link is told of the group's members.
type Memberships interface {
	Changed(ctx context.Context, link store.Link, limit int) ([]store.Membership, error)
	Ready(ctx context.Context, link store.Link, after store.Membership, limit int) ([]store.Membership, error)
	Awaiting(ctx context.Context, link store.Link, members []string) (total int, among map[string]bool, err error)
	Nested(ctx context.Context, tenant, group string) (int, error)
	GroupsOf(ctx context.Context, tenant string, people []string) (map[string][]scim.Resource, error)
}

// Relay is what all targets share. Make it with New, then set Now and Jitter.
type Relay struct {
	Links  Links
	Policy quarantine.Policy
	Now    func() time.Time // the store's clock
	Jitter func() float64   // in [0,1)

	log      *slog.Logger
	tracer   trace.Tracer
	lag      metric.Float64Histogram
	outcomes metric.Int64Counter
	pacing   pacing
}

// New returns a relay.
func New(links Links, policy quarantine.Policy, log *slog.Logger, tracer trace.Tracer, meter metric.Meter) (*Relay, error) {
	lag, err := meter.Float64Histogram("scimrelay.relay.lag", metric.WithUnit("s"),
		metric.WithDescription("From an accepted write to the vendor having it."),
		metric.WithExplicitBucketBoundaries(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600))
	if err != nil {
		return nil, err
	}
	outcomes, err := meter.Int64Counter("scimrelay.relay.links", metric.WithDescription("Links worked on, by outcome."))
	if err != nil {
		return nil, err
	}
	pacing, err := newPacing(meter)
	return &Relay{Links: links, Policy: policy, log: log, tracer: tracer, lag: lag, outcomes: outcomes, pacing: pacing}, err
}

// Session is one target, opened: its settings, its mapping and its connector, which keeps the
// vendor's login from turn to turn. It is safe for use by one turn at a time.
type Session struct {
	Target       tenants.Target
	Capabilities connectors.Capabilities
	Mapping      *connectors.Mapping
	Scope        *connectors.Scope
	Connector    connectors.Connector
	Concurrency  int
	// Account names the vendor account that the target shares with others who have its
	// credentials, by a digest and the address. Empty is nobody.
	Account string
	// Host is where the vendor is: what targets share whose vendor is down.
	Host string
	// Settle is how long a create whose answer was lost is searched for before another.
	Settle time.Duration
	// MembersPerRun is how many memberships one run goes through, 2,000 when it is 0. A large group
	// takes several runs: what is more urgent comes between them, and progress is recorded.
	MembersPerRun int

	relay    *Relay
	seats    *seats
	entitler connectors.Entitler // nil where the connector does not tell
	budget   *budget
	bearing  *bearing
}

// claims keeps two links of one chunk from taking one account: by type and match key while they
// search and create, and by type and vendor id once they have found it. One turn at a time works on a target,
// so this is enough together with what the store knows.
type claims struct {
	mu  sync.Mutex
	key map[[2]string]*sync.Mutex
	id  map[[2]string]string
}

func newClaims() *claims {
	return &claims{key: make(map[[2]string]*sync.Mutex), id: make(map[[2]string]string)}
}

// lock takes the key for one link.
func (c *claims) lock(kind, key string) (unlock func()) {
	c.mu.Lock()
	m, ok := c.key[[2]string{kind, key}]
	if !ok {
		m = new(sync.Mutex)
		c.key[[2]string{kind, key}] = m
	}
	c.mu.Unlock()
	m.Lock()
	return m.Unlock
}

// take claims the vendor's account for the resource and returns whose it is now.
func (c *claims) take(kind, vendorID, resource string) (holder string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	holder, ok := c.id[[2]string{kind, vendorID}]
	if !ok {
		c.id[[2]string{kind, vendorID}], holder = resource, resource
	}
	return holder
}
