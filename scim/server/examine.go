package server

import (
	"errors"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/store"
)

// examine calls each for those of the candidates that match.
func (h *hunt) examine(w sought, candidates []scim.Resource, each func(scim.Resource, *filter.Subject) error) error {
	groups, err := h.groupsOf(w, candidates)
	if err != nil {
		return err
	}
	for _, res := range candidates {
		h.examined++
		doc, err := h.stored(res)
		if err != nil {
			return err
		}
		if _, said := doc["active"]; !said && res.Type == scim.TypeUser {
			doc["active"] = true // as everywhere; answers say only what was written (B-30)
		}
		related := &relations{hunt: h, id: res.ID, groups: groups[res.ID]}
		subject := filter.SubjectOf(res, doc)
		subject.Location, subject.Version = h.request.base+w.kind.Endpoint+"/"+res.ID, weak(entityTag(res, groups[res.ID]))
		subject.Related = related.of
		if w.filter != nil && !w.filter.Match(subject) {
			if related.err != nil {
				return related.err
			}
			continue
		}
		if related.err != nil {
			return related.err
		}
		if err := each(res, &subject); err != nil {
			return err
		}
	}
	return nil
}

// groupsOf reads the groups of all candidates together, if the filter asks for them.
func (h *hunt) groupsOf(w sought, candidates []scim.Resource) (map[string][]membership, error) {
	if w.filter == nil || len(candidates) == 0 || !w.filter.Needs("groups") {
		return nil, nil
	}
	return h.memberships(h.request, h.tenant, candidates)
}

// relations are the groups or the members of one resource, for a filter that asks.
type relations struct {
	hunt   *hunt
	id     string
	groups []membership
	err    error
}

// of implements filter.Subject.Related. A group's members are asked for one by one where the
// filter names who: it must cost the same in a group of any size.
func (r *relations) of(attribute, id string) []any {
	if attribute == "groups" {
		return r.groupsWith(id)
	}
	if id != "" {
		return r.member(id)
	}
	members, err := r.hunt.membersOf(r.hunt.request, r.id)()
	r.fail(err)
	list := make([]any, len(members))
	for i, m := range members {
		list[i] = r.object(m)
	}
	return list
}

func (r *relations) groupsWith(id string) []any {
	var list []any
	for i, g := range groupList(r.hunt.request.base, r.groups) {
		if id == "" || r.groups[i].id == id {
			list = append(list, g)
		}
	}
	return list
}

func (r *relations) member(id string) []any {
	found, err := r.hunt.Groups.IsMember(r.hunt.request, r.hunt.tenant, r.id, []string{id})
	r.fail(err)
	if !found[id] {
		return nil
	}
	m := scim.Member{Value: id, Type: scim.TypeUser}
	if _, err := r.hunt.Directory.Get(r.hunt.request, r.hunt.tenant, scim.TypeUser, id); errors.Is(err, store.ErrNotFound) {
		m.Type = scim.TypeGroup
	} else {
		r.fail(err)
	}
	return []any{r.object(m)}
}

func (r *relations) object(m scim.Member) scim.Document {
	return scim.Document{"value": m.Value, "$ref": r.hunt.request.base + endpointOf(m.Type) + m.Value, "type": m.Type}
}

func (r *relations) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
