package board_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"scimrelay/internal/board"
)

// The page has the checks as they are, and no others.
func TestThePageHasTheChecksAsTheyAre(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "## The checks\n\n| id | tier | what is injected | what holds |\n|---|---|---|---|\n")
	if !found {
		t.Fatal("the page has no table of checks")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var want strings.Builder
	for _, r := range board.Rows() {
		fmt.Fprintf(&want, "| %s | %s | %s | %s |\n", r.ID, r.Tier, r.Injected, r.Holds)
	}
	if strings.TrimSpace(table) != strings.TrimSpace(want.String()) {
		t.Errorf("the table should be\n%s", want.String())
	}
}
