package connectors_test

import (
	"testing"

	"scimrelay/connectors"
)

// V29: a vendor that always has another page is told so, and not read for ever.
func TestAListWithoutEndIsNonsense(t *testing.T) {
	var pages connectors.Pages
	for range 2000 {
		if err := pages.Turn(); err != nil {
			t.Fatal(err)
		}
	}
	if err := pages.Turn(); !connectors.Is(err, connectors.Nonsense) {
		t.Error(err)
	}
}
