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

// Find implements connectors.Connector.
func (c *connector) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	hidden := private(connectors.Remote{}, want)
	have, err := c.search(ctx, want, hidden)
	if err != nil {
		return connectors.Remote{}, err
	}
	return c.shown(ctx, have, hidden), nil
}

func (c *connector) search(ctx context.Context, want connectors.Record, hidden []string) (connectors.Remote, error) {
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
	if connectors.TextOf(row["id"]) != id {
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
		if connectors.TextOf(row["id"]) == id {
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
func (c *connector) where(ctx context.Context, field, text string, hidden []string, keep func(map[string]any) bool) ([]map[string]any, error) {
	condition := field + "='" + strings.ReplaceAll(text, "'", "''") + "'"
	if _, err := strconv.ParseUint(text, 10, 64); err == nil && field == "id" {
		condition = field + "=" + text // numbers stand bare
	}
	return c.rows(ctx, rest.Call{Path: usersPath, Query: url.Values{"where": {condition}}, Private: hidden},
		func(row map[string]any) bool {
			return connectors.SameText(connectors.TextOf(row[field]), text) && keep(row)
		})
}
