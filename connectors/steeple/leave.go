package steeple

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Deactivate implements connectors.Deactivator: out of the organisation, or suspended where the
// target says so. It does not trust have.Active, which may be old: whoever has to go, goes.
func (c *connector) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	if c.settings.Suspend {
		return c.switchTo(ctx, have, suspendPath, false)
	}
	return c.remove(ctx, have)
}

// remove takes the person out of the organisation and all its communities.
func (c *connector) remove(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	heir := c.settings.Defaults.TransferPostsTo
	if heir != "" && strings.EqualFold(heir, have.ID) {
		return have, connectors.Faultf(connectors.Denied,
			"defaults.transfer_posts_to names this very person: name somebody who stays")
	}
	call := rest.Call{Method: http.MethodDelete, Path: userPath, Params: map[string]string{"id": have.ID},
		Idempotent: true, Private: connectors.Private(have, connectors.Record{})}
	if heir != "" {
		call.Query = url.Values{"transfer_posts_to": {heir}}
	}
	_, err := c.call(ctx, call)
	if connectors.Is(err, connectors.NotFound) {
		err = c.confirmGone(ctx, have, heir)
	}
	if err != nil {
		return have, explainDenied(err)
	}
	c.memory.forget(have.ID)
	have.Active = false
	return have, nil
}

// confirmGone tells "no such person" from "nobody to hand the posts to", where that can be.
func (c *connector) confirmGone(ctx context.Context, have connectors.Remote, heir string) error {
	if heir == "" {
		return nil
	}
	_, err := c.byID(ctx, have.ID, connectors.Private(have, connectors.Record{}))
	switch {
	case connectors.Is(err, connectors.NotFound):
		return nil
	case err != nil:
		return err
	default:
		return connectors.Faultf(connectors.Invalid, "Steeple has no user %s to hand posts to: correct defaults.transfer_posts_to", heir)
	}
}

// explainDenied says in plain words why one person cannot be taken away.
func explainDenied(err error) error {
	fault := connectors.FaultOf(err)
	if fault.Class != connectors.Denied {
		return err
	}
	return &connectors.Fault{Class: connectors.Denied, Err: fault, Detail: "Steeple refuses to take this person away. " +
		"It does so with the user the token belongs to, whom nobody can remove with that token: make a token with another " +
		"administrator, or take this person out of the target's scope"}
}

// Reactivate implements connectors.Deactivator: the suspension is lifted, whoever imposed it, and
// the account brought to want. Who was removed comes back through Create.
func (c *connector) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	have, err := c.switchTo(ctx, have, restorePath, true)
	if err != nil {
		return have, err
	}
	return c.bring(ctx, have, want)
}

// switchTo suspends or restores. Steeple refuses to do it twice, so after a refusal the account
// itself says whether it is as wanted.
func (c *connector) switchTo(ctx context.Context, have connectors.Remote, path string, active bool) (connectors.Remote, error) {
	hidden := connectors.Private(have, connectors.Record{})
	answer, err := c.call(ctx, rest.Call{Method: http.MethodPost, Path: path, Params: map[string]string{"id": have.ID},
		Idempotent: true, Private: hidden})
	if err != nil && problemIn(answer).Code == codeWrongState {
		now, readErr := c.byID(ctx, have.ID, hidden)
		if readErr != nil {
			return have, readErr
		}
		if now.Active == active {
			err = nil
		}
	}
	if err != nil {
		return have, explainDenied(err)
	}
	have.Active = active
	return have, nil
}

// Delete implements connectors.Connector by refusing: Steeple removes people from an organisation
// and lets nobody delete a Steeple account.
func (c *connector) Delete(context.Context, connectors.Remote) error {
	return connectors.Faultf(connectors.Denied, "people are removed from the organisation or suspended in Steeple, never deleted")
}
