package scimtarget

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// Check implements connectors.Checker: the login, what the server says of itself and whether that
// suffices, and a search. A fault that says nothing about the settings ends it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	var report connectors.Report
	server, err := c.known(ctx)
	if err == nil {
		_, err = c.call(ctx, rest.Call{Method: http.MethodGet, Path: server.users, Query: url.Values{"count": {"1"}}})
	}
	switch {
	case connectors.Is(err, connectors.Auth):
		report.Findings = append(report.Findings, connectors.Finding{Name: "login",
			Detail: "the server refuses the credentials: make new ones there and put them into the target's credentials"})
		return report, err
	case err != nil:
		return report, err
	}
	report.Findings = append(report.Findings, connectors.Finding{Name: "login", OK: true, Detail: "the credentials are accepted"},
		server.checkDiscovery(), c.checkMethod(server))
	search, err := c.checkSearch(ctx, server)
	if err != nil {
		return report, err
	}
	report.Findings = append(report.Findings, search, c.checkSchemas(server), c.checkNeeds(server), c.checkLeavers(server),
		server.checkGroups(), connectors.Finding{Name: "bulk", OK: true, Detail: "not used: every change is a call of its own"})
	return report, nil
}

func (s *server) checkDiscovery() connectors.Finding {
	var missing []string
	for path, found := range map[string]bool{configPath: s.config, typesPath: s.types, schemasPath: s.attributes != nil} {
		if !found {
			missing = append(missing, path)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		return connectors.Finding{Name: "discovery", OK: true,
			Detail: "not available, so that the usual is taken for granted: " + strings.Join(missing, ", ")}
	}
	return connectors.Finding{Name: "discovery", OK: true, Detail: "the server describes itself"}
}

func (c *connector) checkMethod(server *server) connectors.Finding {
	finding := connectors.Finding{Name: "update", OK: true, Detail: "changes are sent with PATCH, in the style " + c.defaults.PatchStyle}
	if c.method(server, server.users) == put {
		finding.Detail = "changes are sent with PUT, after a read of the whole resource"
	}
	if c.defaults.Update == patch && server.noPatch {
		finding.OK, finding.Detail = false, "defaults.update is patch, and the server says that it has no PATCH: take it out"
	}
	return finding
}

// checkSearch looks for somebody there cannot be.
func (c *connector) checkSearch(ctx context.Context, server *server) (connectors.Finding, error) {
	finding := connectors.Finding{Name: "search", OK: true, Detail: "accounts are found with a filter by " + c.defaults.Match}
	want := connectors.Record{Type: scim.TypeUser, Key: "nobody.scimrelay.invalid"}
	_, err := c.search(ctx, server, server.users, want, nil)
	switch {
	case connectors.Is(err, connectors.Denied):
		finding.OK, finding.Detail = false, connectors.FaultOf(err).Detail
	case err != nil:
		return finding, err
	case !c.filters(server, c.attribute(scim.TypeUser)):
		finding.Detail = "the server has no filter by " + c.defaults.Match + ": accounts are found by reading all, which works up to " + strconv.Itoa(scanMost)
	}
	return finding, nil
}

// checkSchemas names what is mapped and will not be sent.
func (c *connector) checkSchemas(server *server) connectors.Finding {
	finding := connectors.Finding{Name: "schemas", OK: true, Detail: "the server's schemas have every attribute that is mapped"}
	if server.attributes == nil {
		finding.Detail = "the server does not show its schemas: every attribute that is mapped is sent"
		return finding
	}
	var lacking []string
	for _, field := range c.settings.mapped {
		if a, unknown := server.of(placeOf(field), scim.TypeUser); unknown || a.mutability == readOnly {
			lacking = append(lacking, field)
		}
	}
	if len(lacking) > 0 {
		finding.Detail = "mapped, and not sent because the server does not have it: " + strings.Join(lacking, ", ")
	}
	if slices.Contains(lacking, "userName") {
		finding.OK = false
	}
	return finding
}

// checkNeeds names what the server requires of a user and the mapping does not give.
func (c *connector) checkNeeds(server *server) connectors.Finding {
	finding := connectors.Finding{Name: "required attributes", OK: true, Detail: "the mapping gives what the server's schema requires"}
	given := map[string]bool{"id": true, "schemas": true, "active": true}
	for _, field := range c.settings.mapped {
		given[strings.ToLower(placeOf(field).name)] = true
	}
	var missing []string
	prefix := strings.ToLower(scim.SchemaUser) + ":"
	for name, a := range server.attributes {
		attribute, ofUser := strings.CutPrefix(name, prefix)
		if ofUser && a.required && a.mutability != readOnly && !strings.Contains(attribute, ".") && !given[attribute] {
			missing = append(missing, attribute)
		}
	}
	if slices.Sort(missing); len(missing) > 0 && c.settings.mapped != nil {
		finding.OK, finding.Detail = false, "the server requires what the mapping does not give: "+strings.Join(missing, ", ")
	}
	return finding
}

func (c *connector) checkLeavers(server *server) connectors.Finding {
	finding := connectors.Finding{Name: "leavers", OK: true, Detail: "accounts of leavers are switched off with active=false"}
	_, unknown := server.of(place{name: "active"}, scim.TypeUser)
	switch {
	case c.settings.remove:
		finding.Detail = "accounts of leavers are deleted"
	case unknown:
		finding.OK, finding.Detail = false, "the server's schema has no attribute active: set on_deactivate: remove"
	}
	return finding
}

func (s *server) checkGroups() connectors.Finding {
	if s.groups == "" {
		return connectors.Finding{Name: "groups", OK: true, Detail: "the server has no groups: assign none to the target"}
	}
	return connectors.Finding{Name: "groups", OK: true, Detail: "groups are written to " + s.groups}
}
