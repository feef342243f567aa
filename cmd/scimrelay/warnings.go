package main

import (
	"log/slog"
	"net/url"
	"slices"

	"scimrelay/configs"
	"scimrelay/tenants"
)

// warnings are what somebody should look at in a tenant's file although it is taken as it is.
func (in installation) warnings(t *tenants.Tenant) configs.Faults {
	return slices.Concat(t.Warnings, in.unsent(t), in.inside(t))
}

// warn logs a tenant's warnings.
func (in installation) warn(log *slog.Logger, t *tenants.Tenant) {
	for _, w := range in.warnings(t) {
		log.Warn("a tenant's file needs a look", "at", w.Position.String(), "warning", w.Message)
	}
}

// reread tells of tenants that have been read again, with their warnings as at the start, and has
// the sweeper look at their new settings.
func (g *gateway) reread(changed []string) {
	for _, id := range changed {
		if t, ok := g.tenants.Tenant(id); ok {
			g.warn(g.log, t)
		}
	}
	g.log.Info("tenants read again", "changed", changed)
	select {
	case g.changed <- struct{}{}:
	default: // it has yet to look because of an earlier change
	}
}

// unsent warns of e-mail that nobody carries: the tenant's file and the gateway's do not know
// each other.
func (in installation) unsent(t *tenants.Tenant) (warnings configs.Faults) {
	if in.config.Notify.SMTP.On() {
		return nil
	}
	for i, target := range t.Targets {
		if target.Notify.Email != "" {
			warnings.Add(target.Positions["notify.email"], "targets[%d].notify.email: no e-mail is sent, for notify.smtp is not configured", i)
		}
	}
	return warnings
}

// inside warns of addresses that nobody calls: a tenant's file does not know where the gateway's own
// lets calls go. The rest of the tenant works, so it is served.
func (in installation) inside(t *tenants.Tenant) (warnings configs.Faults) {
	if in.config.Private() {
		return nil
	}
	for i, target := range t.Targets {
		for key, address := range map[string]string{"base_url": target.BaseURL, "notify.webhook": target.Notify.Webhook} {
			if u, err := url.Parse(address); err == nil && configs.Inside(u.Hostname()) {
				warnings.Add(target.Positions[key], "targets[%d].%s: %s is inside, where no call may go: set outbound.private: true in the gateway's own file",
					i, key, u.Hostname())
			}
		}
	}
	return warnings.Sorted()
}
