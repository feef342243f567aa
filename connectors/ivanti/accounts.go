package ivanti

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// pageRows is what a list of accounts is asked for: more is a 400.
const pageRows = 500

// rows is one page of a list as Ivanti sends it.
type rows struct {
	Total int              `json:"totalCount"` // ASSUMED
	Rows  []map[string]any `json:"searchResults"`
}

// accountRows reads accounts: those from a row on, or those the filter asks for.
func (c *connector) accountRows(ctx context.Context, query url.Values) (rows, error) {
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: accountsPath, Query: query})
	if err != nil {
		return rows{}, err
	}
	var page rows
	if err := result(answer, &page); err != nil {
		return rows{}, err
	}
	for _, row := range page.Rows {
		if connectors.ScalarText(row["id"]) == "" {
			return rows{}, connectors.Faultf(connectors.Nonsense, "Ivanti listed accounts without an id")
		}
		if isMasked(row) {
			return rows{}, maskedFault()
		}
	}
	return page, nil
}

func from(start int) url.Values {
	return url.Values{"start": {strconv.Itoa(start)}, "rows": {strconv.Itoa(pageRows)}}
}

// accountNames is the listing of the accounts' index.
func (c *connector) accountNames(ctx context.Context, start int) ([]named, int, error) {
	page, err := c.accountRows(ctx, from(start))
	if err != nil {
		return nil, 0, err
	}
	return accountKeys(page.Rows), page.Total, nil
}

func accountKeys(list []map[string]any) []named {
	names := make([]named, len(list))
	for i, row := range list {
		names[i] = named{connectors.ScalarText(row["id"]), keyOf(row)}
	}
	return names
}

// searchUID is the lookup of the accounts' index. Where the filter is not honoured, which is
// ASSUMED by analogy with devices, other accounts come back.
func (c *connector) searchUID(ctx context.Context, uid string) ([]named, bool, error) {
	query := url.Values{"start": {"0"}, "rows": {"2"}, "fq": {"UID EQ " + uid}}
	page, err := c.accountRows(ctx, query)
	if err != nil {
		return nil, false, err
	}
	names := accountKeys(page.Rows)
	for _, name := range names {
		if fold(name.key) != fold(uid) {
			return nil, false, nil
		}
	}
	return names, true, nil
}

// account reads one account.
func (c *connector) account(ctx context.Context, id string, hidden []string) (connectors.Remote, error) {
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: accountPath, Params: map[string]string{"id": id}, Private: hidden})
	if err != nil {
		return connectors.Remote{}, err
	}
	var row map[string]any
	if err := result(answer, &row); err != nil {
		return connectors.Remote{}, err
	}
	if connectors.ScalarText(row["id"]) != id {
		return connectors.Remote{}, connectors.Faultf(connectors.Nonsense, "Ivanti answered with another account than was asked for")
	}
	if isMasked(row) {
		return connectors.Remote{}, maskedFault()
	}
	return remote(row), nil
}

// isMasked says whether the row is shown to an API account with a GDPR profile: user ids, names
// and e-mails come as asterisks.
func isMasked(row map[string]any) bool {
	for _, name := range []string{"uid", "username", "emailAddress"} {
		if text, _ := row[name].(string); strings.Contains(text, "***") {
			return true
		}
	}
	return false
}

// maskedFault stops the target: "not found" for everybody would end in a second account for
// each. Nobody is to blame, and nobody can be helped singly.
func maskedFault() error {
	return &connectors.Fault{Class: connectors.Plan, Err: errMasked,
		Detail: "Ivanti masks user ids and e-mail addresses for the account in credentials, so that nobody can be matched: " +
			"take the GDPR profile off it, or use an account without one"}
}

var errMasked = errors.New("masked values")
