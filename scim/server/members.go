package server

import (
	"context"
	"io"

	"scimrelay/scim"
)

// memberStep is how many members are read at once. A group with more is streamed.
const memberStep = 5000

// send writes a group with its members, of which the first step has been read.
func (v *view) send(ctx context.Context, w io.Writer, p picture, members []scim.Member) error {
	piece := v.appendMembers(p.head, members, true)
	for len(members) == memberStep {
		if _, err := w.Write(piece[:len(piece)-1]); err != nil { // without the bracket that ends the list
			return err
		}
		var err error
		members, err = v.server.Groups.Members(ctx, v.request.principal.Tenant.ID, p.res.ID, members[len(members)-1].Value, memberStep)
		if err != nil {
			return err
		}
		piece = v.appendMembers(piece[:0], members, false)
	}
	_, err := w.Write(append(piece, '}'))
	return err
}

// appendMembers renders members: the first of a group after its name, the others after a comma.
// An empty group has no members attribute: unassigned and empty are one (RFC 7643 section 2.5).
func (v *view) appendMembers(b []byte, members []scim.Member, first bool) []byte {
	if len(members) == 0 && first {
		return b
	}
	if first {
		b = append(b, `,"members":[`...)
	}
	for i, m := range members {
		if i > 0 || !first {
			b = append(b, ',')
		}
		b = v.appendMember(b, m)
	}
	return append(b, ']')
}

func (v *view) appendMember(b []byte, m scim.Member) []byte {
	b = append(b, '{')
	if v.members.value {
		b = append(b, `"value":"`...)
		b = append(b, m.Value...)
		b = append(b, `",`...)
	}
	if v.members.ref {
		b = append(b, `"$ref":`...)
		b = quote(b, v.request.base+endpointOf(m.Type)+m.Value)
		b = append(b, ',')
	}
	if v.members.kind {
		b = append(b, `"type":"`...)
		b = append(b, m.Type...)
		b = append(b, `",`...)
	}
	b[len(b)-1] = '}' // in the place of the last comma
	return b
}

func endpointOf(kind string) string {
	if kind == scim.TypeGroup {
		return "/Groups/"
	}
	return "/Users/"
}

// membership is one group a user is directly in, as User.groups shows it.
type membership struct{ id, display string }

// groupsOf reads the groups of all the users together, where they are shown.
func (v *view) groupsOf(ctx context.Context, list []scim.Resource) (map[string][]membership, error) {
	if !v.groups || len(list) == 0 {
		return nil, nil
	}
	return v.server.memberships(ctx, v.request.principal.Tenant.ID, list)
}

func (s *Server) memberships(ctx context.Context, tenant string, list []scim.Resource) (map[string][]membership, error) {
	ids := make([]string, len(list))
	for i, res := range list {
		ids[i] = res.ID
	}
	found, err := s.Groups.MemberOf(ctx, tenant, ids)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	names := make(map[string]string)
	all := make(map[string][]membership, len(found))
	for id, groups := range found {
		for _, g := range groups {
			name, known := names[g.ID]
			if !known {
				doc, err := s.stored(g)
				if err != nil {
					return nil, err
				}
				name, _ = doc["displayName"].(string)
				names[g.ID] = name
			}
			all[id] = append(all[id], membership{g.ID, name})
		}
	}
	return all, nil
}

// groupList is User.groups (RFC 7643 section 4.1.2): readOnly, and direct memberships only.
func (v *view) groupList(groups []membership) []any { return groupList(v.request.base, groups) }

func groupList(base string, groups []membership) []any {
	list := make([]any, len(groups))
	for i, g := range groups {
		list[i] = scim.Document{"value": g.id, "$ref": base + endpointOf(scim.TypeGroup) + g.id, "display": g.display, "type": "direct"}
	}
	return list
}

func (v *view) renderGroups(groups []membership) ([]byte, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	body, err := scim.Encode(scim.Document{"": v.groupList(groups)})
	if err != nil {
		return nil, err
	}
	return body[len(`{"":`) : len(body)-1], nil
}
