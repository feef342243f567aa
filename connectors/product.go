package connectors

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"scimrelay/configs"
	"scimrelay/tenants"
)

// DeactivateKind is what a product does with a person who must not work in it any more.
type DeactivateKind string

// ReactivateKind is what happens to the vendor id of a person who comes back.
type ReactivateKind string

// The kinds met so far; a product declares one of each.
const (
	DeactivateNone      DeactivateKind = "none"
	DeactivateFlag      DeactivateKind = "flag"         // the account stays, switched off
	DeactivateDisable   DeactivateKind = "disable"      // likewise, in the word of the vendor
	DeactivateSuspend   DeactivateKind = "suspend"      // likewise
	DeactivateLicence   DeactivateKind = "flag+licence" // switched off, and its licence given back
	DeactivateRevoke    DeactivateKind = "revoke"       // the person stays and may do nothing
	DeactivateRemove    DeactivateKind = "remove"       // out of the tenant's organisation
	DeactivateAnonymise DeactivateKind = "anonymise"    // the person is erased for good
	ReactivateSame      ReactivateKind = "same-id"
	ReactivateNewID     ReactivateKind = "new-id"    // who returns is somebody new to the vendor
	ReactivateReattach  ReactivateKind = "re-attach" // found again by key, and taken back in
)

// Spends reports whether the account is of no use once it is deactivated: the link lets its id
// go, and who returns is found or made again.
func (k DeactivateKind) Spends() bool { return k == DeactivateRemove || k == DeactivateAnonymise }

// Irreversible reports whether what the kind does cannot be undone: it takes the tenant's
// consent, and a burst of it a person's.
func (k DeactivateKind) Irreversible() bool { return k == DeactivateAnonymise }

// Capabilities is what a product declares about itself; the relay reads it, never the name.
type Capabilities struct {
	Deactivate DeactivateKind
	Reactivate ReactivateKind
	// Choices are what a target's on_deactivate may say, Deactivate the one when it says nothing.
	// None is Deactivate alone.
	Choices []DeactivateKind
	// CreateInactive says that an account can be made switched off. Elsewhere a person who is
	// inactive gets one with the first day of work.
	CreateInactive bool
	// Delete says whether the vendor's own delete may ever be called.
	Delete bool
	// Groups says that the product has groups, which its mapping file has a section for and whose
	// members its connector edits; NestedGroups that groups may be members.
	Groups, NestedGroups bool
	// Entitlements says that groups have no counterpart at the vendor and give their members
	// something there, as the target's settings say: the records of people carry their groups,
	// and a change of a group is a change of its members. It stands in the place of Groups.
	Entitlements bool
	// KeyIsFinal says that the vendor never changes the natural key of an account.
	KeyIsFinal bool
	// DeleteGroup says whether a group may be deleted where Delete says that accounts may not.
	DeleteGroup bool
	// MembersPerCall is how many members one EditMembers may change, 100 when it is 0.
	MembersPerCall int
	// Settle is how long the vendor may take to show an object it has committed.
	Settle time.Duration
	// Rate is what one target may send when its file does not say.
	Rate tenants.Rate
}

// Product is one vendor's application: its declaration and the way to open a target of it.
type Product struct {
	Name         string // lower case, the value of `product:` in a tenant's file
	Title        string
	Capabilities Capabilities
	// Mapping is the embedded mapping.yaml.
	Mapping []byte
	// Settings decodes and validates the product's part of a target (base_url, credentials,
	// defaults) and returns all faults with their positions.
	Settings func(target tenants.Target) (Settings, []configs.Fault)

	templates *templates // a registry's; nil keeps none
}

// Settings is a target's validated product settings.
type Settings interface {
	// Open makes the connector. It does no I/O: a wrong credential shows at the first call.
	Open(env Env) (Connector, error)
}

// Capable are Settings that decide what their target can: its on_deactivate has a choice, or
// the other end is another at each target.
type Capable interface {
	// Capabilities are the product's as this target has them. Choices mean nothing in them.
	Capabilities() Capabilities
}

// Tabled are Settings with a table of what groups give, which is filled in once the vendor has
// received the profiles.
type Tabled interface {
	Mapped() bool
}

// CapabilitiesOf is what the product can at the target with these settings.
func (p Product) CapabilitiesOf(s Settings) Capabilities {
	if c, ok := s.(Capable); ok {
		return c.Capabilities()
	}
	return p.Capabilities
}

// MappingOf compiles the product's mapping for the target, with its own expressions and defaults.
func (p Product) MappingOf(target tenants.Target) (*Mapping, configs.Faults) {
	var defaults map[string]any
	faults := target.Defaults.Decode(&defaults)
	plain := p.templates != nil && len(target.Mapping) == 0 && len(target.Extensions) == 0
	if plain && len(faults) == 0 {
		if m := p.templates.mapping(defaults); m != nil {
			return m, nil
		}
	}
	m, found := CompileMapping(Source{Product: p.Mapping, Rules: target.Mapping, Defaults: defaults, Extensions: target.Extensions})
	if faults = append(faults, found...); plain && len(faults) == 0 {
		p.templates.keep(m, defaults)
	}
	return m, faults
}

// Env is what the gateway gives a connector. Zero fields have working defaults.
type Env struct {
	Tenant, Target string
	Rate           tenants.Rate
	Timeout        time.Duration // of one whole vendor call; default 30 s
	Now            func() time.Time
	Log            *slog.Logger
	// Account names whose calls these are, by a digest that tells nothing: targets with the same
	// credentials at the same product have the same. Empty is an account of its own.
	Account string
	// Buckets are what paces calls, shared by all who call one account; nil is this connector's own.
	Buckets Buckets
	// Called hears of every call that was sent; nil is nobody. It may be called by several goroutines.
	Called func(Called)
	// Traces and Meters are where calls are traced and counted; nil is nowhere.
	Traces trace.TracerProvider
	Meters metric.MeterProvider
	// Public says that vendors may be at public addresses only, whatever a target's base_url says.
	Public bool
	// Transport replaces the guarded transport, in tests only.
	Transport http.RoundTripper
}

// Called is one call that was sent to the vendor, without the time it waited for its place.
type Called struct {
	Call  string // method and template of the path
	Took  time.Duration
	Class Class // empty when it went well
}

// Clock is where the connector reads the time: Now, and time.Now where that is nil.
func (e Env) Clock() func() time.Time {
	if e.Now == nil {
		return time.Now
	}
	return e.Now
}

// Registry is the products compiled in, by name.
type Registry struct {
	products map[string]Product
}

// NewRegistry returns a registry of the products. A bad or doubled name is a programmer's
// mistake and an error at start-up.
func NewRegistry(products ...Product) (*Registry, error) {
	r := &Registry{products: make(map[string]Product, len(products))}
	for _, p := range products {
		if p.Name == "" || p.Name != strings.ToLower(p.Name) {
			return nil, fmt.Errorf("connectors: product name %q is not lower case", p.Name)
		}
		if _, ok := r.products[p.Name]; ok {
			return nil, fmt.Errorf("connectors: product %q is registered twice", p.Name)
		}
		p.templates = new(templates)
		r.products[p.Name] = p
	}
	return r, nil
}

// Product returns the product of the name, and whether there is one.
func (r *Registry) Product(name string) (Product, bool) {
	p, ok := r.products[name]
	return p, ok
}

// Names lists the products in order.
func (r *Registry) Names() []string {
	names := make([]string, 0, len(r.products))
	for n := range r.products {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
