package ivanti

import (
	"context"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// Find implements connectors.Connector. An account found by its id may have another key than the
// one wanted: user names never change here, and Update decides about it.
func (c *connector) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	if want.Type == scim.TypeGroup {
		return c.findGroup(ctx, want)
	}
	hidden := private(connectors.Remote{}, want)
	if want.VendorID != "" {
		return c.account(ctx, want.VendorID, hidden)
	}
	if want.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "there is no user name to look for")
	}
	return c.byKey(ctx, c.accounts, want.Key, "account with this user name", func(id string) (connectors.Remote, error) {
		return c.account(ctx, id, hidden)
	})
}

// byKey asks the index, and then Ivanti for what the index named. What is gone or has another
// key by now is forgotten, and looked for once more.
func (c *connector) byKey(ctx context.Context, x *index, key, what string, read func(id string) (connectors.Remote, error)) (connectors.Remote, error) {
	gone := map[string]bool{}
	for {
		ids, err := x.ask(ctx, key)
		if err != nil {
			return connectors.Remote{}, err
		}
		switch {
		case len(ids) > 1:
			return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous, "Ivanti has %d of what may be only once: %s", len(ids), what)
		case len(ids) == 0 || gone[ids[0]]:
			return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "Ivanti has no %s", what)
		}
		have, err := read(ids[0])
		if err == nil && fold(have.Key) == fold(key) {
			return have, nil
		}
		if err != nil && !connectors.Is(err, connectors.NotFound) {
			return connectors.Remote{}, err
		}
		x.drop(key, ids[0])
		gone[ids[0]] = true
	}
}

// List implements connectors.Lister. An account may come twice when others are made while the
// list is read.
func (c *connector) List(ctx context.Context, cursor string) (connectors.Page, error) {
	start, first, err := connectors.ReadCursor(cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	list, err := c.accountRows(ctx, from(start))
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	walk := &load{ids: map[string][]string{}, rows: start, first: first}
	more := walk.take(accountKeys(list.Rows), list.Total)
	if walk.rows == start {
		return page, nil
	}
	for _, row := range list.Rows {
		page.Accounts = append(page.Accounts, remote(row))
	}
	if more {
		page.Next = connectors.WriteCursor(walk.rows, walk.first)
	}
	return page, nil
}
