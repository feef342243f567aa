package sage

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// pageSize is what is asked for in both headers.
const pageSize = 50

// rows reads a list to its end, each row once, and keeps some.
func (c *connector) rows(ctx context.Context, list rest.Call, keep func(map[string]any) bool) (found []map[string]any, err error) {
	seen, at, pages := map[string]bool{}, place{}, connectors.Pages{}
	for more := true; more; {
		if err := pages.Turn(); err != nil {
			return nil, err
		}
		var rows []map[string]any
		if rows, at, more, err = c.page(ctx, list, at); err != nil {
			return nil, err
		}
		for _, row := range rows {
			// A row inserted while we read pushes others onto the next page again.
			if id := connectors.TextOf(row["id"]); !seen[id] && keep(row) {
				seen[id] = true
				found = append(found, row)
			}
		}
	}
	return found, nil
}

func anyRow(map[string]any) bool { return true }

// place is where a list has got to: the next page, and the first id of the last one.
type place struct {
	page  int
	first string
}

// page reads one page of a list and says where the next is and whether there is one. Sage gives
// no total.
func (c *connector) page(ctx context.Context, list rest.Call, at place) ([]map[string]any, place, bool, error) {
	size := []string{strconv.Itoa(pageSize)}
	list.Method, list.Header = http.MethodGet, http.Header{"X-Fm-Entity-Count": size, "Count": size}
	query := url.Values{"page": {strconv.Itoa(at.page)}}
	maps.Copy(query, list.Query)
	list.Query = query
	answer, err := c.call(ctx, list)
	if err != nil {
		return nil, at, false, err
	}
	var rows []map[string]any
	if err := answer.Decode(&rows); err != nil {
		return nil, at, false, err
	}
	if len(rows) == 0 {
		return nil, at, false, nil
	}
	first := connectors.TextOf(rows[0]["id"])
	if first == "" {
		return nil, at, false, connectors.Faultf(connectors.Nonsense, "Sage listed rows without an id")
	}
	if first == at.first {
		return nil, at, false, nil
	}
	more := len(rows) >= pageSize || answer.Header.Get("X-FM-Next-Page") != ""
	return rows, place{at.page + 1, first}, more, nil
}

// List implements connectors.Lister. Deleted users are left out; a user may come twice when
// others are made while the list is read.
func (c *connector) List(ctx context.Context, cursor string) (connectors.Page, error) {
	number, first, err := connectors.ReadCursor(cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	rows, next, more, err := c.page(ctx, rest.Call{Path: usersPath}, place{number, first})
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	for _, row := range rows {
		if row["deleted"] != true {
			page.Accounts = append(page.Accounts, remote(row))
		}
	}
	if more {
		page.Next = connectors.WriteCursor(next.page, next.first)
	}
	return page, nil
}
