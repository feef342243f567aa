package server

import (
	"errors"
	"net/http"

	"scimrelay/scim"
	"scimrelay/scim/patch"
	"scimrelay/scim/schema"
	"scimrelay/store"
)

func (s *Server) create(r *request) (reply, error) {
	doc, err := s.normalized(r)
	if err != nil {
		return reply{}, err
	}
	rev, err := s.revision(doc)
	if err != nil {
		return reply{}, err
	}
	id, err := s.NewID()
	if err != nil {
		return reply{}, err
	}
	w := s.write(r)
	made, err := s.Directory.Create(r, w, r.kind.Name, id, rev)
	if err != nil {
		return reply{}, err
	}
	s.Bell.Ring(w.Tenant, w.Targets, store.UrgencyCreate)
	return s.whole(r, http.StatusCreated, made), nil
}

func (s *Server) get(r *request) (reply, error) {
	found, err := s.Directory.Get(r, r.principal.Tenant.ID, r.kind.Name, r.id)
	if err != nil {
		return reply{}, s.missing(r, err)
	}
	return s.whole(r, http.StatusOK, found), nil
}

// replace is PUT: what is not sent is cleared, except active, whose absence must not bring a
// leaver back.
func (s *Server) replace(r *request) (reply, error) {
	doc, err := s.normalized(r)
	if err != nil {
		return reply{}, err
	}
	return s.update(r, func(current scim.Document) (scim.Document, bool, error) {
		next := doc
		if _, sent := doc["active"]; !sent {
			if active, ok := current["active"]; ok {
				next = withActive(doc, active)
			}
		}
		return next, true, nil
	})
}

func withActive(doc scim.Document, active any) scim.Document {
	copied := make(scim.Document, len(doc)+1)
	for name, value := range doc {
		copied[name] = value
	}
	copied["active"] = active
	return copied
}

func (s *Server) patch(r *request) (reply, error) {
	body, err := scim.Decode(r.body, s.Limits.JSON)
	if err != nil {
		return reply{}, err
	}
	return s.update(r, func(current scim.Document) (scim.Document, bool, error) {
		result, err := patch.Apply(r.kind, patch.Current{ID: r.id, Document: current}, body, patch.Rules{})
		r.notes = result.Leniencies
		return result.Document, result.Changed, err
	})
}

// update changes a resource by a function that may run again when another writer was faster.
// A change that changes nothing raises no version (R-64, E-44).
func (s *Server) update(r *request, change func(scim.Document) (scim.Document, bool, error)) (reply, error) {
	w := s.write(r)
	var urgency store.Urgency
	var before int64
	now, err := s.Directory.Update(r, w, r.kind.Name, r.id, func(current scim.Resource) (store.Revision, error) {
		before = current.Version
		doc, err := scim.Decode(current.Body, s.Limits.JSON.Stored())
		if err != nil {
			return store.Revision{}, &scim.Error{Status: http.StatusInternalServerError, Detail: "internal error", Err: err}
		}
		next, changed, err := change(doc)
		if err != nil {
			return store.Revision{}, err
		}
		rev, err := s.revision(next)
		if err == nil && (!changed || string(rev.Body) == string(current.Body)) {
			err = store.ErrUnchanged
		}
		urgency = store.UrgencyUpdate
		if !rev.Active {
			urgency = store.UrgencyDeactivate
		}
		return rev, err
	})
	if err != nil {
		return reply{}, s.missing(r, err)
	}
	if now.Version != before {
		s.Bell.Ring(w.Tenant, w.Targets, urgency)
	}
	return s.whole(r, http.StatusOK, now), nil
}

func (s *Server) delete(r *request) (reply, error) {
	w := s.write(r)
	if err := s.Directory.Delete(r, w, r.kind.Name, r.id, nil); err != nil {
		return reply{}, s.missing(r, err)
	}
	s.Bell.Ring(w.Tenant, w.Targets, store.UrgencyDelete)
	return reply{status: http.StatusNoContent}, nil
}

// missing gives the store's "not found" its SCIM form. An id of another tenant gets the same.
func (s *Server) missing(r *request, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return scim.NotFound(r.kind.Name, r.id)
	}
	return err
}

// normalized decodes and validates a whole resource.
func (s *Server) normalized(r *request) (scim.Document, error) {
	body, err := scim.Decode(r.body, s.Limits.JSON)
	if err != nil {
		return nil, err
	}
	n, err := r.kind.Normalize(body, schema.Rules{})
	r.notes = n.Leniencies
	return n.Document, err
}

// write says on whose behalf the request changes a resource.
func (s *Server) write(r *request) store.Write {
	tenant := r.principal.Tenant
	targets := make([]string, len(tenant.Targets))
	for i, t := range tenant.Targets {
		targets[i] = t.ID
	}
	return store.Write{Tenant: tenant.ID, Targets: targets, Actor: r.principal.Actor(), Trace: traceparent(r)}
}
