package server

import (
	"net/url"
	"strings"

	"scimrelay/scim"
)

// query is the parameters of a URL by their names in lower case (V-71); of doubled ones the
// first counts, but lists of attributes add up.
type query map[string]string

// maxQuery is how long a URL's query may be.
const maxQuery = 8 << 10

// parseQuery refuses what it cannot read: a parameter that silently fell away could be the
// filter, and the answer then everybody. Keys without a value are fine (Entra's
// aadOptscim062020).
func parseQuery(raw string) (query, error) {
	if len(raw) > maxQuery {
		kind := scim.TypeInvalidValue
		if strings.Contains(raw[:maxQuery], "filter=") { // which is what makes it long
			kind = scim.TypeInvalidFilter
		}
		return nil, scim.BadRequest(kind, "the query is longer than %d bytes", maxQuery)
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
		switch name = strings.ToLower(name); {
		case name == "":
		case !q.has(name):
			q[name] = value
		case strings.HasSuffix(name, "attributes"): // a list that came in pieces
			q[name] += "," + value
		}
	}
	return q, nil
}

func (q query) has(name string) bool {
	_, ok := q[name]
	return ok
}
