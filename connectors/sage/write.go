package sage

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Create implements connectors.Connector: the user first, then the roles. When those fail the
// user exists all the same, so the fault is Unknown and the Remote comes with it.
func (c *connector) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	body, err := creation(want)
	if err != nil {
		return connectors.Remote{}, err
	}
	var answer rest.Answer
	hidden := private(connectors.Remote{}, want)
	err = c.withNic(ctx, body, "", want.Resource, hidden, func() (rest.Answer, error) {
		answer, err = c.call(ctx, rest.Call{Method: http.MethodPost, Path: usersPath, Body: body, Private: hidden})
		return answer, err
	})
	if err != nil {
		return connectors.Remote{}, c.explained(ctx, err, body, hidden)
	}
	var made map[string]any
	if err := answer.Decode(&made); err != nil || connectors.TextOf(made["id"]) == "" {
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Unknown, Uncertain: true,
			Detail: "Sage accepted a new user and did not say its id"}
	}
	body["id"] = made["id"]
	have := remote(body)
	have.Notes = countryNotes(want, body, "defaults.id_prefix stands in for it")
	if err := c.firstRoles(ctx, have.ID, want.Groups, hidden); err != nil {
		fault := connectors.FaultOf(err)
		return have, &connectors.Fault{Class: connectors.Unknown, Uncertain: true, RetryAfter: fault.RetryAfter,
			Detail: "the user was made without its roles: " + fault.Detail, Err: fault.Err}
	}
	if len(c.defaults.Roles) > 0 {
		return withRoles(have, c.defaults.first(want.Groups)), nil
	}
	c.noteRole(have.ID)
	return have, nil
}

// firstRoles gives a new user its roles. When Sage refuses those of the groups, nobody stays
// without the basic one.
func (c *connector) firstRoles(ctx context.Context, id string, groups []connectors.Group, hidden []string) error {
	roles := c.defaults.first(groups)
	answer, err := c.giveRoles(ctx, id, roles, hidden)
	if unexplained(answer, err) && len(roles) > 1 && roles[0] == c.defaults.RoleID {
		_, _ = c.giveRoles(ctx, id, roles[:1], hidden) // the refusal stays what is to be told
	}
	return err
}

// explained says more about an e-mail that is taken when its holder is a deleted user, whom no
// search of ours will ever find.
func (c *connector) explained(ctx context.Context, refusal error, body map[string]any, hidden []string) error {
	email, _ := body["email"].(string)
	if !connectors.Is(refusal, connectors.Exists) {
		return refusal
	}
	holders, err := c.where(ctx, "email", email, hidden, anyRow)
	lives := func(row map[string]any) bool { return row["deleted"] != true }
	if err != nil || len(holders) == 0 || slices.ContainsFunc(holders, lives) {
		return refusal
	}
	fault := *connectors.FaultOf(refusal)
	fault.Detail = "a deleted user of Sage has this e-mail: have Sage free it, or give the person another one"
	return &fault
}

// Update implements connectors.Connector.
func (c *connector) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	return c.bring(ctx, have, want, nil)
}

// Reactivate implements connectors.Deactivator, with the difference in the same call.
func (c *connector) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	return c.bring(ctx, have, want, map[string]any{"isActive": true})
}

// bring brings the account to want, and sends more with it. Roles are taken away first and given
// last: a field that Sage refuses must keep nobody in a role, a role that it refuses nobody from
// a new name, and nobody returns with a role they have lost.
func (c *connector) bring(ctx context.Context, have connectors.Remote, want connectors.Record, more map[string]any) (connectors.Remote, error) {
	hidden := private(have, want)
	have, add, err := c.loseRoles(ctx, have, want, hidden)
	if err != nil {
		return have, err
	}
	body, err := change(have, want)
	if err != nil {
		return have, err
	}
	if maps.Copy(body, more); len(body) > 0 {
		notes := countryNotes(want, body, "Sage keeps the country it had")
		if have, err = c.put(ctx, have, want, body); err != nil {
			return have, err
		}
		have.Notes = notes
	}
	return c.gainRoles(ctx, have, add, hidden)
}

// Difference implements connectors.Differ: the fields and, where Find has shown the roles, those
// the user will hold. A record that cannot be sent differs in nothing: Update says why.
func (c *connector) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	body, err := change(have, want)
	if err != nil {
		return nil
	}
	if add, remove := c.defaults.roleChange(have, want); len(add)+len(remove) > 0 {
		held, _ := heldRoles(have)
		body[rolesField] = roleList(changed(held, add, remove))
	}
	return body
}

// Deactivate implements connectors.Deactivator. It does not trust have.Active, which may be
// old or unknown: whoever has to go, goes.
func (c *connector) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	return c.put(ctx, have, connectors.Record{}, map[string]any{"isActive": false})
}

// Delete implements connectors.Connector by refusing: Sage's delete cannot be undone and takes
// the history with it, so nobody who leaves is deleted.
func (c *connector) Delete(context.Context, connectors.Remote) error {
	return connectors.Faultf(connectors.Denied, "users of Sage are switched off, never deleted")
}
