package sim

import (
	"net/http"
	"slices"

	"scimrelay/scim"
	"scimrelay/scim/patch"
)

func (s *Sim) replace(kind string) handler {
	return func(c *customer, r *http.Request) (answer, error) {
		found, err := s.find(c, kind, r)
		switch {
		case err != nil:
			return answer{}, err
		case s.knobs.NoPut:
			return answer{}, &scim.Error{Status: http.StatusMethodNotAllowed, Detail: "There is no PUT."}
		case kind == scim.TypeGroup && s.knobs.RefuseReplace:
			return answer{}, scim.BadRequest(scim.TypeMutability, "All members cannot be replaced at once.")
		case r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != found.etag():
			return answer{}, &scim.Error{Status: http.StatusPreconditionFailed, Detail: "The resource has changed."}
		}
		sent, err := s.accept(kind, r)
		if err != nil {
			return answer{}, err
		}
		doc, err := s.of(kind).Replace(found.doc, sent.Document)
		if err != nil {
			return answer{}, err
		}
		sent.Members.Clear = true
		if err := s.change(c, found, doc, sent.Members); err != nil {
			return answer{}, err
		}
		return s.one(found, http.StatusOK), nil
	}
}

func (s *Sim) patch(kind string) handler {
	return func(c *customer, r *http.Request) (answer, error) {
		found, err := s.find(c, kind, r)
		if err != nil {
			return answer{}, err
		}
		if s.knobs.NoPatch || s.knobs.PutOnly {
			return answer{}, &scim.Error{Status: http.StatusNotImplemented, Detail: "There is no PATCH."}
		}
		message, err := body(r)
		if err != nil {
			return answer{}, err
		}
		result, err := s.apply(found, message)
		if err != nil {
			return answer{}, err
		}
		if err := s.change(c, found, result.Document, result.Members); err != nil {
			return answer{}, err
		}
		a := s.one(found, http.StatusOK)
		if s.knobs.NoContentOnPatch {
			a.body = nil
		}
		return a, nil
	}
}

// apply holds a message to what the server takes, and applies it.
func (s *Sim) apply(r *resource, message scim.Document) (patch.Result, error) {
	if err := s.lacks(message); err != nil {
		return patch.Result{}, err
	}
	rules := patch.Rules{Refused: s.refused(), NoPathless: s.knobs.StrictPatch, NoListedRemove: !s.knobs.EntraDialect}
	if !s.knobs.EntraDialect {
		rules.Create = patch.CreateNever
	}
	members := func() ([]scim.Member, error) {
		list := make([]scim.Member, len(r.members))
		for i, id := range r.members {
			list[i] = scim.Member{Value: id}
		}
		return list, nil
	}
	result, err := patch.Apply(s.of(r.kind), patch.Current{ID: r.id, Document: r.doc, Members: members}, message, rules)
	if err == nil && result.MembersNamed {
		err = s.allowed(r, result.Members)
	}
	return result, err
}

// allowed holds a change of members to the server's limits.
func (s *Sim) allowed(r *resource, edit scim.MemberEdit) error {
	in := func(id string) bool { return slices.Contains(r.members, id) }
	switch most := s.knobs.MaxMembers; {
	case most > 0 && len(edit.Add)+len(edit.Remove) > most:
		return scim.BadRequest(scim.TypeTooMany, "At most %d members at once.", most)
	case s.knobs.RefuseReplace && edit.Clear:
		return scim.BadRequest(scim.TypeMutability, "All members cannot be replaced at once.")
	case s.knobs.StrictMembers && slices.ContainsFunc(edit.Add, in):
		return scim.Conflict("members")
	case s.knobs.StrictMembers && slices.ContainsFunc(edit.Remove, func(id string) bool { return !in(id) }):
		return scim.BadRequest(scim.TypeNoTarget, "Somebody is no member.")
	}
	return nil
}
