package server

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"scimrelay/tenants"
)

// Targets knows which targets were given up after weeks of failing.
type Targets interface {
	// Disabled returns the tenant's targets that are disabled, each with why and since when, in
	// words for the tenant's administrator.
	Disabled(ctx context.Context, tenant string) (map[string]string, error)
}

// disabledFor is how long an answer is believed: enabling a target takes effect within it.
const disabledFor = time.Second

// givenUp remembers for a moment which targets of a tenant are disabled.
type givenUp struct {
	mu      sync.Mutex
	tenants map[string]disabledTargets
}

type disabledTargets struct {
	targets map[string]string
	until   time.Time
}

func (g *givenUp) of(ctx context.Context, from Targets, tenant string, now time.Time) (map[string]string, error) {
	g.mu.Lock()
	known, ok := g.tenants[tenant]
	g.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.targets, nil
	}
	targets, err := from.Disabled(ctx, tenant)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tenants == nil {
		g.tenants = make(map[string]disabledTargets)
	}
	g.tenants[tenant] = disabledTargets{targets, now.Add(disabledFor)}
	return targets, nil
}

// takesWrites refuses a write that no target would ever be told of: a 2xx would promise what
// nobody keeps. As long as one target takes it, it is owed to that one (decision 0016).
func (s *Server) takesWrites(r *request, rt route) error {
	if s.Targets == nil || !rt.writes() {
		return nil
	}
	disabled, err := s.givenUp.of(r, s.Targets, r.principal.Tenant.ID, s.Now())
	if err != nil {
		return err
	}
	active := 0
	for _, t := range r.principal.Tenant.Targets {
		if !t.Activate {
			continue
		}
		if active++; disabled[t.ID] == "" {
			return nil
		}
	}
	if active == 0 {
		return nil
	}
	return &notNow{http.StatusServiceUnavailable, afterDisabled, "disabled", saysDisabled(r.principal.Tenant, disabled)}
}

// saysDisabled tells the tenant's administrator, who reads it in the identity provider's log.
func saysDisabled(t *tenants.Tenant, disabled map[string]string) string {
	var each []string
	for _, id := range slices.Sorted(maps.Keys(disabled)) {
		if target, there := t.Find(id); there && target.Activate {
			each = append(each, id+": "+disabled[id])
		}
	}
	return "provisioning is disabled until an operator enables it again: " + strings.Join(each, "; ")
}

// writes reports whether the route changes resources.
func (rt route) writes() bool {
	switch rt.method {
	case http.MethodGet, http.MethodHead, "":
		return false
	}
	return (rt.kind != "" && !strings.HasSuffix(rt.path, "/.search")) || rt.path == "/Bulk"
}
