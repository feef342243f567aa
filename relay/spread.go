package relay

import (
	"cmp"
	"context"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// groupOf is what a record says of a group that the person is in.
func groupOf(r scim.Resource) (connectors.Group, error) {
	doc, err := scim.Decode(r.Body, scim.DefaultLimits().Stored())
	if err != nil {
		return connectors.Group{}, err
	}
	name, _ := doc["displayName"].(string)
	external, _ := doc["externalId"].(string)
	return connectors.Group{ID: r.ID, Name: name, ExternalID: external}, nil
}

// spread brings a change of a group to its members, where what a group gives is a part of their
// accounts: their links become due. Those of a group that is deleted did with the deletion.
func (r *run) spread(ctx context.Context) error {
	r.link.Spreads = true
	if r.Deleted {
		r.pass()
		return nil
	}
	rows := cmp.Or(r.MembersPerRun, membersPerRun)
	changed, err := r.relay.Links.Changed(ctx, r.link, rows)
	if err != nil {
		return err
	}
	for _, m := range changed {
		r.link.Since, r.link.SinceMember = m.Version, m.Member
		if m.Type != scim.TypeGroup {
			r.touched = append(r.touched, m.Member)
		}
	}
	if r.unfinished = len(changed) == rows; !r.unfinished {
		r.pass()
	}
	return nil
}
