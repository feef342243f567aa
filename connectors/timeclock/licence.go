package timeclock

import (
	"context"

	"scimrelay/connectors"
)

// Deactivate implements connectors.Deactivator, in the order of the vendor's own instructions: not
// active first, the licence then. A step that is seen to be done is not done again.
func (c *connector) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	hidden := private(have, connectors.Record{})
	if have.Active {
		if err := c.call(ctx, deactivateUser, map[string]any{"id": idOf(have.ID)}, hidden, nil); err != nil {
			return have, err
		}
		have.Active = false
	}
	if !c.releases || have.Fields[licence] == false {
		return have, nil
	}
	return c.release(ctx, have, hidden)
}

// release takes the licence back from somebody who is not active. Taking it back twice is taking
// it back once. ASSUMED.
func (c *connector) release(ctx context.Context, have connectors.Remote, hidden []string) (connectors.Remote, error) {
	if err := c.call(ctx, releaseLicense, map[string]any{"id": idOf(have.ID)}, hidden, nil); err != nil {
		fault := *connectors.FaultOf(err)
		fault.Detail = "the user is not active any more and holds the licence still: " + fault.Detail
		return have, &fault
	}
	have.Lingers = false
	return with(have, map[string]any{licence: false}), nil
}

// account is a user as it is shown, with what is left of a removal that got no further.
func (c *connector) account(row map[string]any) (connectors.Remote, error) {
	have, err := remote(row)
	have.Lingers = err == nil && c.lingers(have)
	return have, err
}

// lingers says whether the account was switched off and kept its licence, and should not have.
func (c *connector) lingers(have connectors.Remote) bool {
	return c.repairs && !have.Active && have.Fields[licence] == true
}

// Reactivate implements connectors.Deactivator: a licence, then access, then what has changed
// meanwhile, so that data the vendor refuses keeps nobody from working. Without a free licence
// nothing is done.
func (c *connector) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	changes, notes := change(have, want)
	hidden, id := private(have, want), map[string]any{"id": idOf(have.ID)}
	if have.Fields[licence] != true {
		if err := c.call(ctx, assignLicense, id, hidden, nil); err != nil {
			return have, err
		}
		have = with(have, map[string]any{licence: true})
	}
	if err := c.call(ctx, activateUser, id, hidden, nil); err != nil {
		return have, err
	}
	have.Active, have.Lingers = true, false
	have, err := c.send(ctx, have, want, changes)
	if err != nil {
		return have, err
	}
	have.Notes = notes
	return have, nil
}
