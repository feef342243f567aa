package server

import (
	"net/url"
	"strconv"
	"strings"

	"scimrelay/scim"
)

// query is the parameters of a URL by their names in lower case (V-71); of doubled ones the
// first counts.
type query map[string]string

// parseQuery refuses what it cannot read: a parameter that silently fell away could be the
// filter, and the answer then everybody. Keys without a value are fine (Entra's
// aadOptscim062020).
func parseQuery(raw string) (query, error) {
	if len(raw) > 8<<10 {
		return nil, scim.BadRequest(scim.TypeInvalidValue, "the query is longer than 8192 bytes")
	}
	q := query{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, scim.BadRequest(scim.TypeInvalidValue, "the query has a broken percent encoding")
		}
		if name = strings.ToLower(name); name != "" && !q.has(name) {
			q[name] = value
		}
	}
	return q, nil
}

func (q query) has(name string) bool {
	_, ok := q[name]
	return ok
}

// number reads an integer parameter; def is for an absent or empty one.
func (q query) number(name string, def int) (int, error) {
	text := q[strings.ToLower(name)]
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, scim.BadRequest(scim.TypeInvalidValue, "%s must be an integer", name)
	}
	return n, nil
}

// window is the part of a result that was asked for. RFC 7644 section 3.4.2.4: a start below 1
// is 1, a negative count is 0.
type window struct{ start, count int }

func (s *Server) window(q query) (window, error) {
	start, err := q.number("startIndex", 1)
	if err != nil {
		return window{}, err
	}
	count, err := q.number("count", s.Limits.Page)
	if err != nil {
		return window{}, err
	}
	return window{start: max(1, start), count: min(s.Limits.Count, max(0, count))}, nil
}

// has reports whether the n-th match, counted from 1, is in the window.
func (w window) has(n int) bool { return n >= w.start && n < w.start+w.count }
