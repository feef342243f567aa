package server

import (
	"errors"
	"maps"
	"net/http"

	"scimrelay/scim"
	"scimrelay/scim/patch"
	"scimrelay/scim/profile"
	"scimrelay/scim/schema"
	"scimrelay/store"
)

func (s *Server) create(r *request) (reply, error) {
	n, err := s.normalized(r)
	if err != nil {
		return reply{}, err
	}
	rev, err := s.revision(r, n.Document)
	if err != nil {
		return reply{}, err
	}
	rev.Members = n.Members
	id, err := s.newID(r)
	if err != nil {
		return reply{}, err
	}
	w := s.onBehalf(r)
	for range 3 { // more than once only where whoever had the name is deleted at that moment
		var made scim.Resource
		made, err = s.Directory.Create(r, w, r.kind.Name, id, rev)
		if err == nil {
			s.Bell.Ring(w.Tenant, w.Targets, urgencyOf(r, store.UrgencyCreate))
			if err := s.made(r, w, made); err != nil {
				return reply{}, err
			}
			return s.shown(r, http.StatusCreated, made)
		}
		if !errors.Is(err, store.ErrConflict) {
			return reply{}, err
		}
		var answer reply
		if answer, err = s.restore(r, n, rev); !errors.Is(err, errFree) {
			return answer, err
		}
	}
	return reply{}, s.conflict(r, rev.Keys)
}

// shown answers a write with the resource. An operation of a bulk request is answered without: of
// a group that could be a hundred thousand members for nothing.
func (s *Server) shown(r *request, status int, now scim.Resource) (reply, error) {
	if r.operation == nil {
		return s.whole(r, status, now)
	}
	answer := reply{status: status, location: r.base + r.kind.Endpoint + "/" + now.ID}
	if r.dialect.Profile.ETags {
		answer.etag = weak(revisionTag(now))
	}
	return answer, nil
}

// newID is the id of a new resource. In a bulk request it was chosen beforehand.
func (s *Server) newID(r *request) (string, error) {
	if r.operation != nil {
		return r.operation.ID, nil
	}
	return s.NewID()
}

func (s *Server) get(r *request) (reply, error) {
	found, err := s.Directory.Get(r, r.principal.Tenant.ID, r.kind.Name, r.id)
	if err != nil {
		return reply{}, s.missing(r, err)
	}
	return s.whole(r, http.StatusOK, found)
}

// replace is PUT: what is not sent is cleared, except active, whose absence must not bring a
// leaver back.
func (s *Server) replace(r *request) (reply, error) {
	if !r.dialect.Profile.Put {
		r.allow = "GET, HEAD, PATCH, DELETE"
		return notAllowed(r)
	}
	n, err := s.normalized(r)
	if err != nil {
		return reply{}, err
	}
	members := n.Members
	if r.kind.Name == scim.TypeGroup {
		members.Clear = true // a group that is sent without members has none
	}
	now, raised, err := s.update(r, func(_ string, current scim.Document) (change, error) {
		next := n.Document
		if active, ok := current["active"]; ok && next["active"] == nil {
			next = maps.Clone(next)
			next["active"] = active
		}
		next, err := r.kind.Replace(current, next)
		return change{document: next, members: members}, err
	})
	if err == nil {
		err = s.changed(r, now, raised)
	}
	if err != nil {
		return reply{}, err
	}
	return s.shown(r, http.StatusOK, now)
}

// change is what a request makes of a resource.
type change struct {
	document  scim.Document
	members   scim.MemberEdit
	unchanged bool // of the document
}

func (s *Server) patch(r *request) (reply, error) {
	body, err := s.decoded(r)
	if err != nil {
		return reply{}, err
	}
	var notes []string
	touched := false
	now, raised, err := s.update(r, func(id string, current scim.Document) (change, error) {
		now := patch.Current{ID: id, Document: current, Members: s.membersOf(r, id)}
		result, err := patch.Apply(r.kind, now, body, r.dialect.Patch)
		notes = result.Leniencies
		touched = result.MembersNamed
		return change{result.Document, result.Members, !result.Changed}, err
	})
	r.notes = append(r.notes, notes...)
	if err == nil {
		err = s.changed(r, now, raised)
	}
	if err != nil {
		return reply{}, err
	}
	if r.operation != nil || showsPatched(r, touched) {
		return s.shown(r, http.StatusOK, now)
	}
	return s.silent(r, now), nil
}

// silent answers a change without showing what came of it, and without reading more of it: the
// members of a group may be many.
func (s *Server) silent(r *request, now scim.Resource) reply {
	answer := reply{status: http.StatusNoContent, wrote: written{now.ID, now.Version}}
	if r.dialect.Profile.ETags && r.kind.Name != scim.TypeUser { // a user's tag depends on groups
		answer.etag = weak(revisionTag(now))
	}
	return answer
}

// showsPatched reports whether a PATCH is answered with the resource: always when attributes
// are asked for (RFC 7644 section 3.5.2), else as the client's profile says.
func showsPatched(r *request, touched bool) bool {
	how := r.dialect.Profile.UserPatchReply
	if r.kind.Name == scim.TypeGroup {
		how = r.dialect.Profile.GroupPatchReply
	}
	switch {
	case r.query.has("attributes") || r.query.has("excludedattributes"):
		return true
	case how == profile.ReplyUnlessMembers:
		return !touched
	}
	return how != profile.ReplyNone
}

// membersOf reads all of a group's members, for the few patches that have to look at them.
func (s *Server) membersOf(r *request, id string) func() ([]scim.Member, error) {
	return func() (all []scim.Member, err error) {
		for after, step := "", memberStep; step == memberStep; {
			list, err := s.Groups.Members(r, r.principal.Tenant.ID, id, after, memberStep)
			if err != nil {
				return nil, err
			}
			if step = len(list); step > 0 {
				after = list[step-1].Value
			}
			all = append(all, list...)
		}
		return all, nil
	}
}

func (s *Server) delete(r *request) (reply, error) {
	w := s.onBehalf(r)
	gone := written{id: r.id}
	err := s.Directory.Delete(r, w, r.kind.Name, r.id, func(current scim.Resource) error {
		gone.version = current.Version + 1 // a deletion is a change too
		return r.admits(current)
	})
	if errors.Is(err, store.ErrNotFound) {
		if stands, err := s.undeleted(r); stands || err != nil {
			return reply{status: http.StatusNoContent, wrote: gone}, err
		}
	}
	if err != nil {
		return reply{}, s.missing(r, err)
	}
	s.Bell.Ring(w.Tenant, w.Targets, store.UrgencyDelete)
	if err := s.deleted(r, gone); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent, wrote: gone}, nil
}

// decoded is the request's body, or what a bulk operation has in its place.
func (s *Server) decoded(r *request) (scim.Document, error) {
	if r.operation != nil {
		return r.operation.Data, nil
	}
	limits := s.Limits.JSON
	limits.Members = r.kind.Name == scim.TypeGroup
	return scim.Decode(r.body, limits)
}

// normalized decodes and validates a whole resource.
func (s *Server) normalized(r *request) (schema.Normalized, error) {
	body, err := s.decoded(r)
	if err != nil {
		return schema.Normalized{}, err
	}
	n, err := r.kind.Normalize(body, r.dialect.Body)
	r.notes = append(r.notes, n.Leniencies...)
	return n, err
}

// onBehalf says for whom the request changes a resource.
func (s *Server) onBehalf(r *request) store.Write {
	tenant := r.principal.Tenant
	targets := make([]string, len(tenant.Targets))
	for i, t := range tenant.Targets {
		targets[i] = t.ID
	}
	return store.Write{Tenant: tenant.ID, Targets: targets, Actor: r.principal.Actor(), Trace: traceparent(r)}
}
