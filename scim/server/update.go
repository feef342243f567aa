package server

import (
	"errors"
	"slices"

	"scimrelay/scim"
	"scimrelay/store"
)

// updating is a change of one resource on its way. Its act may run again when another writer was
// faster.
type updating struct {
	server  *Server
	request *request
	apply   func(id string, current scim.Document) (change, error)
	before  int64 // the version that was changed
	keys    store.Keys
	urgency store.Urgency
}

// update changes a resource by a function that may run again when another writer was faster.
// A change that changes nothing raises no version (R-64, E-44); whether it was raised is the second
// result.
func (s *Server) update(r *request, apply func(id string, current scim.Document) (change, error)) (now scim.Resource, raised bool, err error) {
	w := s.onBehalf(r)
	u := &updating{server: s, request: r, apply: apply}
	now, err = s.Directory.Update(r, w, r.kind.Name, r.id, u.revise)
	if errors.Is(err, store.ErrConflict) {
		return now, false, s.conflict(r, u.keys)
	}
	if err != nil {
		return now, false, s.missing(r, err)
	}
	if raised = now.Version != u.before; raised {
		s.Bell.Ring(w.Tenant, w.Targets, u.urgency)
	}
	return now, raised, nil
}

// revise is what the resource becomes, store.ErrUnchanged when that is what it is.
func (u *updating) revise(current scim.Resource) (store.Revision, error) {
	u.before = current.Version
	next, err := u.next(current)
	if err != nil {
		return store.Revision{}, err
	}
	if err := u.server.taken(u.request, current, next.document); err != nil {
		return store.Revision{}, err
	}
	rev, err := u.server.revision(u.request, next.document)
	rev.Members, u.keys = next.members, rev.Keys
	if err == nil && next.members.Empty() && (next.unchanged || string(rev.Body) == string(current.Body)) {
		err = store.ErrUnchanged
	}
	u.urgency = urgencyOf(u.request, store.UrgencyUpdate)
	if !rev.Active {
		u.urgency = store.UrgencyDeactivate
	}
	return rev, err
}

// next applies the change to what is stored.
func (u *updating) next(current scim.Resource) (change, error) {
	if err := u.request.admits(current); err != nil {
		return change{}, err
	}
	doc, err := u.server.stored(current)
	if err != nil {
		return change{}, err
	}
	next, err := u.apply(current.ID, doc)
	if err == nil && slices.Contains(next.members.Add, current.ID) {
		err = scim.BadRequest(scim.TypeInvalidValue, "members: a group cannot be a member of itself")
	}
	return next, err
}

// urgencyOf is how urgent a change is: groups wait for their members' accounts.
func urgencyOf(r *request, people store.Urgency) store.Urgency {
	if r.kind.Name == scim.TypeGroup {
		return store.UrgencyMembership
	}
	return people
}

// missing gives the store's "not found" its SCIM form. An id of another tenant gets the same.
func (s *Server) missing(r *request, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return scim.NotFound(r.kind.Name, r.id)
	}
	return err
}
