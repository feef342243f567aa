package connectortest

import (
	"testing"

	"scimrelay/connectors"
)

// ReadAll reads a Lister to its end, in at most so many pages. Between two pages it calls between,
// if there is one, with the number of those that have been read.
func ReadAll(tb testing.TB, l connectors.Lister, most int, between func(pages int)) (accounts []connectors.Remote) {
	tb.Helper()
	cursor := ""
	for pages := 1; pages <= most; pages++ {
		page, err := l.List(tb.Context(), cursor)
		if err != nil {
			tb.Fatal(err)
		}
		accounts = append(accounts, page.Accounts...)
		if cursor = page.Next; cursor == "" {
			return accounts
		}
		if between != nil {
			between(pages)
		}
	}
	tb.Fatalf("the list has no end: after %d pages it goes on at %q", most, cursor)
	return nil
}

// Times is how often each account is among those, by its key.
func Times(accounts []connectors.Remote) map[string]int {
	times := map[string]int{}
	for _, account := range accounts {
		times[account.Key]++
	}
	return times
}
