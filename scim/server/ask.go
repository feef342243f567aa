package server

import (
	"encoding/json"
	"strconv"
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/cursor"
	"scimrelay/scim/projection"
	"scimrelay/scim/schema"
)

// ask is what a search asks for, in a URL's parameters (RFC 7644 section 3.4.2) or in a
// SearchRequest (section 3.4.3).
type ask struct {
	filter            string
	filtered          bool
	start, size       int
	indexed, counted  bool // startIndex and count were sent
	sortBy, sortOrder string
	cursor            string // empty on the first page
	cursored          bool
}

// asked reads what a URL asks for.
func (s *Server) asked(q query) (a ask, err error) {
	a = ask{filter: q["filter"], filtered: q.has("filter"), sortBy: q["sortby"], sortOrder: q["sortorder"],
		cursor: q["cursor"], cursored: q.has("cursor")}
	if a.start, a.indexed, err = q.number("startIndex"); err != nil {
		return a, err
	}
	if a.size, a.counted, err = q.number("count"); err != nil {
		return a, err
	}
	return a, s.bounded(&a)
}

// bounded brings the numbers into their bounds. RFC 7644 section 3.4.2.4: a start below 1 is 1,
// a negative count is 0, and a count may be answered with less; a cursor's may not (RFC 9865
// section 2.1).
func (s *Server) bounded(a *ask) error {
	if a.cursored && a.indexed {
		return scim.BadRequest(scim.TypeInvalidValue, "startIndex and cursor exclude each other")
	}
	if a.cursored {
		if err := cursor.CheckCount(a.size, s.Limits.Count); err != nil {
			return err
		}
	}
	if !a.counted {
		a.size = s.Limits.Page
	}
	a.start, a.size = max(1, a.start), min(s.Limits.Count, max(0, a.size))
	return nil
}

// searchRequest reads what the body of a POST to .search asks for.
func (s *Server) searchRequest(r *request) (ask, error) {
	limits := s.Limits.JSON
	limits.String = int(s.Limits.Body) // a filter that is too long is refused as a filter
	doc, err := scim.Decode(r.body, limits)
	if err != nil {
		return ask{}, err
	}
	if err := message(doc, scim.MessageSearch, r); err != nil {
		return ask{}, err
	}
	q := query{}
	for _, name := range []string{"filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes"} {
		value, ok := schema.Member(doc, name)
		if !ok || value == nil {
			continue
		}
		text, err := parameter(name, value)
		if err != nil {
			return ask{}, err
		}
		q[strings.ToLower(name)] = text
	}
	r.query = q
	return s.asked(q)
}

// message checks that a body is the message its endpoint takes. One that says nothing of what
// it is is taken at its endpoint's word where the client's profile says so.
func message(doc scim.Document, urn string, r *request) error {
	value, _ := schema.Member(doc, "schemas")
	if value == nil && r.dialect.Profile.MissingSchemas {
		r.notes = append(r.notes, schema.RuleMissingSchemas+":schemas")
		return nil
	}
	list, _ := value.([]any)
	for _, v := range list {
		if text, ok := v.(string); ok && scim.EqualName(text, urn) {
			return nil
		}
	}
	return scim.BadRequest(scim.TypeInvalidSyntax, "schemas must contain %s", urn)
}

// parameter is a member of a SearchRequest as the URL would have it.
func parameter(name string, value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		if name == "startIndex" || name == "count" {
			return v.String(), nil
		}
	case []any:
		if !strings.HasSuffix(strings.ToLower(name), "attributes") {
			break
		}
		names := make([]string, 0, len(v))
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return "", scim.BadRequest(scim.TypeInvalidValue, "%s must be an array of attribute names", name)
			}
			names = append(names, text)
		}
		return strings.Join(names, ","), nil
	}
	return "", scim.BadRequest(scim.TypeInvalidValue, "%s has a value of the wrong type", name)
}

// projection reads which attributes the answer is to hold.
func (r *request) projection(kind *schema.ResourceType) (projection.Projection, error) {
	p, err := projection.Parse(kind, asksStatus(projection.Split(r.query["attributes"])), projection.Split(r.query["excludedattributes"]))
	for _, name := range p.Unknown() {
		r.notes = append(r.notes, "unknown-projection:"+name)
	}
	return p, err
}

// number reads an integer parameter and whether it was sent; an empty one was not.
func (q query) number(name string) (n int, sent bool, err error) {
	text := q[strings.ToLower(name)]
	if text == "" {
		return 0, false, nil
	}
	n, err = strconv.Atoi(text)
	if err != nil {
		return 0, false, scim.BadRequest(scim.TypeInvalidValue, "%s must be an integer", name)
	}
	return n, true, nil
}
