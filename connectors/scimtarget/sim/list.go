package sim

import (
	"net/http"
	"strconv"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/filter"
)

func (s *Sim) list(kind string) handler {
	return func(c *customer, r *http.Request) (answer, error) {
		if kind == scim.TypeGroup && s.knobs.NoGroups {
			return answer{}, &scim.Error{Status: http.StatusNotFound, Detail: "There are no groups."}
		}
		matches, ids, err := s.filter(c, kind, r)
		if err != nil {
			return answer{}, err
		}
		rows, at := []any{}, s.now().Add(-time.Duration(s.knobs.SearchLag))
		for _, id := range ids {
			res := c.all(kind)[id]
			if res == nil {
				continue
			}
			if doc, there := res.past.Seen(res.created, at, res.doc); there && matches(res, doc) {
				rows = append(rows, s.chosen(s.shown(res, doc), r))
			}
		}
		if len(rows) == 0 && s.knobs.EmptyIs404 && r.URL.Query().Has("filter") {
			return answer{}, &scim.Error{Status: http.StatusNotFound, Detail: "Nobody was found."}
		}
		return s.paged(rows, r)
	}
}

// filter reads the query's filter: what matches, and who has to be looked at.
func (s *Sim) filter(c *customer, kind string, r *http.Request) (func(*resource, scim.Document) bool, []string, error) {
	text := r.URL.Query().Get("filter")
	everybody := func(*resource, scim.Document) bool { return true }
	if text == "" || s.knobs.IgnoreFilter {
		return everybody, c.order, nil
	}
	compiled, err := filter.Compile(s.of(kind), text, filter.Rules{})
	if err != nil {
		return nil, nil, err
	}
	unknown := scim.BadRequest(scim.TypeInvalidFilter, "The filter is not supported.")
	if s.knobs.NoFilter || len(compiled.Unknown()) > 0 {
		return nil, nil, unknown
	}
	ids := c.order
	for _, equality := range compiled.Equalities() {
		switch {
		case equality.Attribute == filter.ExternalID && s.knobs.NoExternalIDFilter:
			return nil, nil, unknown
		case equality.Attribute == filter.UserName && s.knobs.SearchLag == 0 && !s.knobs.CaseSensitive:
			ids = []string{c.byName[equality.Value]}
		}
	}
	exact := s.exact(text)
	return func(res *resource, doc scim.Document) bool {
		if exact != "" && res.name() != exact {
			return false
		}
		return compiled.Match(filter.SubjectOf(scim.Resource{Type: kind, ID: res.id}, doc))
	}, ids, nil
}

// exact is the userName the filter asks for, where letter case matters.
func (s *Sim) exact(text string) string {
	expression, err := filter.Parse(text)
	comparison, ok := expression.(filter.Comparison)
	if err != nil || !ok || !s.knobs.CaseSensitive || !scim.EqualName(comparison.Attribute, "userName") {
		return ""
	}
	return comparison.Value.Text
}

// paged cuts a page out of the rows, by index or by cursor.
func (s *Sim) paged(rows []any, r *http.Request) (answer, error) {
	query := r.URL.Query()
	start, err := strconv.Atoi("0" + query.Get("startIndex"))
	if s.knobs.Cursors && query.Get("cursor") != "" {
		start, err = strconv.Atoi(query.Get("cursor"))
	}
	size := s.knobs.MaxResults
	if asked, wrong := strconv.Atoi(query.Get("count")); wrong == nil && asked >= 0 {
		size = min(size, asked)
	}
	if err != nil {
		return answer{}, scim.BadRequest(scim.TypeInvalidValue, "startIndex is no number.")
	}
	if start = max(start, 1); s.knobs.SamePage {
		start = 1
	}
	from := min(start-1, len(rows))
	to := min(from+size, len(rows))
	list := map[string]any{"schemas": []string{scim.MessageList}, "totalResults": len(rows), "itemsPerPage": to - from,
		"startIndex": start, "Resources": rows[from:to]}
	if s.knobs.Cursors {
		delete(list, "startIndex")
		if to < len(rows) {
			list["nextCursor"] = strconv.Itoa(to + 1)
		}
	}
	return answer{status: http.StatusOK, body: list}, nil
}
