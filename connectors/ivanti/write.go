package ivanti

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// Create implements connectors.Connector: the account first, then its custom attributes. When
// those fail the account exists all the same, so the fault is Unknown and the Remote comes with
// it; the next Update sends them, because it finds them missing.
func (c *connector) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	if want.Type == scim.TypeGroup {
		return c.createGroup(ctx, want)
	}
	account, custom, err := c.creation(want)
	if err != nil {
		return connectors.Remote{}, err
	}
	form := url.Values{"accounts[0].uid": {want.Key}, "accounts[0].accountSource": {"LOCAL"}}
	for name, value := range account {
		form.Set("accounts[0]."+name, value)
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodPost, Path: createPath, Body: form,
		Query:   url.Values{"sendInvite": {strconv.FormatBool(c.defaults.AutoInvite)}},
		Private: private(connectors.Remote{}, want)})
	if err != nil {
		c.accounts.doubt(want.Key)
		return connectors.Remote{}, taken(err)
	}
	have, err := madeBy(answer)
	if err != nil {
		c.accounts.doubt(want.Key)
		return connectors.Remote{}, err
	}
	have.Key = want.Key
	c.accounts.add(want.Key, have.ID)
	made, err := c.putCustom(ctx, have, want, custom)
	if err != nil {
		fault := connectors.FaultOf(err)
		return have, &connectors.Fault{Class: connectors.Unknown, Uncertain: true, RetryAfter: fault.RetryAfter,
			Detail: "the account was made without its custom attributes: " + fault.Detail, Err: fault.Err}
	}
	return made, nil
}

// taken says what a refused user name may mean. The relay looks for the account next, and gives
// this fault only when Ivanti shows none here.
func taken(err error) error {
	if fault := connectors.FaultOf(err); fault.Class == connectors.Exists {
		fault.Detail += ". When no account of this tenant has the user name, another customer of the cluster has it, " +
			"or an account made less than an hour ago does not show yet: if it stays so, choose another user name in the form of an e-mail address"
		return fault
	}
	return err
}

// madeBy reads the answer to a create: a list of one, since the call is for many, or an object.
func madeBy(answer rest.Answer) (connectors.Remote, error) {
	var list []map[string]any
	var row map[string]any
	if result(answer, &list) == nil && len(list) > 0 {
		row = list[0]
	} else if result(answer, &row) != nil {
		row = nil
	}
	if connectors.ScalarText(row["id"]) == "" {
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "Ivanti accepted a new account and did not say its id"}
	}
	return remote(row), nil
}

// Update implements connectors.Connector.
func (c *connector) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	if want.Type == scim.TypeGroup {
		return c.updateGroup(ctx, have, want)
	}
	return c.bring(ctx, have, want, false)
}

// Reactivate implements connectors.Deactivator, with the difference in the same call.
func (c *connector) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	return c.bring(ctx, have, want, true)
}

// bring makes the account as wanted, and enables it where that is asked for.
func (c *connector) bring(ctx context.Context, have connectors.Remote, want connectors.Record, enable bool) (connectors.Remote, error) {
	note, err := c.renamed(have, want)
	if err != nil {
		return have, err
	}
	to, err := c.changes(have, want)
	if err != nil {
		return have, err
	}
	if enable {
		to.account["enabled"] = "true"
	}
	if have, err = c.put(ctx, have, want, to.account); err != nil {
		return have, err
	}
	have.Notes = append(have.Notes, to.notes...)
	if note != "" {
		have.Notes = append(have.Notes, note)
	}
	return c.putCustom(ctx, have, want, to.custom)
}

// renamed decides about somebody whose user name the directory has changed: Ivanti never does.
func (c *connector) renamed(have connectors.Remote, want connectors.Record) (note string, err error) {
	switch {
	case want.Key == "" || have.Key == "" || fold(want.Key) == fold(have.Key):
		return "", nil
	case c.defaults.OnRename == renameKeep:
		return "Ivanti never changes a user name: the account keeps its old one", nil
	}
	return "", &connectors.Fault{Class: connectors.Invalid, SCIMType: "mutability",
		Detail: "userName was changed, and Ivanti never changes a user name: give the old one back, or set defaults.on_rename to keep"}
}

// Difference implements connectors.Differ. A record that cannot be sent differs in nothing:
// Update says why.
func (c *connector) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	if want.Type == scim.TypeGroup {
		return connectors.Difference(have.Fields, want.Fields)
	}
	to, err := c.changes(have, want)
	if err != nil {
		return nil
	}
	differs := map[string]any{}
	for name, value := range to.account {
		differs[name] = value
	}
	for name, value := range to.custom {
		differs[customPrefix+name] = value
	}
	return differs
}

// Deactivate implements connectors.Deactivator. It does not trust have.Active, which may be old
// or unknown: whoever has to go, goes. The one exception is the account all this is done with.
func (c *connector) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	if c.protected(have.Key) {
		return have, connectors.Faultf(connectors.Denied, "this is the account in credentials, which the gateway itself works with: it is never disabled")
	}
	return c.put(ctx, have, connectors.Record{}, map[string]string{"enabled": "false"})
}

// Delete implements connectors.Connector. People are never deleted: it wipes their information
// and retires their devices.
func (c *connector) Delete(ctx context.Context, have connectors.Remote) error {
	if have.Type == scim.TypeGroup {
		return c.deleteGroup(ctx, have)
	}
	return connectors.Faultf(connectors.Denied, "people are disabled in Ivanti, never deleted")
}

// put sends a partial update and returns the account as it is afterwards. A Managed Apple ID
// that must stay keeps nothing else from arriving.
func (c *connector) put(ctx context.Context, have connectors.Remote, want connectors.Record, fields map[string]string) (connectors.Remote, error) {
	if len(fields) == 0 {
		return have, nil
	}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodPut, Path: accountPath, Params: map[string]string{"id": have.ID},
		Body: form, Idempotent: true, Private: private(have, want)})
	if form.Has(appleID) && about(answer, err, appleID) {
		others := maps.Clone(fields)
		delete(others, appleID)
		have, err = c.put(ctx, have, want, others)
		have.Notes = append(have.Notes, "the Managed Apple ID stays as it is: Ivanti does not change it while a user-enrolled device is active")
		return have, err
	}
	if connectors.Is(err, connectors.NotFound) {
		c.accounts.drop(have.Key, have.ID)
	}
	if err != nil {
		return have, err
	}
	return after(have, fields, answer), nil
}

// after is the account after an update: as the answer shows it, or as it should be where the
// answer shows none.
func after(have connectors.Remote, fields map[string]string, answer rest.Answer) connectors.Remote {
	now := map[string]any{}
	for name, value := range fields {
		if name != "enabled" {
			now[name] = value
		}
	}
	var row map[string]any
	if result(answer, &row) == nil && connectors.ScalarText(row["id"]) == have.ID {
		shown := remote(row)
		now, have.Active = shown.Fields, shown.Active
	}
	if enabled, sent := fields["enabled"]; sent {
		have.Active = enabled == "true"
	}
	return have.With(now)
}

// putCustom sends the custom attributes that differ.
func (c *connector) putCustom(ctx context.Context, have connectors.Remote, want connectors.Record, attributes map[string]string) (connectors.Remote, error) {
	if len(attributes) == 0 {
		return have, nil
	}
	form, names := url.Values{}, slices.Sorted(maps.Keys(attributes))
	for i, name := range names {
		form.Set("attributes["+strconv.Itoa(i)+"].name", name)
		form.Set("attributes["+strconv.Itoa(i)+"].value", attributes[name])
	}
	_, err := c.call(ctx, rest.Call{Method: http.MethodPut, Path: customPath, Params: map[string]string{"id": have.ID},
		Body: form, Idempotent: true, Private: private(have, want)})
	if err != nil {
		return have, err
	}
	now := map[string]any{}
	for name, value := range attributes {
		now[customPrefix+name] = value
	}
	return have.With(now), nil
}
