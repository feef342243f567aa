package timeclock

import (
	"context"

	"scimrelay/connectors"
)

// Find implements connectors.Connector.
func (c *connector) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	hidden := private(connectors.Remote{}, want)
	if want.VendorID != "" {
		return c.byID(ctx, want.VendorID, hidden)
	}
	if want.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "there is no username to look for")
	}
	found, err := c.byUsername(ctx, want.Key, hidden)
	switch {
	case err != nil:
		return connectors.Remote{}, err
	case len(found) == 0:
		return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "TimeClock 365 has no user with this username")
	case len(found) > 1:
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous, "TimeClock 365 has %d users with this username", len(found))
	default:
		return found[0], nil
	}
}

func (c *connector) byID(ctx context.Context, id string, hidden []string) (connectors.Remote, error) {
	var row map[string]any
	if err := c.call(ctx, getUser, map[string]any{"id": idOf(id)}, hidden, &row); err != nil {
		return connectors.Remote{}, err
	}
	have, err := c.account(row)
	if err == nil && have.ID != id {
		err = connectors.Faultf(connectors.Nonsense, "TimeClock 365 answered with another user than asked for")
	}
	if err != nil {
		return connectors.Remote{}, err
	}
	return have, nil
}

// byUsername lists the users with the username, active or not. The vendor's filter is not trusted
// to be exact, nor to be heeded.
func (c *connector) byUsername(ctx context.Context, username string, hidden []string) (found []connectors.Remote, err error) {
	seen, filter, pages := map[string]bool{}, map[string]any{"username": username}, connectors.Pages{}
	for at, more := (place{}), true; more; {
		if err := pages.Turn(); err != nil {
			return nil, err
		}
		var page []connectors.Remote
		if page, at, more, err = c.page(ctx, filter, at, hidden); err != nil {
			return nil, err
		}
		for _, have := range page {
			if connectors.SameText(have.Key, username) && !seen[have.ID] {
				seen[have.ID] = true
				found = append(found, have)
			}
		}
	}
	return found, nil
}
