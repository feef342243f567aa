package sage

import (
	"context"
	"maps"
	"net/http"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Create implements connectors.Connector: the user first, then the role. When the role fails
// the user exists all the same, so the fault is Unknown and the Remote comes with it.
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
		return connectors.Remote{}, err
	}
	var made map[string]any
	if err := answer.Decode(&made); err != nil || textOf(made["id"]) == "" {
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Unknown, Uncertain: true,
			Detail: "Sage accepted a new user and did not say its id"}
	}
	body["id"] = made["id"]
	have := remote(body)
	if err := c.assignRole(ctx, have.ID); err != nil {
		fault := connectors.FaultOf(err)
		return have, &connectors.Fault{Class: connectors.Unknown, Uncertain: true, RetryAfter: fault.RetryAfter,
			Detail: "the user was made without a role: " + fault.Detail, Err: fault.Err}
	}
	return have, nil
}

// Update implements connectors.Connector.
func (c *connector) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	body, err := change(have, want)
	if err != nil {
		return have, err
	}
	if err := c.repairRole(ctx, have, want); err != nil {
		return have, err
	}
	if len(body) == 0 {
		return have, nil
	}
	return c.put(ctx, have, want, body)
}

// Difference implements connectors.Differ. A record that cannot be sent differs in nothing:
// Update says why.
func (c *connector) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	body, err := change(have, want)
	if err != nil {
		return nil
	}
	return body
}

// Deactivate implements connectors.Deactivator. It does not trust have.Active, which may be
// old or unknown: whoever has to go, goes.
func (c *connector) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	return c.put(ctx, have, connectors.Record{}, map[string]any{"isActive": false})
}

// Reactivate implements connectors.Deactivator, with the difference in the same call.
func (c *connector) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	body, err := change(have, want)
	if err != nil {
		return have, err
	}
	if err := c.repairRole(ctx, have, want); err != nil {
		return have, err
	}
	body["isActive"] = true
	return c.put(ctx, have, want, body)
}

// Delete implements connectors.Connector by refusing: Sage's delete cannot be undone and takes
// the history with it, so nobody who leaves is deleted.
func (c *connector) Delete(context.Context, connectors.Remote) error {
	return connectors.Faultf(connectors.Denied, "users of Sage are switched off, never deleted")
}

// put sends a partial update and returns the account as it should be afterwards.
func (c *connector) put(ctx context.Context, have connectors.Remote, want connectors.Record, body map[string]any) (connectors.Remote, error) {
	var answer rest.Answer
	var err error
	hidden := private(have, want)
	err = c.withNic(ctx, body, have.ID, want.Resource, hidden, func() (rest.Answer, error) {
		answer, err = c.call(ctx, rest.Call{Method: http.MethodPut, Path: userPath,
			Params: map[string]string{"id": have.ID}, Body: body, Idempotent: true, Private: hidden})
		return answer, err
	})
	if unexplained(answer, err) {
		if _, gone := c.byID(ctx, have.ID, have.Key, hidden); connectors.Is(gone, connectors.NotFound) {
			return have, gone
		}
	}
	if err != nil {
		return have, err
	}
	return merged(have, body), nil
}

func merged(have connectors.Remote, body map[string]any) connectors.Remote {
	row := maps.Clone(body)
	if _, told := row["isActive"]; !told {
		row["isActive"] = have.Active
	}
	row["id"] = have.ID
	sent := remote(row)
	fields := maps.Clone(have.Fields)
	if fields == nil {
		fields = map[string]any{}
	}
	for name, value := range sent.Fields {
		fields[name] = plain(reference(value))
	}
	have.Fields, have.Active = fields, sent.Active
	if sent.Key != "" {
		have.Key = sent.Key
	}
	return have
}

// withNic sends the body, and once more with a distinct nickname when Sage refused it and
// somebody else has this one. The refusal says that nothing was done.
func (c *connector) withNic(ctx context.Context, body map[string]any, id, resource string, hidden []string, send func() (rest.Answer, error)) error {
	answer, err := send()
	nic, _ := body["nic"].(string)
	if nic == "" || !unexplained(answer, err) {
		return err
	}
	holders, listErr := c.where(ctx, "nic", nic, hidden, func(row map[string]any) bool { return textOf(row["id"]) != id })
	if listErr != nil {
		return listErr
	}
	if len(holders) == 0 {
		return err
	}
	body["nic"] = distinct(nic, resource)
	_, err = send()
	return err
}
