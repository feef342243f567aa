package timeclock

import (
	"context"

	"scimrelay/connectors"
)

// Create implements connectors.Connector. The licence is taken with the same call.
func (c *connector) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	params, notes, err := creation(want)
	if err != nil {
		return connectors.Remote{}, err
	}
	var result any
	if err := c.call(ctx, createUser, params, private(connectors.Remote{}, want), &result); err != nil {
		return connectors.Remote{}, err
	}
	made, _ := result.(map[string]any)
	have := connectors.Remote{ID: connectors.TextOf(made["id"]), Active: true, Fields: map[string]any{licence: true}, Notes: notes}
	if have.ID == "" {
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Unknown, Uncertain: true,
			Detail: "TimeClock 365 accepted a new user and did not say its id"}
	}
	return with(have, params), nil
}

// Update implements connectors.Connector. An account that is off and holds a licence still, while
// nobody wants it to be on, is what a Deactivate left that got no further: the licence goes first.
func (c *connector) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	changes, notes := change(have, want)
	var err error
	if !want.Active && c.lingers(have) {
		if have, err = c.release(ctx, have, private(have, want)); err != nil {
			return have, err
		}
	}
	if have, err = c.send(ctx, have, want, changes); err != nil {
		return have, err
	}
	have.Notes = notes
	return have, nil
}

// Difference implements connectors.Differ.
func (c *connector) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	changes, _ := change(have, want)
	if !want.Active && c.lingers(have) {
		changes[licence] = false
	}
	return changes
}

// send updates the fields, and calls nobody when there are none.
func (c *connector) send(ctx context.Context, have connectors.Remote, want connectors.Record, changes map[string]any) (connectors.Remote, error) {
	if len(changes) == 0 {
		return have, nil
	}
	params := map[string]any{"id": idOf(have.ID), "changes": changes}
	if err := c.call(ctx, updateUser, params, private(have, want), nil); err != nil {
		return have, err
	}
	return with(have, changes), nil
}

// Delete implements connectors.Connector by refusing: what becomes of the time sheets of a
// deleted user is not known, so nobody who leaves is deleted.
func (c *connector) Delete(context.Context, connectors.Remote) error {
	return connectors.Faultf(connectors.Denied, "users of TimeClock 365 are deactivated, never deleted")
}
