package server

import (
	"io"
	"net/http"
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/cursor"
	"scimrelay/scim/filter"
	"scimrelay/scim/order"
	"scimrelay/scim/projection"
	"scimrelay/scim/schema"
)

// list answers a GET on a type's endpoint.
func (s *Server) list(r *request) (reply, error) {
	a, err := s.asked(r.query)
	if err != nil {
		return reply{}, err
	}
	return s.search(r, a, r.kind)
}

// searchType answers a POST to a type's .search.
func (s *Server) searchType(r *request) (reply, error) {
	a, err := s.searchRequest(r)
	if err == nil {
		r.shown, err = r.projection(r.kind)
	}
	if err != nil {
		return reply{}, err
	}
	return s.search(r, a, r.kind)
}

// searchAll answers a POST to the root's .search: resources of every type (RFC 7644 section 3.4.3).
func (s *Server) searchAll(r *request) (reply, error) {
	a, err := s.searchRequest(r)
	if err != nil {
		return reply{}, err
	}
	return s.search(r, a, r.dialect.Schemas.Types()...)
}

// hunt is one search under way.
type hunt struct {
	*Server
	request *request
	ask
	tenant   string
	kinds    []sought
	walk     walk
	examined int // resources that were looked at
}

// sought is what a search wants of one type.
type sought struct {
	kind   *schema.ResourceType
	shown  projection.Projection
	filter *filter.Filter // nil is everything
	order  order.Order    // the zero Order is that of ids
}

// found is a page of what a search found.
type found struct {
	list  []scim.Resource
	keys  [][]byte // what each was sorted by, nil in the order of ids
	total int      // -1 when it was not counted
	more  bool     // there is something behind the page
}

// search finds, pages and shows.
func (s *Server) search(r *request, a ask, kinds ...*schema.ResourceType) (reply, error) {
	h := &hunt{Server: s, request: r, ask: a, tenant: r.principal.Tenant.ID}
	if err := h.prepare(kinds); err != nil {
		return reply{}, err
	}
	from, err := h.from()
	if err != nil {
		return reply{}, err
	}
	var f found
	switch {
	case len(h.kinds) == 0: // attributes that no type has: never the unfiltered list (R-32, B-12)
	case h.sortBy != "":
		f, err = h.inOrder(from)
	case h.filtered:
		f, err = h.matching(from)
	default:
		f, err = h.everything(from)
	}
	if err != nil {
		return reply{}, h.tooBroad(err)
	}
	return h.answer(f)
}

// prepare compiles filter, order and projection for each type. What only another type has is
// absent from a type (RFC 7644 section 3.4.2.1); what none has matches nothing.
func (h *hunt) prepare(kinds []*schema.ResourceType) error {
	filters := make([]*filter.Filter, len(kinds))
	if h.filtered {
		var err error
		if filters, err = filter.CompileAll(kinds, h.filter, h.request.dialect.Filter); err != nil {
			return err
		}
	}
	for i, kind := range kinds {
		w := sought{kind: kind, filter: filters[i]}
		var err error
		if w.shown, err = h.request.projection(kind); err != nil {
			return err
		}
		if h.sortBy != "" {
			if err = h.sortedBy(&w); err != nil {
				return err
			}
		}
		if w.filter != nil {
			h.request.notes = append(h.request.notes, w.filter.Leniencies()...)
		}
		if w.filter == nil || len(w.filter.Unknown()) == 0 {
			h.kinds = append(h.kinds, w)
		}
	}
	h.walk = cursor.Binding(h.tenant, h.request.principal.KeyID, strings.ToLower(h.request.http.URL.Path),
		h.filter, h.sortBy, strings.ToLower(h.sortOrder), h.request.query["attributes"], h.request.query["excludedattributes"])
	return nil
}

// answer shows what was found.
func (h *hunt) answer(f found) (reply, error) {
	l := listing{total: f.total, start: h.start, items: len(f.list)}
	if h.cursored {
		l.start = 0
		if f.more && len(f.list) > 0 {
			var err error
			if l.next, err = h.seal(f); err != nil {
				return reply{}, err
			}
		}
	} else if len(f.list) > 0 {
		h.trail.ended(h.walk, h.start+len(f.list), h.size, f.end(), h.Now())
	}
	pictures, views, err := h.pictures(f.list)
	if err != nil {
		return reply{}, err
	}
	if h.streams(views) {
		return reply{status: http.StatusOK, stream: func(w io.Writer) error { return h.send(w, l, pictures, views) }}, nil
	}
	rendered := make([][]byte, len(pictures))
	for i, p := range pictures {
		rendered[i] = append(p.head, '}')
	}
	return reply{status: http.StatusOK, body: page(l, rendered)}, nil
}

// end is the place of the last resource of the page.
func (f found) end() place {
	last := f.list[len(f.list)-1]
	at := place{kind: last.Type, id: last.ID}
	if f.keys != nil {
		at.key = f.keys[len(f.keys)-1]
	}
	return at
}

// pictures renders the resources, those of one type together.
func (h *hunt) pictures(list []scim.Resource) ([]picture, map[string]*view, error) {
	views := make(map[string]*view, len(h.kinds))
	rendered := make(map[string]picture, len(list))
	for _, w := range h.kinds {
		var own []scim.Resource
		for _, res := range list {
			if res.Type == w.kind.Name {
				own = append(own, res)
			}
		}
		if len(own) == 0 {
			continue
		}
		v := h.view(h.request, w.kind, w.shown)
		views[w.kind.Name] = v
		pictures, err := v.pictures(h.request, own)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range pictures {
			rendered[p.res.ID] = p
		}
	}
	all := make([]picture, len(list))
	for i, res := range list {
		all[i] = rendered[res.ID]
	}
	return all, views, nil
}

func (h *hunt) streams(views map[string]*view) bool {
	for _, v := range views {
		if v.members.any() {
			return true
		}
	}
	return false
}

// send writes a page on which groups show their members.
func (h *hunt) send(w io.Writer, l listing, pictures []picture, views map[string]*view) error {
	if _, err := w.Write(l.open()); err != nil {
		return err
	}
	for i, p := range pictures {
		if i > 0 {
			if _, err := io.WriteString(w, ","); err != nil {
				return err
			}
		}
		if err := h.sendOne(w, p, views[p.res.Type]); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, `]}`)
	return err
}

func (h *hunt) sendOne(w io.Writer, p picture, v *view) error {
	if !v.members.any() {
		_, err := w.Write(append(p.head, '}'))
		return err
	}
	first, err := h.Groups.Members(h.request, h.tenant, p.res.ID, "", memberStep)
	if err != nil {
		return err
	}
	return v.send(h.request, w, p, first)
}
