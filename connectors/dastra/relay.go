package dastra

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

const (
	scimJSON    = "application/scim+json"
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// scimPeople writes persons over Dastra's own SCIM, with the attributes it documents and the
// requests that Microsoft Entra ID would send. Its ids stay here: whether they are those of REST
// is not known, so that a person is looked up by userName before each change.
type scimPeople struct {
	*connector
	scim door
}

func (p scimPeople) create(ctx context.Context, fields map[string]any, hidden []string) (connectors.Remote, error) {
	email, _ := fields["email"].(string)
	name := map[string]any{}
	for _, part := range []string{"givenName", "familyName"} {
		if fields[part] != nil {
			name[part] = fields[part]
		}
	}
	body := map[string]any{"schemas": []string{scim.SchemaUser}, "userName": email, "active": true, "name": name,
		"displayName": fields["displayName"], "externalId": fields["externalId"],
		"emails": []any{map[string]any{"value": email, "type": "work", "primary": true}}}
	for attribute, value := range body {
		if value == nil {
			delete(body, attribute)
		}
	}
	_, err := p.scim.Do(ctx, rest.Call{Method: http.MethodPost, Path: scimUsersPath, Body: body, ContentType: scimJSON, Private: hidden})
	if err != nil {
		return connectors.Remote{}, err
	}
	have, err := p.findByEmail(ctx, email, hidden)
	if err != nil {
		return connectors.Remote{}, afterwards(err, "the person was made over SCIM and is not found yet")
	}
	return p.introduce(ctx, have)
}

// introduce gives the default role to a new person whom Dastra's SCIM gave none in this workspace.
func (p scimPeople) introduce(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	if held, _ := have.Fields["roles"].([]any); len(held) == 0 {
		if err := p.giveRole(ctx, have.ID); err != nil {
			fault := afterwards(err, "the person was made without a role")
			fault.Class = connectors.Unknown
			return have, fault
		}
		have = merged(have, map[string]any{"roles": []any{p.settings.Defaults.RoleID}})
		have.Active = !isSwitchedOff(have)
	}
	return have, nil
}

func (p scimPeople) update(ctx context.Context, have connectors.Remote, changed map[string]any, hidden []string) error {
	var operations []any
	for _, field := range writable() {
		value, ok := changed[field]
		if !ok {
			continue
		}
		for _, path := range paths(field) {
			operation := map[string]any{"op": "replace", "path": path, "value": value}
			if value == nil {
				operation = map[string]any{"op": "remove", "path": path}
			}
			operations = append(operations, operation)
		}
	}
	return p.patch(ctx, have, operations, hidden)
}

// paths are where Dastra's SCIM reads a field.
func paths(field string) []string {
	switch field {
	case "email":
		return []string{"userName", `emails[type eq "work"].value`}
	case "givenName", "familyName":
		return []string{"name." + field}
	case "displayName":
		return []string{"displayName"}
	default:
		return nil
	}
}

// anonymise sets active to false, which is how Dastra's SCIM anonymises.
func (p scimPeople) anonymise(ctx context.Context, have connectors.Remote) error {
	off := map[string]any{"op": "replace", "path": "active", "value": false}
	err := p.patch(ctx, have, []any{off}, connectors.Private(have, connectors.Record{}))
	if connectors.Is(err, connectors.NotFound) {
		return nil
	}
	return err
}

// patch changes the person, whom REST shows to be there and by which e-mail.
func (p scimPeople) patch(ctx context.Context, have connectors.Remote, operations []any, hidden []string) error {
	if len(operations) == 0 {
		return nil
	}
	person, err := p.person(ctx, have.ID, hidden)
	if err != nil {
		return err
	}
	email, _ := person["email"].(string)
	id, err := p.idOf(ctx, email, append(hidden, email))
	if err != nil {
		return err
	}
	_, err = p.scim.Do(ctx, rest.Call{Method: http.MethodPatch, Path: scimUserPath, Params: map[string]string{"id": id},
		Body:        map[string]any{"schemas": []string{patchSchema}, "Operations": operations},
		ContentType: scimJSON, Idempotent: true, Private: append(hidden, email)})
	return err
}

// idOf is the person's id in Dastra's SCIM.
func (p scimPeople) idOf(ctx context.Context, userName string, hidden []string) (string, error) {
	answer, err := p.scim.Do(ctx, rest.Call{Method: http.MethodGet, Path: scimUsersPath, Private: hidden,
		Query: url.Values{"filter": {"userName eq " + strconv.Quote(userName)}}})
	if err != nil {
		return "", err
	}
	var list struct{ Resources []row }
	if err := answer.Decode(&list); err != nil {
		return "", err
	}
	var found []string
	for _, person := range list.Resources {
		if connectors.SameText(person["userName"], userName) {
			found = append(found, connectors.TextOf(person["id"]))
		}
	}
	switch {
	case len(found) == 0:
		// REST has just shown the person, so that this is not "gone".
		return "", connectors.Faultf(connectors.Denied, "Dastra's SCIM does not show this person: change it in Dastra")
	case len(found) > 1:
		return "", connectors.Faultf(connectors.Ambiguous, "Dastra's SCIM has %d people with this userName", len(found))
	default:
		return found[0], nil
	}
}
