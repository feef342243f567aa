package steeple

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// pageSize is the largest page there is. ASSUMED.
const pageSize = 100

// Find implements connectors.Connector. Where people log in with the personnel number it is
// looked for as well: they may have changed their e-mail address themselves.
func (c *connector) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	hidden := connectors.Private(connectors.Remote{}, want)
	if want.VendorID != "" {
		return c.byID(ctx, want.VendorID, hidden)
	}
	if want.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "there is no e-mail to look for")
	}
	have, err := c.lookUp(ctx, "email", want.Key, hidden)
	number, _ := want.Fields["registration_number"].(string)
	if connectors.Is(err, connectors.NotFound) && c.settings.Defaults.AccessMethod == byNumber && number != "" {
		return c.lookUp(ctx, "registration_number", number, hidden)
	}
	return have, err
}

// byID reads one person. Whoever was removed from the organisation is not found.
func (c *connector) byID(ctx context.Context, id string, hidden []string) (connectors.Remote, error) {
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: userPath,
		Params: map[string]string{"id": id}, Private: hidden})
	if err != nil {
		return connectors.Remote{}, err
	}
	row, err := rowIn(answer)
	if err != nil {
		return connectors.Remote{}, err
	}
	have := c.remote(row)
	if !strings.EqualFold(have.ID, id) {
		return connectors.Remote{}, connectors.Faultf(connectors.Nonsense, "Steeple answered with another person than asked for")
	}
	return have, nil
}

// lookUp lists the people whose field has the text, letter case aside. The vendor's filter is
// not trusted to be exact, nor to be there at all.
func (c *connector) lookUp(ctx context.Context, field, text string, hidden []string) (connectors.Remote, error) {
	found, at, pages := map[string]connectors.Remote{}, place{page: 1}, connectors.Pages{}
	for more := true; more; {
		if err := pages.Turn(); err != nil {
			return connectors.Remote{}, err
		}
		var rows []map[string]any
		var err error
		if rows, at, more, err = c.page(ctx, url.Values{field: {text}}, at, hidden); err != nil {
			return connectors.Remote{}, err
		}
		for _, row := range rows {
			if connectors.SameText(row[field], text) {
				have := c.remote(row)
				found[have.ID] = have // somebody may come twice while others are made
			}
		}
	}
	for _, have := range found {
		if len(found) == 1 {
			return have, nil
		}
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous, "Steeple has %d people with this %s", len(found), field)
	}
	return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "Steeple has nobody with this %s", field)
}

// place is where a list has got to: the page to read, and what the last one was told of it.
type place struct {
	page, total int
	first       string
}

// page reads one page of people, and says where to go on and whether to.
func (c *connector) page(ctx context.Context, filter url.Values, at place, hidden []string) ([]map[string]any, place, bool, error) {
	query := url.Values{"page": {strconv.Itoa(at.page)}, "per_page": {strconv.Itoa(pageSize)}}
	for name, values := range filter {
		query[name] = values
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: usersPath, Query: query, Private: hidden})
	if err != nil {
		return nil, at, false, err
	}
	rows, p, err := rowsIn(answer)
	if err != nil {
		return nil, at, false, err
	}
	for _, row := range rows {
		if id, _ := row["id"].(string); id == "" {
			return nil, at, false, connectors.Faultf(connectors.Nonsense, "Steeple listed people without an id")
		}
	}
	if at.page == 1 && len(rows) == 0 && p.Total > 0 {
		return nil, at, false, connectors.Faultf(connectors.Nonsense, "Steeple counts people and lists none")
	}
	next, more := at.after(rows, p)
	return rows, next, more, nil
}

// after is where to go on behind a page. When somebody was removed meanwhile, everybody behind
// has moved up, and the page before is read again for whoever moved there.
func (at place) after(rows []map[string]any, p pagination) (next place, more bool) {
	if len(rows) == 0 {
		return at, false
	}
	first, _ := rows[0]["id"].(string)
	if at.page > 1 && first == at.first {
		return at, false // the same page again: there are no others
	}
	if at.page > 1 && p.Total > 0 && p.Total < at.total {
		return place{at.page - 1, p.Total, ""}, true
	}
	size := p.PerPage
	if size <= 0 {
		size = pageSize
	}
	more = at.page*size < p.Total
	if p.Total <= 0 {
		more = len(rows) >= size
	}
	return place{at.page + 1, p.Total, first}, more
}

// List implements connectors.Lister. Somebody may come twice when others are made or removed
// while the list is read.
func (c *connector) List(ctx context.Context, cursor string) (connectors.Page, error) {
	at, err := parsePlace(cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	rows, next, more, err := c.page(ctx, nil, at, nil)
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	for _, row := range rows {
		page.Accounts = append(page.Accounts, c.remote(row))
	}
	if more {
		page.Next = strconv.Itoa(next.page) + ":" + strconv.Itoa(next.total) + ":" + next.first
	}
	return page, nil
}

func parsePlace(cursor string) (place, error) {
	if cursor == "" {
		return place{page: 1}, nil
	}
	parts := strings.SplitN(cursor, ":", 3)
	if len(parts) == 3 {
		page, err := strconv.Atoi(parts[0])
		total, bad := strconv.Atoi(parts[1])
		if err == nil && bad == nil && page >= 1 {
			return place{page, total, parts[2]}, nil
		}
	}
	return place{}, connectors.Faultf(connectors.Internal, "the cursor is none of this list")
}
