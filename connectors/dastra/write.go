package dastra

import (
	"context"
	"net/http"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// people is where persons are written. What both ways share is the connector's.
type people interface {
	// create makes the person with the default role. It may return both account and fault.
	create(ctx context.Context, fields map[string]any, hidden []string) (connectors.Remote, error)
	update(ctx context.Context, have connectors.Remote, changed map[string]any, hidden []string) error
	// anonymise erases the person; who is erased or gone already is no fault.
	anonymise(ctx context.Context, have connectors.Remote) error
}

// Create implements connectors.Connector.
func (c *connector) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	if want.Type == scim.TypeGroup {
		return c.createTeam(ctx, want)
	}
	fields, err := creation(want)
	if err != nil {
		return connectors.Remote{}, err
	}
	have, err := c.people.create(ctx, fields, connectors.Private(connectors.Remote{}, want))
	if err == nil && c.settings.Defaults.Invite == inviteReset {
		have = c.mailReset(ctx, have)
	}
	return have, err
}

// mailReset has Dastra mail the new person a link to set a password. That it could not is a note
// and no fault: nothing would tell a later attempt whether the mail went out.
func (c *connector) mailReset(ctx context.Context, have connectors.Remote) connectors.Remote {
	_, err := c.do(ctx, rest.Call{Method: http.MethodPost, Path: resetPath, Params: map[string]string{"id": have.ID},
		Private: connectors.Private(have, connectors.Record{})})
	if err != nil {
		have.Notes = append(have.Notes, "Dastra did not mail the new person a link to set a password ("+
			connectors.FaultOf(err).Detail+"): send it from Dastra")
	}
	return have
}

// Update implements connectors.Connector. Roles are the local administrator's: the default one is
// given only to somebody who has none at all, see lacksRole.
func (c *connector) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	if want.Type == scim.TypeGroup {
		return c.renameTeam(ctx, have, want)
	}
	if c.lacksRole(have, want) {
		if err := c.giveRole(ctx, have.ID); err != nil {
			return have, err
		}
		have = merged(have, map[string]any{"roles": []any{c.settings.Defaults.RoleID}})
	}
	changed := change(have, want)
	if len(changed) == 0 {
		return have, nil
	}
	if err := c.people.update(ctx, have, changed, connectors.Private(have, want)); err != nil {
		return have, err
	}
	return merged(have, changed), nil
}

// Difference implements connectors.Differ.
func (c *connector) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	if want.Type == scim.TypeGroup {
		return connectors.Difference(have.Fields, want.Fields)
	}
	changed := change(have, want)
	if c.lacksRole(have, want) {
		changed["roles"] = []any{c.settings.Defaults.RoleID}
	}
	return changed
}

// Deactivate implements connectors.Deactivator. It does not trust have.Active, which may be old:
// whoever has to go, goes.
func (c *connector) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	if c.settings.Anonymises {
		if err := c.people.anonymise(ctx, have); err != nil {
			return have, err
		}
		have.Active = false
		return have, nil
	}
	_, err := c.do(ctx, rest.Call{Method: http.MethodPost, Path: revokePath, Params: c.params("id", have.ID), Idempotent: true,
		Private: connectors.Private(have, connectors.Record{})})
	if err != nil {
		return have, err
	}
	have = merged(have, map[string]any{"roles": []any{}})
	if have.Fields["isOwner"] == true {
		return have, connectors.Faultf(connectors.Denied,
			"the person owns the Dastra account and can still work in it: have another owner take that away in Dastra")
	}
	have.Active = false
	return have, nil
}

// Reactivate implements connectors.Deactivator: the default role again, and then the difference.
func (c *connector) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	if isSwitchedOff(have) {
		return have, connectors.Faultf(connectors.Denied, "the account was switched off in Dastra itself: switch it on there")
	}
	if held, _ := have.Fields["roles"].([]any); len(held) == 0 {
		if err := c.giveRole(ctx, have.ID); err != nil {
			return have, err
		}
		have = merged(have, map[string]any{"roles": []any{c.settings.Defaults.RoleID}})
	}
	have.Active = true
	return c.Update(ctx, have, want)
}

// Delete implements connectors.Connector for teams. People are never deleted: Dastra's DELETE of a
// person detaches it from the organisation and may anonymise it, which is Deactivate's to do.
func (c *connector) Delete(ctx context.Context, have connectors.Remote) error {
	if have.Type == scim.TypeGroup {
		return c.deleteTeam(ctx, have)
	}
	return connectors.Faultf(connectors.Denied, "people are taken out of Dastra as on_deactivate says, never deleted")
}
