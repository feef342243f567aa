package restyaml

import (
	"context"
	"net/url"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Create implements connectors.Connector.
func (c *connector) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	all, err := c.account.creation(want)
	if err != nil {
		return connectors.Remote{}, err
	}
	to, v := c.calls[callCreate], c.values()
	v["key"], v["resource"], v["active"], v["fields"] = want.Key, want.Resource, want.Active, all
	answer, err := c.send(ctx, to, v, c.private(connectors.Remote{}, want))
	if err != nil {
		return connectors.Remote{}, err
	}
	s := c.shown(to, answer)
	made := connectors.Remote{ID: s.id, Key: want.Key, Active: want.Active || !c.capabilities.CreateInactive}
	if made.ID == "" && to.idHeader != "" {
		made.ID = idIn(answer, to.idHeader)
	}
	if made.ID == "" {
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Unknown, Uncertain: true,
			Detail: c.title + " accepted a new account and did not say its id where " + to.itemKey + " and account.id look for it"}
	}
	sent, _ := c.account.convert(want.Fields) // part of what creation has converted
	made = c.account.over(made, sent, s)
	made.Notes = c.account.untaken(all, s)
	if s.tells(c.account.active) {
		if made.Active, err = c.account.says(c.account.active, s, true); err != nil {
			made.Active = want.Active
		}
	}
	return made, nil
}

// idIn takes the id from a header that holds it, or an address that ends with it.
func idIn(answer rest.Answer, header string) string {
	value := strings.TrimRight(answer.Header.Get(header), "/")
	if at, err := url.Parse(value); err == nil {
		value = at.Path
	}
	return value[strings.LastIndexByte(value, '/')+1:]
}

// Difference implements connectors.Differ. A record that cannot be sent differs in nothing:
// Update says why.
func (c *connector) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	changed, err := c.account.change(have, want)
	if err != nil {
		return nil
	}
	return changed
}

// Update implements connectors.Connector.
func (c *connector) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	changed, err := c.account.change(have, want)
	if err != nil || len(changed) == 0 {
		return have, err
	}
	return c.change(ctx, c.calls[callUpdate], have, want, changed, have.Active)
}

// change sends the changes with the call and returns the account as it is afterwards.
func (c *connector) change(ctx context.Context, to *call, have connectors.Remote, want connectors.Record, changed map[string]any, active bool) (connectors.Remote, error) {
	v := c.values()
	v["id"], v["key"], v["resource"], v["active"] = have.ID, want.Key, want.Resource, active
	v["changes"], v["fields"] = c.account.emptied(changed), c.account.after(have, changed)
	answer, err := c.send(ctx, to, v, c.private(have, want))
	if err != nil {
		return have, err
	}
	s := c.shown(to, answer)
	if s.id != have.ID { // the answer is about something else, or about nothing
		s = shown{}
	}
	notes := c.account.untaken(changed, s)
	have = c.account.over(have, changed, s)
	have.Notes = notes
	return have, nil
}

// Delete implements connectors.Connector.
func (c *connector) Delete(ctx context.Context, have connectors.Remote) error {
	if !c.capabilities.Delete {
		return connectors.Faultf(connectors.Denied, "accounts of %s are switched off, never deleted", c.title)
	}
	v := c.values()
	v["id"], v["key"] = have.ID, have.Key
	_, err := c.send(ctx, c.calls[callDelete], v, c.private(have, connectors.Record{}))
	if connectors.Is(err, connectors.NotFound) {
		return nil
	}
	return err
}

// Deactivate implements connectors.Deactivator. It does not trust have.Active, which may be old
// or unknown: whoever has to go, goes.
func (s switching) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	c := s.by
	v := c.values()
	v["id"], v["key"], v["active"], v["fields"] = have.ID, have.Key, false, c.account.after(have, nil)
	_, err := c.send(ctx, c.calls[callDeactivate], v, c.private(have, connectors.Record{}))
	if c.capabilities.Deactivate.Spends() && connectors.Is(err, connectors.NotFound) {
		err = nil // out already
	}
	if err != nil {
		return have, err
	}
	have.Active = false
	return have, nil
}

// Reactivate implements connectors.Deactivator: by one call where that sends the changes as well,
// by two where it does not. What a lost second one leaves behind the next Update repairs.
func (s switching) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	c := s.by
	to := c.calls[callReactivate]
	if to == nil {
		return have, connectors.Faultf(connectors.Internal, "who returns to %s gets a new account", c.title)
	}
	changed, err := c.account.change(have, want)
	if err != nil {
		return have, err
	}
	if c.sends(to, changed) {
		have, err = c.change(ctx, to, have, want, changed, true)
		have.Active = have.Active || err == nil
		return have, err
	}
	if have, err = c.change(ctx, to, have, want, nil, true); err != nil {
		return have, err
	}
	have.Active = true
	return c.Update(ctx, have, want)
}

// sends reports whether the call sends every one of the changes.
func (c *connector) sends(to *call, changed map[string]any) bool {
	for name := range changed {
		if !to.reads("changes."+name) && !to.reads("fields."+name) {
			return false
		}
	}
	return true
}
