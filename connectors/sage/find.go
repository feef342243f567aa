package sage

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// pageSize is what is asked for in both headers.
const pageSize = 50

// Find implements connectors.Connector.
func (c *connector) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	hidden := private(connectors.Remote{}, want)
	if want.VendorID != "" {
		return c.byID(ctx, want.VendorID, want.Key, hidden)
	}
	if want.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "there is no e-mail to look for")
	}
	rows, err := c.byEmail(ctx, want.Key, hidden)
	switch {
	case err != nil:
		return connectors.Remote{}, err
	case len(rows) == 0:
		return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "Sage has no user with this e-mail")
	case len(rows) > 1:
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous, "Sage has %d users with this e-mail", len(rows))
	default:
		return remote(rows[0]), nil
	}
}

// byID reads one user. Sage answers 400 for an unknown id and for much else, so a list by
// e-mail has the last word.
func (c *connector) byID(ctx context.Context, id, email string, hidden []string) (connectors.Remote, error) {
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: userPath,
		Params: map[string]string{"id": id}, Private: hidden})
	if unexplained(answer, err) {
		return c.confirmGone(ctx, id, email, hidden, err)
	}
	if err != nil {
		return connectors.Remote{}, err
	}
	var row map[string]any
	if err := answer.Decode(&row); err != nil {
		return connectors.Remote{}, err
	}
	if textOf(row["id"]) != id {
		return connectors.Remote{}, connectors.Faultf(connectors.Nonsense, "Sage answered with another user than asked for")
	}
	if row["deleted"] == true {
		return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "the user was deleted in Sage")
	}
	return remote(row), nil
}

// confirmGone tells "no such user" from the other things Sage's 400 may mean.
func (c *connector) confirmGone(ctx context.Context, id, email string, hidden []string, refusal error) (connectors.Remote, error) {
	if email == "" {
		return connectors.Remote{}, refusal
	}
	rows, err := c.byEmail(ctx, email, hidden)
	if err != nil {
		return connectors.Remote{}, err
	}
	// Somebody who is being renamed is not found by the new e-mail: ask for the id, too.
	same, err := c.where(ctx, "id", id, hidden, func(row map[string]any) bool { return row["deleted"] != true })
	if err != nil {
		return connectors.Remote{}, err
	}
	for _, row := range append(same, rows...) {
		if textOf(row["id"]) == id {
			return remote(row), nil
		}
	}
	if len(rows) > 0 {
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous,
			"Sage refuses to show user %s, and another user has this e-mail", id)
	}
	return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "Sage has no such user any more")
}

// byEmail lists the users with the e-mail that are not deleted. The vendor's filter is not
// trusted to be exact.
func (c *connector) byEmail(ctx context.Context, email string, hidden []string) ([]map[string]any, error) {
	return c.where(ctx, "email", email, hidden, func(row map[string]any) bool {
		return row["deleted"] != true
	})
}

// where lists the users whose field has the text, letter case aside.
func (c *connector) where(ctx context.Context, field, text string, hidden []string, keep func(map[string]any) bool) (found []map[string]any, err error) {
	condition := field + "='" + strings.ReplaceAll(text, "'", "''") + "'"
	if _, err := strconv.ParseUint(text, 10, 64); err == nil && field == "id" {
		condition = field + "=" + text // numbers stand bare
	}
	seen, at := map[string]bool{}, place{}
	for more := true; more; {
		var rows []map[string]any
		if rows, at, more, err = c.page(ctx, condition, at, hidden); err != nil {
			return nil, err
		}
		for _, row := range rows {
			// A user inserted while we read pushes rows onto the next page again.
			if id := textOf(row["id"]); same(textOf(row[field]), text) && !seen[id] && keep(row) {
				seen[id] = true
				found = append(found, row)
			}
		}
	}
	return found, nil
}

// place is where a list has got to: the next page, and the first id of the last one.
type place struct {
	page  int
	first string
}

// page reads one page of users and says where the next is and whether there is one. Sage
// gives no total.
func (c *connector) page(ctx context.Context, condition string, at place, hidden []string) ([]map[string]any, place, bool, error) {
	query := url.Values{"page": {strconv.Itoa(at.page)}}
	if condition != "" {
		query.Set("where", condition)
	}
	size := []string{strconv.Itoa(pageSize)}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: usersPath, Query: query,
		Header: http.Header{"X-Fm-Entity-Count": size, "Count": size}, Private: hidden})
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
	first := textOf(rows[0]["id"])
	if first == "" {
		return nil, at, false, connectors.Faultf(connectors.Nonsense, "Sage listed users without an id")
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
	at, err := parsePlace(cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	rows, next, more, err := c.page(ctx, "", at, nil)
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
		page.Next = strconv.Itoa(next.page) + ":" + next.first
	}
	return page, nil
}

func parsePlace(cursor string) (place, error) {
	if cursor == "" {
		return place{}, nil
	}
	number, first, _ := strings.Cut(cursor, ":")
	page, err := strconv.Atoi(number)
	if err != nil || page < 0 {
		return place{}, connectors.Faultf(connectors.Internal, "the cursor is none of this list")
	}
	return place{page, first}, nil
}
