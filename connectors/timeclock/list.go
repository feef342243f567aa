package timeclock

import (
	"context"
	"slices"

	"scimrelay/connectors"
)

const (
	// pageSize is the most a page may have. ASSUMED.
	pageSize = 200
	// overlap is how many users of one page are asked for again with the next: when that many
	// vanish while the list is read, nobody is passed over.
	overlap = 5
)

// place is where a list has got to: how many users were read, and the id of the last of them.
type place struct {
	read int
	last string
}

// page reads the users behind the place, and says where the next page starts and whether there is
// one. What was read already is left out, as far as it stands where it stood.
func (c *connector) page(ctx context.Context, filter map[string]any, at place, hidden []string) ([]connectors.Remote, place, bool, error) {
	offset := max(at.read-overlap, 0)
	params := map[string]any{"active": nil, "offset": offset, "limit": pageSize}
	if filter != nil {
		params["filter"] = filter
	}
	var result struct {
		Total *int             `json:"total"`
		Items []map[string]any `json:"items"`
	}
	if err := c.call(ctx, listUsers, params, hidden, &result); err != nil {
		return nil, at, false, err
	}
	if result.Total == nil || result.Items == nil {
		return nil, at, false, connectors.Faultf(connectors.Nonsense, "TimeClock 365 listed users and not how many there are")
	}
	if len(result.Items) == 0 && offset == 0 && *result.Total > 0 {
		return nil, at, false, connectors.Faultf(connectors.Nonsense, "TimeClock 365 counts users and lists none")
	}
	users := make([]connectors.Remote, len(result.Items))
	for i, row := range result.Items {
		have, err := c.account(row)
		if err != nil {
			return nil, at, false, err
		}
		users[i] = have
	}
	next := place{offset + len(users), at.last}
	if len(users) > 0 {
		next.last = users[len(users)-1].ID
	}
	// A page without anything new is the end, whatever the total says.
	more := next.read < *result.Total && next.read > at.read
	if known := slices.IndexFunc(users, func(u connectors.Remote) bool { return u.ID == at.last }); known >= 0 {
		users = users[known+1:]
	}
	return users, next, more, nil
}

// List implements connectors.Lister. A user may come twice when others are made while the list
// is read.
func (c *connector) List(ctx context.Context, cursor string) (connectors.Page, error) {
	read, last, err := connectors.ReadCursor(cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	users, next, more, err := c.page(ctx, nil, place{read, last}, nil)
	if err != nil {
		return connectors.Page{}, err
	}
	page := connectors.Page{Accounts: users}
	if more {
		page.Next = connectors.WriteCursor(next.read, next.last)
	}
	return page, nil
}
