package relay

import (
	"context"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// hasGroups reports whether the target's product takes groups at all.
func (s *Session) hasGroups() bool {
	return s.Capabilities.Groups && s.Mapping.For(scim.TypeGroup) != nil
}

// pass notes that the link is done with every membership there is.
func (r *run) pass() {
	r.link.Since, r.link.SinceMember = r.link.Wanted+1, ""
}

// matchGroup brings an existing group to the record, then its members.
func (r *run) matchGroup(ctx context.Context, have connectors.Remote) error {
	if !r.Target.Sync.Update {
		r.note("its members are not sent: updates are switched off")
		return nil
	}
	now, err := r.Connector.Update(ctx, have, r.record)
	if err != nil {
		return err
	}
	r.renamed = !strings.EqualFold(have.Key, r.record.Key)
	have = now
	have.Type = scim.TypeGroup
	editor, ok := r.Connector.(connectors.MemberEditor)
	if !ok {
		r.note("the product's groups have no members")
		r.pass()
		return nil
	}
	return r.members(ctx, have, editor)
}

// endGroup deletes a group that is gone. There is no switching a group off, so that on_delete,
// which is about people, does not matter to it.
func (r *run) endGroup(ctx context.Context, have connectors.Remote) error {
	if !r.deletesGroups() {
		r.skipped = "the product cannot delete groups; this one stays there as it was"
		return nil
	}
	return r.delete(ctx, have)
}

func (r *run) deletesGroups() bool { return r.Capabilities.Delete || r.Capabilities.DeleteGroup }

// note adds to what is said about a link that is done.
func (r *run) note(text string) { r.notes = append(r.notes, text) }
