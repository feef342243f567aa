package steeple

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Create implements connectors.Connector. Steeple finds or creates by e-mail: a person who was
// there before comes back with the old profile, and is brought to want like anybody else.
func (c *connector) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	sent, err := c.settings.Defaults.creation(want)
	if err != nil {
		return connectors.Remote{}, err
	}
	body := maps.Clone(sent)
	body["send_invitation"] = c.settings.Defaults.Invite == inviteNow
	admitted, err := c.admit(ctx, body, want)
	if err != nil {
		return connectors.Remote{}, err
	}
	hidden := connectors.Private(connectors.Remote{}, want)
	answer, err := c.call(ctx, rest.Call{Method: http.MethodPost, Path: usersPath, Body: body, Private: hidden})
	if problemIn(answer).Code == codeNotManual {
		c.memory.doubt(admitted)
	}
	if err != nil {
		return connectors.Remote{}, err
	}
	row, err := rowIn(answer)
	if id, _ := row["id"].(string); err != nil || id == "" {
		fault := &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "Steeple accepted a new person and did not say the id"}
		return connectors.Remote{}, fault
	}
	have := c.remote(row)
	if answer.Status == http.StatusCreated {
		c.compare(have.ID, sent, have.Fields)
	}
	return c.complete(ctx, have, want)
}

// complete does what a create leaves to do. The account exists all the same when it fails, so
// the fault is Unknown and the Remote comes with it: the next Update goes on.
func (c *connector) complete(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	done, err := c.bring(ctx, have, want)
	if err == nil {
		return done, nil
	}
	fault := connectors.FaultOf(err)
	return done, &connectors.Fault{Class: connectors.Unknown, Uncertain: true, RetryAfter: fault.RetryAfter,
		Detail: "the account was made, and what comes after it failed: " + fault.Detail, Err: fault.Err}
}

// Update implements connectors.Connector: the profile's difference in one call, and a call for
// each community to enter, to have another role in or to leave.
func (c *connector) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	if !want.Active && !c.settings.Suspend {
		return have, nil // out of the organisation: there is nothing to keep up to date
	}
	return c.bring(ctx, have, want)
}

// bring brings an account to want. A profile that Steeple refuses keeps nobody in a community.
func (c *connector) bring(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	have.Notes = nil
	have, refusal := c.patch(ctx, have, want)
	if refusal != nil && !aboutPerson(refusal) {
		return have, refusal
	}
	have, err := c.entitle(ctx, have, want)
	if refusal != nil && (err == nil || aboutPerson(err)) {
		return have, refusal
	}
	return have, err
}

// aboutPerson reports a refusal that other calls for the same person may escape.
func aboutPerson(err error) bool {
	return slices.Contains([]connectors.Class{connectors.Invalid, connectors.Exists, connectors.Denied}, connectors.FaultOf(err).Class)
}

// Difference implements connectors.Differ. A record that cannot be sent differs in nothing:
// Update says why.
func (c *connector) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	body, _, err := c.change(have, want)
	if err != nil {
		body = map[string]any{}
	}
	var changes []any
	edits, _ := c.edits(have, want)
	for _, e := range edits {
		changes = append(changes, e.community+"/"+e.role)
	}
	if changes != nil {
		body[communitiesField] = changes
	}
	return body
}

// patch sends the profile's difference and reads what Steeple made of it.
func (c *connector) patch(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	body, notes, err := c.change(have, want)
	have.Notes = append(have.Notes, notes...)
	if err != nil || len(body) == 0 {
		return have, err
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodPatch, Path: userPath, Params: map[string]string{"id": have.ID},
		Body: body, Idempotent: true, Private: connectors.Private(have, want)})
	if err != nil {
		return have, err
	}
	row, err := rowIn(answer)
	if err != nil {
		return have, err
	}
	shown := profile(row)
	have.Notes = append(have.Notes, c.compare(have.ID, body, shown)...)
	fields := maps.Clone(have.Fields)
	if fields == nil {
		fields = map[string]any{}
	}
	maps.Copy(fields, shown) // memberships stay: reads of them lag
	have.Fields = fields
	if email, _ := shown["email"].(string); email != "" {
		have.Key = email
	}
	return have, nil
}
