package relay

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/tenants"
)

// Directory knows the tenants.
type Directory interface {
	Tenant(id string) (*tenants.Tenant, bool)
}

// Opener opens targets and keeps them open, logins included, until their settings change.
type Opener struct {
	Relay    *Relay
	Tenants  Directory
	Products *connectors.Registry
	// Env is what every connector gets; tenant, target, account and rates are filled in. Without
	// Buckets the targets opened here share some of their own.
	Env connectors.Env
	// AccountKey keys the digests that name accounts. It must be the same in all processes that
	// share Buckets; without those it may be nil.
	AccountKey []byte

	mu   sync.Mutex
	open map[[2]string]*Session
}

// Open returns the target's session, and false when there is no such target.
func (o *Opener) Open(tenantID, targetID string) (*Session, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := [2]string{tenantID, targetID}
	target, ok := o.find(tenantID, targetID)
	if !ok {
		o.drop(key)
		return nil, false, nil
	}
	if s, ok := o.open[key]; ok && s.Target.Fingerprint == target.Fingerprint {
		return s, true, nil
	}
	if o.Env.Buckets == nil {
		o.Env.Buckets = connectors.NewLocalBuckets(nil)
	}
	env := o.Env
	env.Account = account(target, o.AccountKey)
	s, err := o.Relay.session(target, o.Products, env)
	if err != nil {
		return nil, true, err
	}
	if o.open == nil {
		o.open = make(map[[2]string]*Session)
	}
	o.drop(key)
	o.open[key] = s
	return s, true, nil
}

func (o *Opener) find(tenantID, targetID string) (tenants.Target, bool) {
	tenant, ok := o.Tenants.Tenant(tenantID)
	if !ok {
		return tenants.Target{}, false
	}
	return tenant.Find(targetID)
}

// drop forgets a session and lets its connector free what it holds, which a call still under
// way does not need.
func (o *Opener) drop(key [2]string) {
	s, ok := o.open[key]
	if !ok {
		return
	}
	delete(o.open, key)
	if c, ok := s.Connector.(io.Closer); ok {
		if err := c.Close(); err != nil {
			o.Relay.log.Warn("a connector did not close", "tenant", key[0], "target", key[1], "err", err)
		}
	}
}

// defaultTimeout bounds one vendor call when neither the target nor the caller says.
const defaultTimeout = 30 * time.Second

func (r *Relay) session(target tenants.Target, products *connectors.Registry, env connectors.Env) (*Session, error) {
	compiled, faults := compile(target, products)
	if len(faults) > 0 {
		return nil, faults
	}
	caps := compiled.capabilities
	env.Tenant, env.Target, env.Rate = target.Tenant, target.ID, complete(target.Rate, caps.Rate)
	env.Timeout = firstSet(target.Timeout, env.Timeout, defaultTimeout)
	bearing := new(bearing)
	env.Called = func(c connectors.Called) { bearing.call(c, r.Now(), env.Rate.Concurrency) }
	connector, err := compiled.settings.Open(env)
	if err != nil {
		return nil, fmt.Errorf("relay: open %s/%s: %w", target.Tenant, target.ID, err)
	}
	// A request may arrive until its whole time is over, and show only after the vendor's own.
	settle := max(firstSet(target.Settle, caps.Settle), env.Timeout)
	return NewSession(r, Session{Target: target, Capabilities: caps, Mapping: compiled.mapping, Scope: compiled.scope,
		Connector: connector, Concurrency: env.Rate.Concurrency, Host: hostOf(target), Settle: settle, Account: place(env.Account, target), bearing: bearing}), nil
}

// NewSession returns a session of ready parts.
func NewSession(r *Relay, parts Session) *Session {
	parts.relay, parts.seats = r, new(seats)
	parts.entitler, _ = parts.Connector.(connectors.Entitler)
	parts.budget = new(budget)
	if parts.bearing == nil {
		parts.bearing = new(bearing)
	}
	return &parts
}

// account names the vendor account that the target's credentials open, by a digest. A target
// without credentials has nothing that could tell that another one means the same.
func account(target tenants.Target, key []byte) string {
	if !target.Credentials.Present() {
		return target.Tenant + "/" + target.ID
	}
	return target.Product + ":" + target.Credentials.Digest(key)
}

// place is the account at the target's address: the same credentials may be good for two systems.
func place(account string, target tenants.Target) string {
	return account + " at " + strings.TrimRight(strings.ToLower(target.BaseURL), "/")
}

// complete takes from the product what the target's file leaves open.
func complete(rate, product tenants.Rate) tenants.Rate {
	if rate.PerSecond == 0 {
		rate.PerSecond = product.PerSecond
	}
	if rate.Burst == 0 {
		rate.Burst = product.Burst
	}
	if rate.Concurrency == 0 {
		rate.Concurrency = max(1, product.Concurrency)
	}
	return rate
}

func firstSet(values ...time.Duration) time.Duration {
	i := slices.IndexFunc(values, func(d time.Duration) bool { return d > 0 })
	if i < 0 {
		return 0
	}
	return values[i]
}

// compiled is a target whose every part is known to be valid.
type compiled struct {
	capabilities connectors.Capabilities
	settings     connectors.Settings
	mapping      *connectors.Mapping
	scope        *connectors.Scope
}

// Check says everything that is wrong with the product parts of a tenant's targets.
func Check(products *connectors.Registry) tenants.Check {
	return func(t tenants.Tenant) (faults configs.Faults) {
		for _, target := range t.Targets {
			_, found := compile(target, products)
			faults = append(faults, found...)
		}
		return faults
	}
}

func compile(target tenants.Target, products *connectors.Registry) (c compiled, faults configs.Faults) {
	product, ok := products.Product(target.Product)
	if !ok {
		at := target.Position
		if p, ok := target.Positions["product"]; ok {
			at = p
		}
		faults.Add(at, "unknown product %q; there are %v", target.Product, products.Names())
		return c, faults
	}
	settings, found := product.Settings(target)
	c.settings, faults = settings, append(faults, found...)
	c.capabilities = product.CapabilitiesOf(settings)
	mapping, found := product.MappingOf(target)
	c.mapping, faults = mapping, append(faults, found...)
	scope, found := connectors.CompileScope(target.Scope, target.Extensions...)
	c.scope, faults = scope, append(faults, found...)
	return c, append(faults, choices(target, product, c.capabilities)...)
}

// choices checks what the target asks for against what the product declares it can.
func choices(target tenants.Target, product connectors.Product, caps connectors.Capabilities) (faults configs.Faults) {
	offered := product.Capabilities.Choices
	if len(offered) == 0 {
		offered = []connectors.DeactivateKind{product.Capabilities.Deactivate}
	}
	asked := target.OnDeactivate
	if asked != "" && asked != "deactivate" && !slices.Contains(offered, connectors.DeactivateKind(asked)) {
		faults.Add(target.Positions["on_deactivate"], "%s cannot %q; it can %q", product.Title, asked, offered)
	}
	if kind := caps.Deactivate; kind.Irreversible() && !slices.Contains(target.Consent, string(kind)) {
		faults.Add(target.Positions["on_deactivate"], "on_deactivate: %s cannot be undone: agree to it with consent: [%s]", kind, kind)
	}
	for _, word := range target.Consent {
		if !slices.Contains(offered, connectors.DeactivateKind(word)) || !connectors.DeactivateKind(word).Irreversible() {
			faults.Add(target.Positions["consent"], "consent: %q is nothing irreversible that %s does", word, product.Title)
		}
	}
	if target.OnDelete == "delete" && !caps.Delete {
		faults.Add(target.Positions["on_delete"], "%s never deletes; use deactivate", product.Title)
	}
	return faults
}
