package scimtarget

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// pageSize is what is asked for where the server does not say less.
const pageSize = 100

// listing is a list under way. The place it has got to is "i:", the index of the next resource, a
// colon and the id the last page began with, or "c:" and the server's cursor (RFC 9865).
type listing struct {
	endpoint string
	server   *server
	filter   string
	without  string // an attribute to leave out
	at       string
	hidden   []string
}

// page is one page of a list.
type page struct {
	rows    []scim.Document
	total   int
	next    string // empty on the last page
	refused bool   // the filter, with an error beside it
}

func (c *connector) page(ctx context.Context, list listing) (page, error) {
	query, start, first, err := list.query()
	if err != nil {
		return page{}, err
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: list.endpoint, Query: query, Private: list.hidden})
	if connectors.Is(err, connectors.NotFound) {
		return page{}, nil // of a list with a filter: there is nobody
	}
	if err != nil {
		return page{refused: refusesFilter(answer)}, err
	}
	doc, err := documentIn(answer)
	if err != nil {
		return page{}, err
	}
	return list.read(doc, start, first)
}

// refusesFilter says whether an answer is about the filter, and not about the one who is sought.
func refusesFilter(answer rest.Answer) bool {
	said := errorIn(answer)
	return said.scim && (said.kind == scim.TypeInvalidFilter || said.kind == "" && answer.Status == http.StatusBadRequest ||
		answer.Status == http.StatusNotImplemented)
}

// query asks for the page. The first page of a filtered list is short, and asked for as Entra
// does, without count.
func (l listing) query() (query url.Values, start int, first string, err error) {
	query, start = url.Values{}, 1
	if l.filter != "" {
		query.Set("filter", l.filter)
	}
	if l.without != "" {
		query.Set("excludedAttributes", l.without)
	}
	how, rest, _ := strings.Cut(l.at, ":")
	switch {
	case how == "c":
		query.Set("cursor", rest)
	case how == "i":
		index, id, _ := strings.Cut(rest, ":")
		if start, err = strconv.Atoi(index); err != nil || start < 1 {
			return nil, 0, "", connectors.Faultf(connectors.Internal, "the cursor is none of this list")
		}
		first = id
		query.Set("startIndex", index)
	case l.at != "":
		return nil, 0, "", connectors.Faultf(connectors.Internal, "the cursor is none of this list")
	case l.filter != "":
		return query, start, "", nil
	case l.server.cursors:
		query.Set("cursor", "")
	default:
		query.Set("startIndex", "1")
	}
	size := pageSize
	if most := l.server.maxResults; most > 0 {
		size = min(size, most)
	}
	query.Set("count", strconv.Itoa(size))
	return query, start, first, nil
}

// read reads a ListResponse. Servers cap count as they like, so the next page begins behind what
// came, and the list ends where the total does.
func (l listing) read(doc scim.Document, start int, first string) (page, error) {
	total, rows := get(doc, "totalResults"), resources(doc)
	listed := slices.ContainsFunc(listOf(get(doc, "schemas")), func(s any) bool { return scim.EqualName(connectors.TextOf(s), scim.MessageList) })
	if total == nil && !listed {
		return page{}, connectors.Faultf(connectors.Nonsense, "the answer is no list of SCIM resources")
	}
	p := page{rows: rows, total: count(total)}
	if cursor := connectors.TextOf(get(doc, "nextCursor")); cursor != "" {
		p.next = "c:" + cursor
		return p, nil
	}
	if len(rows) == 0 {
		if start == 1 && p.total > 0 && !strings.HasPrefix(l.at, "c:") {
			return page{}, connectors.Faultf(connectors.Nonsense, "the server counts resources and lists none")
		}
		return p, nil
	}
	id := connectors.TextOf(get(rows[0], "id"))
	switch {
	case id == "":
		return page{}, connectors.Faultf(connectors.Nonsense, "the server listed resources without an id")
	case id == first:
		return page{}, connectors.Faultf(connectors.Nonsense, "the server shows the same page again instead of the next")
	case strings.HasPrefix(l.at, "c:") || l.at == "" && l.server.cursors && l.filter == "":
		return p, nil // no further cursor: the last page
	case start+len(rows) <= p.total, total == nil && l.filter == "": // without a total, up to an empty page
		p.next = "i:" + strconv.Itoa(start+len(rows)) + ":" + id
	}
	return p, nil
}

// resources are the elements of a ListResponse.
func resources(doc scim.Document) (rows []scim.Document) {
	for _, item := range listOf(get(doc, "Resources")) {
		if row, ok := item.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// List implements connectors.Lister. A user may come twice when others are made meanwhile.
func (c *connector) List(ctx context.Context, cursor string) (connectors.Page, error) {
	server, err := c.known(ctx)
	if err != nil {
		return connectors.Page{}, err
	}
	page, err := c.page(ctx, listing{endpoint: server.users, server: server, at: cursor})
	if err != nil {
		return connectors.Page{}, err
	}
	listed := connectors.Page{Next: page.next}
	for _, doc := range page.rows {
		listed.Accounts = append(listed.Accounts, c.remote(doc, scim.TypeUser))
	}
	return listed, nil
}
