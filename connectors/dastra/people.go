package dastra

import (
	"context"
	"maps"
	"net/http"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// restPeople writes persons over REST, by calls that are ASSUMED.
type restPeople struct{ *connector }

func (p restPeople) create(ctx context.Context, fields map[string]any, hidden []string) (connectors.Remote, error) {
	defaults := p.settings.Defaults
	body := map[string]any{"workspaceId": p.settings.Workspace, "roleIds": []int64{defaults.RoleID}, "teamIds": []int64{},
		"sendInvitation": defaults.Invite == inviteMail, "ssoConfigurationId": fields["ssoConfigurationId"]}
	for _, name := range writable() {
		if value, ok := fields[name]; ok {
			body[name] = value
		}
	}
	answer, err := p.do(ctx, rest.Call{Method: http.MethodPost, Path: usersPath, Body: body, Private: hidden})
	switch {
	case err != nil && refuses(answer, "roleIds"):
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "workspace %d has no role %d: correct defaults.role_id",
			p.settings.Workspace, defaults.RoleID)
	case err != nil && refuses(answer, "workspaceId"):
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "nobody can be made in workspace %d: correct defaults.workspace_id",
			p.settings.Workspace)
	case err != nil:
		return connectors.Remote{}, err
	}
	var person row
	if err := answer.Decode(&person); err != nil || connectors.TextOf(person["id"]) == "" {
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Unknown, Uncertain: true,
			Detail: "Dastra accepted a new person and did not say its id"}
	}
	return p.remote(person, []any{defaults.RoleID}), nil
}

// update sends the whole person: PUT replaces, so what is not sent would be lost.
func (p restPeople) update(ctx context.Context, have connectors.Remote, changed map[string]any, hidden []string) error {
	person, err := p.person(ctx, have.ID, hidden)
	if err != nil {
		return err
	}
	if email, ok := changed["email"]; ok && connectors.SameText(person["username"], person["email"]) {
		person["username"] = email
	}
	maps.Copy(person, changed)
	_, err = p.do(ctx, rest.Call{Method: http.MethodPut, Path: userPath, Params: map[string]string{"id": have.ID},
		Body: person, Idempotent: true, Private: hidden})
	return err
}

func (p restPeople) anonymise(ctx context.Context, have connectors.Remote) error {
	_, err := p.do(ctx, rest.Call{Method: http.MethodPost, Path: anonymisePath, Params: map[string]string{"id": have.ID},
		Idempotent: true, Private: connectors.Private(have, connectors.Record{})})
	if connectors.Is(err, connectors.NotFound) {
		return nil
	}
	return err
}
