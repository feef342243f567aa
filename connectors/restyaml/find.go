package restyaml

import (
	"context"
	"fmt"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Find implements connectors.Connector.
func (c *connector) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	hidden := c.private(connectors.Remote{}, want)
	if want.VendorID != "" {
		return c.byID(ctx, want, hidden)
	}
	if want.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "there is no key to look for")
	}
	return c.byKey(ctx, want.Key, hidden)
}

func (c *connector) byID(ctx context.Context, want connectors.Record, hidden []string) (connectors.Remote, error) {
	v := c.values()
	v["id"], v["key"] = want.VendorID, want.Key
	answer, err := c.send(ctx, c.calls[callGet], v, hidden)
	if err != nil {
		return connectors.Remote{}, err
	}
	s := c.shown(c.calls[callGet], answer)
	if s.id != want.VendorID {
		return connectors.Remote{}, connectors.Faultf(connectors.Nonsense, "%s answered with another account than asked for, or with none, where %s and account.id look for it", c.title, c.calls[callGet].itemKey)
	}
	if gone, err := c.account.says(c.account.gone, s, false); gone || err != nil {
		return connectors.Remote{}, first(err, connectors.Faultf(connectors.NotFound, "the account was deleted in %s", c.title))
	}
	return c.account.remote(s)
}

func first(err error, otherwise *connectors.Fault) error {
	if err != nil {
		return err
	}
	return otherwise
}

// byKey looks through what the vendor finds and compares again: no filter is trusted to be exact.
func (c *connector) byKey(ctx context.Context, key string, hidden []string) (connectors.Remote, error) {
	v := c.values()
	v["key"] = key
	hits, ids := []connectors.Remote{}, map[string]bool{}
	for at, more := (place{}), true; more; {
		accounts, next, further, err := c.page(ctx, c.calls[callFind], v, at, hidden)
		if err != nil {
			return connectors.Remote{}, err
		}
		for _, account := range accounts {
			// An account that is made while we read pushes others onto the next page again.
			if c.account.sameKey(account.Key, key) && !ids[account.ID] {
				ids[account.ID] = true
				hits = append(hits, account)
			}
		}
		at, more = next, further
	}
	switch len(hits) {
	case 0:
		return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "%s has no account with this key", c.title)
	case 1:
		return hits[0], nil
	default:
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous, "%s has %d accounts with this key", c.title, len(hits))
	}
}

// page reads one page of accounts, those that are gone left out, and says where the next is and
// whether there is one.
func (c *connector) page(ctx context.Context, of *call, v values, at place, hidden []string) ([]connectors.Remote, place, bool, error) {
	asked, answer, err := c.ask(ctx, of, v, at, hidden)
	if !of.many && connectors.Is(err, connectors.NotFound) {
		return nil, at, false, nil
	}
	if err != nil {
		return nil, at, false, err
	}
	return c.turned(of, at, asked, answer)
}

// ask sends the call for the page at the place.
func (c *connector) ask(ctx context.Context, of *call, v values, at place, hidden []string) (rest.Call, rest.Answer, error) {
	filled, err := of.fill(v, c.account.paths, hidden)
	if err != nil {
		return filled, rest.Answer{}, err
	}
	if filled.Query, err = of.paging.ask(filled.Query, at); err != nil {
		return filled, rest.Answer{}, connectors.Faultf(connectors.Internal, "the cursor is none of this list")
	}
	answer, err := c.do(ctx, filled)
	return filled, answer, err
}

// turned reads the page that the answer holds.
func (c *connector) turned(of *call, at place, asked rest.Call, answer rest.Answer) ([]connectors.Remote, place, bool, error) {
	body := decoded(answer.Body)
	rows, err := c.rows(of, body)
	if err != nil {
		return nil, at, false, err
	}
	var accounts []connectors.Remote
	began := ""
	for i, row := range rows {
		s := c.account.read(row)
		if s.id == "" {
			return nil, at, false, connectors.Faultf(connectors.Nonsense, "%s listed accounts without an id where account.id looks for it", c.title)
		}
		if i == 0 {
			began = s.id
		}
		gone, err := c.account.says(c.account.gone, s, false)
		if err != nil {
			return nil, at, false, err
		}
		if gone {
			continue
		}
		account, err := c.account.remote(s)
		if err != nil {
			return nil, at, false, err
		}
		accounts = append(accounts, account)
	}
	if of.paging.counts() && began != "" && began == at.First {
		return nil, at, false, nil // behind the end the vendor shows the last page again
	}
	next, more, err := of.paging.turn(at, step{asked, answer, body, len(rows), began}, c.base)
	return accounts, next, more, err
}

// rows are the accounts of an answer. A list that is not there is no empty list.
func (c *connector) rows(of *call, body any) ([]any, error) {
	if !of.many {
		found, ok := of.item.in(body)
		if !ok || found == nil {
			return nil, nil
		}
		return []any{found}, nil
	}
	found, _ := of.items.in(body)
	rows, ok := found.([]any)
	if !ok {
		where := fmt.Sprintf("there is no list of accounts at %q", of.items.String())
		if len(of.items) == 0 {
			where = "the answer itself is no list of accounts"
		}
		return nil, connectors.Faultf(connectors.Nonsense, "the answer has not the shape of the vendor's API: %s, where %s looks for it", where, of.itemsKey)
	}
	return rows, nil
}

// List implements connectors.Lister. An account may come twice when others are made while the
// list is read.
func (l listing) List(ctx context.Context, cursor string) (connectors.Page, error) {
	at, err := parsePlace(cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	accounts, next, more, err := l.by.page(ctx, l.by.calls[callList], l.by.values(), at, nil)
	if err != nil {
		return connectors.Page{}, err
	}
	page := connectors.Page{Accounts: accounts}
	if more {
		page.Next = next.cursor()
	}
	return page, nil
}
