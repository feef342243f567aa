package steeple

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Check implements connectors.Checker: the token and where it was made, the user API, SSO, every
// community of the table, the access method and who gets posts. A fault that says nothing about
// the settings ends it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	report := connectors.Report{Findings: []connectors.Finding{c.checkSSO()}}
	add := func(findings ...connectors.Finding) { report.Findings = append(report.Findings, findings...) }
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: communitiesPath, Query: firstOfAll()})
	add(tokenFindings(answer, err)...)
	if err != nil {
		return report, err
	}
	all, err := c.communities(ctx)
	if err != nil {
		return report, err
	}
	add(c.checkTable(all)...)
	people, err := c.checkPeople(ctx)
	add(people)
	if err != nil {
		return report, err
	}
	add(c.checkAccess())
	heir, err := c.checkHeir(ctx)
	if err != nil {
		return report, err
	}
	add(heir, connectors.Finding{Name: "rate", OK: true,
		Detail: "Steeple publishes no limit; 300 calls a minute are ASSUMED, and fewer are made"})
	return report, nil
}

func (c *connector) checkSSO() connectors.Finding {
	finding := connectors.Finding{Name: "SSO", OK: c.settings.Defaults.SSOReady, Detail: "SSO is said to be configured in Steeple"}
	if !finding.OK {
		finding.Detail = "SSO must be configured in Steeple before provisioning is activated: do so, then say defaults.sso_ready: true"
	}
	return finding
}

// firstOfAll asks a list for as little as it can give.
func firstOfAll() url.Values { return url.Values{"page": {"1"}, "per_page": {"1"}} }

// tokenFindings reads what the first call says of the token, if anything.
func tokenFindings(answer rest.Answer, err error) []connectors.Finding {
	token := connectors.Finding{Name: "token", OK: true, Detail: "the token is accepted"}
	organisation := connectors.Finding{Name: "organisation", OK: true,
		Detail: "the token's community is directly tied to the organisation"}
	switch {
	case err == nil:
		return []connectors.Finding{token, organisation}
	case answer.Status == http.StatusForbidden && !connectors.Is(err, connectors.Throttled):
		organisation.OK, organisation.Detail = false, "Steeple knows the token and refuses it (403): make one as an administrator of a "+
			"community directly tied to the organisation, not of a child community, under Administration > Integrations"
		return []connectors.Finding{token, organisation}
	case connectors.Is(err, connectors.Auth):
		token.OK, token.Detail = false, "Steeple refuses the token: it was revoked or copied in part; make a new one under Administration > Integrations"
		return []connectors.Finding{token}
	default:
		return nil
	}
}

// checkTable looks at every community of the table.
func (c *connector) checkTable(all map[string]community) (findings []connectors.Finding) {
	roles := map[string]map[string]bool{}
	for _, g := range c.settings.Defaults.Communities {
		if roles[g.CommunityID] == nil {
			roles[g.CommunityID] = map[string]bool{}
		}
		roles[g.CommunityID][g.Role] = true
	}
	if len(roles) == 0 {
		return []connectors.Finding{{Name: "communities", OK: true,
			Detail: "defaults.communities is empty: groups give nothing, and everybody is in the main community only"}}
	}
	for _, id := range slices.Sorted(maps.Keys(roles)) {
		findings = append(findings, checkCommunity(id, all, roles[id]))
	}
	return findings
}

func checkCommunity(id string, all map[string]community, roles map[string]bool) connectors.Finding {
	finding := connectors.Finding{Name: "community " + id}
	found, exists := all[id]
	switch {
	case !exists:
		finding.Detail = "Steeple has no such community: correct defaults.communities"
	case found.kind != "" && found.kind != manual:
		finding.Detail = fmt.Sprintf("%q is a %s community, which Steeple fills itself: take it out of defaults.communities", found.name, found.kind)
	case !roles[member]:
		finding.OK, finding.Detail = true, fmt.Sprintf("%q has groups for administrators only; Steeple advises two groups at least: add one with role member", found.name)
	case !roles[administrator]:
		finding.OK, finding.Detail = true, fmt.Sprintf("%q has groups for members only; Steeple advises two groups at least: add one with role administrator", found.name)
	default:
		finding.OK, finding.Detail = true, fmt.Sprintf("%q exists, with groups for members and for administrators", found.name)
	}
	return finding
}

// checkPeople asks for one person. Steeple publishes no user API, so a missing one is no surprise.
func (c *connector) checkPeople(ctx context.Context) (connectors.Finding, error) {
	finding := connectors.Finding{Name: "user API", OK: true, Detail: "people can be read"}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: usersPath, Query: firstOfAll()})
	if err == nil {
		_, _, err = rowsIn(answer)
	}
	if err == nil {
		return finding, nil
	}
	switch connectors.FaultOf(err).Class {
	case connectors.NotFound, connectors.Nonsense:
		finding.OK, finding.Detail = false, "Steeple answers for communities and not for users as expected: its user API is not published and "+
			"was ASSUMED; ask Steeple for it"
		return finding, nil
	default:
		finding.OK, finding.Detail = false, "people cannot be read"
		return finding, err
	}
}

func (c *connector) checkAccess() connectors.Finding {
	if c.settings.Defaults.AccessMethod == byNumber {
		return connectors.Finding{Name: "access method", OK: true,
			Detail: "people log in with the personnel number: whoever has no employeeNumber or no birthday is refused"}
	}
	return connectors.Finding{Name: "access method", OK: true, Detail: "people log in with their e-mail address; where Steeple's access method " +
		"is the personnel number (Matricule), say defaults.access_method: matricule"}
}

// checkHeir looks up who gets the posts of people who are removed.
func (c *connector) checkHeir(ctx context.Context) (connectors.Finding, error) {
	heir := c.settings.Defaults.TransferPostsTo
	finding := connectors.Finding{Name: "posts", OK: true}
	if heir == "" || c.settings.Suspend {
		finding.Detail = "posts of people who leave stay with their Steeple account"
		return finding, nil
	}
	have, err := c.byID(ctx, heir, nil)
	switch {
	case connectors.Is(err, connectors.NotFound):
		finding.OK, finding.Detail = false, "Steeple has no user "+heir+": correct defaults.transfer_posts_to"
		return finding, nil
	case err != nil:
		return finding, err
	case !have.Active:
		finding.Detail = "user " + heir + " gets the posts of people who leave, and is suspended"
	default:
		finding.Detail = "user " + heir + " gets the posts of people who leave"
	}
	return finding, nil
}
