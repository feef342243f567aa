package scimtarget

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// Create implements connectors.Connector.
func (c *connector) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	server, err := c.known(ctx)
	if err != nil {
		return connectors.Remote{}, err
	}
	endpoint, err := server.at(want.Type)
	if err != nil {
		return connectors.Remote{}, err
	}
	doc, fields, notes := server.creation(want)
	answer, err := c.call(ctx, rest.Call{Method: http.MethodPost, Path: endpoint, Body: doc, Private: connectors.Private(connectors.Remote{}, want)})
	if err != nil {
		return connectors.Remote{}, err
	}
	made, shown := c.shown(answer, "", want.Type)
	if !shown {
		if made.ID == "" {
			made.ID = idIn(answer.Header.Get("Location"))
		}
		doc["id"] = made.ID
		made = c.remote(doc, want.Type)
	}
	if made.ID == "" {
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Unknown, Uncertain: true,
			Detail: "the server accepted a new resource and did not say its id"}
	}
	if made.Notes = notes; shown {
		made.Notes = append(made.Notes, c.dropped(fields, made)...)
	}
	return made, nil
}

// creation is the body that makes the resource, and the fields that are in it.
func (s *server) creation(want connectors.Record) (scim.Document, map[string]any, []string) {
	fields := byOneName(want.OnCreate)
	for field, v := range byOneName(want.Fields) {
		if v != nil {
			fields[field] = v
		}
	}
	maps.DeleteFunc(fields, func(_ string, v any) bool { return v == nil })
	fields, notes := s.fit(fields, nil, want.Type, true)
	doc := scim.Document{}
	write(doc, want.Type, fields)
	if want.Type == scim.TypeGroup {
		return doc, fields, notes
	}
	if _, unknown := s.of(place{name: "active"}, want.Type); !unknown {
		doc["active"] = want.Active
	}
	if emails := listOf(doc["emails"]); len(emails) > 0 {
		first, _ := emails[0].(map[string]any)
		for _, item := range emails {
			if email, _ := item.(map[string]any); email["type"] == "work" {
				first = email
			}
		}
		first["primary"] = true
	}
	return doc, fields, notes
}

// shown is the resource in an answer, and whether it is all there. Servers may answer a change
// with nothing, or with a part.
func (c *connector) shown(answer rest.Answer, id, kind string) (connectors.Remote, bool) {
	doc, err := documentIn(answer)
	if err != nil {
		return connectors.Remote{}, false
	}
	now := c.remote(doc, kind)
	named := "userName"
	if kind == scim.TypeGroup {
		named = "displayName"
	}
	return now, now.ID != "" && (id == "" || now.ID == id) && now.Fields[named] != nil
}

// idIn is the id at the end of a resource's address.
func idIn(location string) string {
	location = strings.TrimRight(location, "/")
	return location[strings.LastIndexByte(location, '/')+1:]
}

// Update implements connectors.Connector.
func (c *connector) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	changes := c.change(have, want)
	if len(changes) == 0 {
		return have, nil
	}
	return c.bring(ctx, have, want, changes, nil)
}

// Difference implements connectors.Differ. What the server is known not to have is left out.
func (c *connector) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	changes, _ := c.seen().fit(c.change(have, want), have.Fields, want.Type, false)
	return changes
}

// Deactivate implements connectors.Deactivator. It does not trust have.Active, which may be old.
func (c *connector) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	if c.settings.remove {
		err := c.Delete(ctx, have)
		have.Active = have.Active && err != nil
		return have, err
	}
	off := false
	return c.bring(ctx, have, connectors.Record{Type: scim.TypeUser}, nil, &off)
}

// Reactivate implements connectors.Deactivator, with the difference in the same call.
func (c *connector) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	on := true
	return c.bring(ctx, have, want, c.change(have, want), &on)
}

// Delete implements connectors.Connector.
func (c *connector) Delete(ctx context.Context, have connectors.Remote) error {
	server, err := c.known(ctx)
	if err != nil {
		return err
	}
	endpoint, err := server.at(have.Type)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, rest.Call{Method: http.MethodDelete, Path: endpoint + oneSuffix, Idempotent: true,
		Params: map[string]string{"id": have.ID}, Private: connectors.Private(have, connectors.Record{})})
	if connectors.Is(err, connectors.NotFound) {
		return nil
	}
	return err
}

// job is one change of one resource.
type job struct {
	server   *server
	endpoint string
	kind     string
	have     connectors.Remote
	changes  map[string]any
	active   *bool // nil to leave it
	hidden   []string
}

// bring makes the changes and returns the resource as it is afterwards.
func (c *connector) bring(ctx context.Context, have connectors.Remote, want connectors.Record, changes map[string]any, active *bool) (connectors.Remote, error) {
	server, err := c.known(ctx)
	if err != nil {
		return have, err
	}
	endpoint, err := server.at(want.Type)
	if err != nil {
		return have, err
	}
	j := job{server: server, endpoint: endpoint, kind: want.Type, have: have, active: active, hidden: connectors.Private(have, want)}
	j.changes, have.Notes = server.fit(changes, have.Fields, want.Type, false)
	if len(j.changes) == 0 && active == nil {
		return have, nil
	}
	answer, err := c.byEither(server, endpoint, func(method string) (rest.Answer, error) {
		if method == put {
			return c.replace(ctx, j)
		}
		return c.patchOrReplace(ctx, j)
	})
	if err != nil {
		return have, err
	}
	return c.after(j, have.Notes, answer)
}

// byEither sends a change by the method that the server is believed to have, and by the other one
// when it refuses that. What worked is remembered: users and groups may differ (Keycloak, FIELD).
func (c *connector) byEither(server *server, endpoint string, send func(method string) (rest.Answer, error)) (rest.Answer, error) {
	method := c.method(server, endpoint)
	answer, err := send(method)
	if err == nil || c.defaults.Update != "" || !unsupported(answer) {
		return answer, err
	}
	if method == patch {
		method = put
	} else {
		method = patch
	}
	if answer, err = send(method); err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.learned.methods == nil {
			c.learned.methods = map[string]string{}
		}
		c.learned.methods[endpoint] = method
	}
	return answer, err
}

// method is how resources are changed: as the target says, as the server has shown, as it says.
func (c *connector) method(server *server, endpoint string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.defaults.Update != "":
		return c.defaults.Update
	case c.learned.methods[endpoint] != "":
		return c.learned.methods[endpoint]
	case server.noPatch:
		return put
	default:
		return patch
	}
}

// patchOrReplace sends the change with PATCH. Where that misses an element that was read, because
// the server has lost its type or somebody was faster, PUT mends it if there is one.
func (c *connector) patchOrReplace(ctx context.Context, j job) (rest.Answer, error) {
	answer, err := c.patch(ctx, j, style(c.defaults.PatchStyle).operations(j.have.Fields, j.changes, j.active))
	if errorIn(answer).kind != scim.TypeNoTarget || c.defaults.Update != "" {
		return answer, err
	}
	if replaced, failed := c.replace(ctx, j); failed == nil {
		return replaced, nil
	}
	return answer, err
}

func (c *connector) patch(ctx context.Context, j job, operations []operation) (rest.Answer, error) {
	return c.call(ctx, rest.Call{Method: http.MethodPatch, Path: j.endpoint + oneSuffix, Idempotent: true,
		Params: map[string]string{"id": j.have.ID}, Body: message(operations), Private: j.hidden})
}

// after is the resource after the change: as the answer shows it, or as it should be where the
// answer shows nothing.
func (c *connector) after(j job, notes []string, answer rest.Answer) (connectors.Remote, error) {
	now, shown := c.shown(answer, j.have.ID, j.kind)
	if shown {
		notes = append(notes, c.dropped(j.changes, now)...)
	} else {
		now = c.merged(j)
	}
	now.Notes = notes
	if j.active != nil && !*j.active && now.Active {
		return now, connectors.Faultf(connectors.Denied,
			"the server accepted that the account is switched off and shows it as active: on_deactivate: remove may be its way")
	}
	return now, nil
}

func (c *connector) merged(j job) connectors.Remote {
	now := j.have.With(j.changes)
	for field, v := range j.changes {
		if v == nil {
			delete(now.Fields, field)
		}
	}
	if j.active != nil {
		now.Active = *j.active
	}
	key := c.attribute(j.kind)
	if key == "emails.value" {
		key = "emails.work"
	}
	if changed, _ := j.changes[key].(string); changed != "" {
		now.Key = changed
	}
	return now
}
