package dastra

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// findings gathers what is found.
type findings struct{ connectors.Report }

func (f *findings) add(name string, ok bool, format string, args ...any) {
	f.Findings = append(f.Findings, connectors.Finding{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)})
}

const planGated = "Dastra says that the subscription lacks the feature, which is no matter of the credentials: " +
	"provisioning needs the Enterprise plan; ask Dastra's support to switch it on"

// Check implements connectors.Checker. A fault that says nothing about the settings ends it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	f := &findings{}
	if err := c.checkLogin(ctx, f); err != nil {
		return f.Report, err
	}
	for _, look := range []func(context.Context, *findings) error{c.checkPlan, c.checkWorkspace, c.checkRole, c.checkLimit, c.checkSCIM} {
		switch err := look(ctx, f); {
		case connectors.Is(err, connectors.Plan):
			f.add("plan", false, planGated)
			return f.Report, nil
		case err != nil:
			return f.Report, err
		}
	}
	c.foretell(f)
	return f.Report, nil
}

func (c *connector) checkLogin(ctx context.Context, f *findings) error {
	_, err := c.do(ctx, rest.Call{Method: http.MethodGet, Path: mePath})
	switch {
	case connectors.Is(err, connectors.Auth):
		what := "client_id and client_secret"
		if !c.settings.Credentials.APIKey.Empty() {
			what = "api_key"
		}
		f.add("login", false, "Dastra refuses credentials.%s: an owner of the account makes a new key in Dastra's settings", what)
	case err == nil:
		f.add("login", true, "the credentials are accepted")
	}
	return err
}

// checkPlan reads people. Whether the plan lets them be made shows only when one is.
func (c *connector) checkPlan(ctx context.Context, f *findings) error {
	p, err := c.page(ctx, search{path: usersPath, size: 1}, 1)
	if connectors.Is(err, connectors.Denied) {
		f.add("plan", false, "the key may not read the organisation's people: it needs the whole organisation, not one workspace")
		return nil
	}
	if err != nil {
		return err
	}
	f.add("plan", true, "people can be read; whether the subscription lets them be made shows with the first one (the Enterprise plan does)")
	f.add("seats", true, "%d people are in the organisation; Dastra does not show how many the subscription allows", *p.Total)
	return nil
}

func (c *connector) checkWorkspace(ctx context.Context, f *findings) error {
	number := strconv.FormatInt(c.settings.Workspace, 10)
	found, err := c.all(ctx, search{path: workspacesPath, size: searchSize}, func(r row) bool { return connectors.TextOf(r["id"]) == number })
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		f.add("workspace", false, "the key sees no workspace %s: correct defaults.workspace_id, or use a key of the whole organisation", number)
	case found[0]["state"] != "Active":
		f.add("workspace", false, "workspace %s is not active: make it active in Dastra or correct defaults.workspace_id", number)
	default:
		f.add("workspace", true, "workspace %s is active", number)
	}
	return nil
}

func (c *connector) checkRole(ctx context.Context, f *findings) error {
	if c.settings.Defaults.RoleID <= 0 {
		f.add("role", true, "defaults.role_id is not set, so nobody can be made or come back")
		return nil
	}
	answer, err := c.do(ctx, rest.Call{Method: http.MethodGet, Path: rolesPath})
	if err != nil {
		return err
	}
	var roles []row
	if err := answer.Decode(&roles); err != nil {
		return err
	}
	number := strconv.FormatInt(c.settings.Defaults.RoleID, 10)
	for _, role := range roles {
		if connectors.TextOf(role["id"]) == number {
			f.add("role", true, "role %s exists", number)
			return nil
		}
	}
	f.add("role", false, "Dastra has no role %s: correct defaults.role_id (1 is Administrator, 2 Contributor, 3 Reader)", number)
	return nil
}

// checkLimit tells how much of the rate limit is left, where Dastra says so in a form that is
// known. Not knowing it is no fault.
func (c *connector) checkLimit(ctx context.Context, f *findings) error {
	answer, err := c.do(ctx, rest.Call{Method: http.MethodGet, Path: limitPath})
	if connectors.Is(err, connectors.Transient) || connectors.Is(err, connectors.Auth) || connectors.Is(err, connectors.Plan) {
		return err
	}
	var state struct{ Limit, Remaining json.Number }
	if err == nil && json.Unmarshal(answer.Body, &state) == nil && state.Limit != "" && state.Remaining != "" {
		f.add("rate limit", true, "%s of %s calls are left at the moment; unless the target says otherwise, at most 450 a minute are sent", state.Remaining, state.Limit)
		return nil
	}
	f.add("rate limit", true, "Dastra does not say how many calls are left; unless the target says otherwise, at most 450 a minute are sent")
	return nil
}

// checkSCIM tries Dastra's own SCIM, in the mode that needs it.
func (c *connector) checkSCIM(ctx context.Context, f *findings) error {
	relayed, ok := c.people.(scimPeople)
	if !ok {
		return nil
	}
	_, err := relayed.scim.Do(ctx, rest.Call{Method: http.MethodGet, Path: scimUsersPath, Query: url.Values{"startIndex": {"1"}, "count": {"1"}}})
	switch {
	case connectors.Is(err, connectors.Auth):
		f.add("scim", false, "Dastra's SCIM refuses credentials.scim_token: copy it again from Organisation > Security > SCIM")
	case connectors.Is(err, connectors.Nonsense):
		f.add("scim", false, "defaults.scim_url is not Dastra's SCIM: copy it again from Organisation > Security > SCIM")
	case err != nil:
		return err
	default:
		f.add("scim", true, "Dastra's SCIM answers; the workspace and the role chosen there have to be those of defaults.workspace_id and defaults.role_id")
	}
	return nil
}

// foretell says what will happen to people before it does.
func (c *connector) foretell(f *findings) {
	if c.settings.Anonymises {
		f.add("leavers", true, "whoever leaves is anonymised, which cannot be undone: who returns gets a new account")
	} else {
		f.add("leavers", true, "whoever leaves loses all roles in the workspace and keeps the account; who returns gets the default role")
	}
	switch c.settings.Defaults.Invite {
	case inviteMail:
		f.add("first login", true, "new people are invited by mail; the link lives 10 days")
	case inviteReset:
		f.add("first login", true, "new people are mailed a link to set a password")
	default:
		f.add("first login", true, "new people get no mail: they reset their password, unless single sign-on is forced for everybody")
	}
}
