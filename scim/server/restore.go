package server

import (
	"errors"
	"net/http"

	"scimrelay/scim"
	"scimrelay/scim/profile"
	"scimrelay/scim/schema"
	"scimrelay/store"
)

// restore is what becomes of a creation whose name is taken: somebody who left and is created
// anew comes back under the same id where the client's profile says so (O-07); everybody else
// is a conflict.
func (s *Server) restore(r *request, n schema.Normalized, rev store.Revision) (reply, error) {
	if r.dialect.Profile.Restore == profile.RestoreOff || r.operation != nil {
		return reply{}, s.conflict(r, rev.Keys)
	}
	list, err := s.Finder.Find(r, r.principal.Tenant.ID, r.kind.Name, store.ByName, rev.Keys.Name)
	if err != nil {
		return reply{}, err
	}
	if len(list) == 0 {
		return reply{}, errFree
	}
	back := *r
	back.id = list[0].ID
	now, _, err := s.update(&back, func(_ string, current scim.Document) (change, error) {
		if !returns(r.dialect.Profile.Restore, current, n.Document) {
			return change{}, s.conflict(r, rev.Keys)
		}
		next, err := r.kind.Replace(current, active(n.Document))
		return change{document: next}, err
	})
	if scim.IsNotFound(err) {
		return reply{}, errFree
	}
	if err != nil {
		return reply{}, err
	}
	return s.whole(&back, http.StatusCreated, now)
}

// errFree says that whoever had the name was deleted meanwhile.
var errFree = errors.New("the name is free now")

// returns reports whether the one who is there is the one who is created.
func returns(rule profile.Restore, current, sent scim.Document) bool {
	if current["active"] != false {
		return false
	}
	external, _ := sent["externalId"].(string)
	return rule == profile.RestoreInactive || external != "" && current["externalId"] == external
}

// active is the document, active unless it says otherwise: whoever creates somebody and says
// nothing of it means so.
func active(doc scim.Document) scim.Document {
	if _, said := doc["active"]; said {
		return doc
	}
	back := make(scim.Document, len(doc)+1)
	for name, value := range doc {
		back[name] = value
	}
	back["active"] = true
	return back
}

// conflict says which of the values that must be unique somebody else has.
func (s *Server) conflict(r *request, keys store.Keys) error {
	name := "userName"
	if r.kind.Name == scim.TypeGroup {
		name = "displayName"
	}
	if keys.Match == "" {
		return scim.Conflict(name)
	}
	holders, err := s.Finder.Find(r, r.principal.Tenant.ID, r.kind.Name, store.ByName, keys.Name)
	if err == nil && (len(holders) == 0 || len(holders) == 1 && holders[0].ID == r.id) {
		name = "externalId"
	}
	return scim.Conflict(name)
}
