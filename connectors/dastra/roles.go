package dastra

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// roles are the ids of the roles the person has in the workspace.
func (c *connector) roles(ctx context.Context, id string) ([]any, error) {
	answer, err := c.do(ctx, rest.Call{Method: http.MethodGet, Path: userRolesPath, Params: c.params("id", id)})
	if err != nil {
		return nil, err
	}
	// A bare array is ASSUMED; lists of Dastra otherwise have an envelope.
	var held []row
	if answer.Decode(&held) != nil {
		var enveloped page
		if err := answer.Decode(&enveloped); err != nil {
			return nil, err
		}
		held = enveloped.Items
	}
	if held == nil {
		return nil, connectors.Faultf(connectors.Nonsense, "Dastra answered no list of roles")
	}
	return ids(held), nil
}

// ids reads roles, or what assigns them.
func ids(held []row) []any {
	all := make([]any, 0, len(held))
	for _, role := range held {
		id := role["roleId"]
		if id == nil {
			id = role["id"]
		}
		if number, ok := id.(json.Number); ok {
			id = connectors.Plain(number)
		}
		all = append(all, id)
	}
	return all
}

// rolesOf gives the roles in the workspace of the people of a page, by their ids, with one call.
func (c *connector) rolesOf(ctx context.Context, people []row) (map[string][]any, error) {
	wanted := make([]any, 0, len(people))
	for _, person := range people {
		wanted = append(wanted, person["id"])
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	among := search{path: workspaceUsersPath, filter: &rule{"id", "in", wanted}, size: searchSize}
	rows, err := c.all(ctx, among, func(row) bool { return true })
	if err != nil {
		return nil, err
	}
	roles := make(map[string][]any, len(rows))
	for _, person := range rows {
		held, _ := person["roles"].([]any)
		for _, role := range held {
			if r, ok := role.(row); ok {
				id := connectors.TextOf(person["id"])
				roles[id] = append(roles[id], ids([]row{r})...)
			}
		}
	}
	return roles, nil
}

// giveRole gives the default role. Giving it twice is giving it once, which is ASSUMED.
func (c *connector) giveRole(ctx context.Context, id string) error {
	role := c.settings.Defaults.RoleID
	if role <= 0 {
		return connectors.Faultf(connectors.Denied, "no access can be given: set defaults.role_id")
	}
	_, err := c.do(ctx, rest.Call{Method: http.MethodPost, Path: userRolePath, Idempotent: true,
		Params: c.params("id", id, "role", strconv.FormatInt(role, 10))})
	if connectors.Is(err, connectors.NotFound) {
		return connectors.Faultf(connectors.Denied, "Dastra cannot give role %d in workspace %d: look at defaults.role_id and defaults.workspace_id",
			role, c.settings.Workspace)
	}
	return err
}

// lacksRole says of somebody who shall work in Dastra whether the default role is missing: a
// creation was cut off before it, or the person was in the organisation already and not in the
// workspace. Where leaving is losing the roles, Reactivate sees to that instead.
func (c *connector) lacksRole(have connectors.Remote, want connectors.Record) bool {
	held, known := have.Fields["roles"].([]any)
	return c.settings.Anonymises && c.settings.Defaults.RoleID > 0 && want.Active &&
		known && len(held) == 0 && have.Fields["isOwner"] != true
}
