package server

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/store"
)

// list answers a query: all resources of a type, or those that match a filter.
func (s *Server) list(r *request) (reply, error) {
	q, err := parseQuery(r.http.URL.RawQuery)
	if err != nil {
		return reply{}, err
	}
	w, err := s.window(q)
	if err != nil {
		return reply{}, err
	}
	var found []scim.Resource
	var total int
	if q.has("filter") {
		found, total, err = s.filtered(r, q["filter"], w)
	} else {
		found, total, err = s.Finder.List(r, r.principal.Tenant.ID, r.kind.Name, w.start-1, w.count)
	}
	if err != nil {
		return reply{}, err
	}
	rendered := make([][]byte, len(found))
	for i, res := range found {
		rendered[i] = render(res, r.base+r.kind.Endpoint+"/"+res.ID)
	}
	return reply{status: http.StatusOK, body: page(total, w.start, rendered)}, nil
}

// filtered returns the matches in the window and how many there are in all.
func (s *Server) filtered(r *request, text string, w window) ([]scim.Resource, int, error) {
	f, err := filter.Compile(r.kind, text, filter.Rules{})
	if err != nil {
		return nil, 0, err
	}
	r.notes = append(r.notes, f.Leniencies()...)
	if len(f.Unknown()) > 0 { // never the unfiltered list (R-32, B-12)
		return nil, 0, nil
	}
	m := &matches{server: s, filter: f, window: w}
	if field, value, ok := indexed(f.Equalities()); ok {
		found, err := s.candidates(r, field, value)
		if err != nil {
			return nil, 0, err
		}
		if len(found) < scanStep { // with more, the index has not told them all
			err = m.add(found)
			return m.found, m.total, err
		}
	}
	return s.scan(r, r.principal.Tenant.ID, r.kind.Name, m)
}

// candidates are those that the index knows under the value, in the order of their ids.
func (s *Server) candidates(r *request, field store.Field, value string) ([]scim.Resource, error) {
	found, err := s.Finder.Find(r, r.principal.Tenant.ID, r.kind.Name, field, value)
	if err != nil || field != store.ByWorkMail {
		return found, err
	}
	others, err := s.Finder.Find(r, r.principal.Tenant.ID, r.kind.Name, field, severalMails)
	found = append(found, others...)
	slices.SortFunc(found, func(a, b scim.Resource) int { return strings.Compare(a.ID, b.ID) })
	return found, err
}

// indexed chooses the equality that leaves the fewest candidates.
func indexed(equalities []filter.Equality) (store.Field, string, bool) {
	for _, choice := range []struct {
		attribute string
		field     store.Field
	}{
		{filter.ID, store.ByID}, {filter.UserName, store.ByName},
		{filter.ExternalID, store.ByExternalID}, {filter.WorkMail, store.ByWorkMail},
	} {
		for _, e := range equalities {
			if e.Attribute == choice.attribute && e.Value != "" {
				return choice.field, e.Value, true
			}
		}
	}
	return "", "", false
}

// scanStep is how many resources a scan reads at once; the request's time bounds the whole.
const scanStep = 500

func (s *Server) scan(ctx context.Context, tenant, kind string, m *matches) ([]scim.Resource, int, error) {
	after := ""
	for {
		batch, err := s.Finder.After(ctx, tenant, kind, after, scanStep)
		if err != nil {
			return nil, 0, err
		}
		if err := m.add(batch); err != nil {
			return nil, 0, err
		}
		if len(batch) < scanStep {
			return m.found, m.total, nil
		}
		after = batch[len(batch)-1].ID
	}
}

// matches gathers the window of what matches, and counts the rest.
type matches struct {
	server *Server
	filter *filter.Filter
	window window
	found  []scim.Resource
	total  int
}

func (m *matches) add(candidates []scim.Resource) error {
	for _, res := range candidates {
		doc, err := scim.Decode(res.Body, m.server.Limits.JSON.Stored())
		if err != nil {
			return &scim.Error{Status: http.StatusInternalServerError, Detail: "internal error", Err: err}
		}
		if !m.filter.Match(filter.SubjectOf(res, doc)) {
			continue
		}
		m.total++
		if m.window.has(m.total) {
			m.found = append(m.found, res)
		}
	}
	return nil
}
