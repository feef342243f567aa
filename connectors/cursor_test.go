package connectors_test

import (
	"testing"

	"scimrelay/connectors"
)

func TestACursorIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, place := range []struct {
		read int
		id   string
	}{{0, ""}, {3, "41"}, {500, "a:b"}} {
		read, id, err := connectors.ReadCursor(connectors.WriteCursor(place.read, place.id))
		if err != nil || read != place.read || id != place.id {
			t.Errorf("%v became %d, %q, %v", place, read, id, err)
		}
	}
	if read, id, err := connectors.ReadCursor(""); err != nil || read != 0 || id != "" {
		t.Errorf("the beginning is %d, %q, %v", read, id, err)
	}
	for _, cursor := range []string{"x", "-1:a", ":a"} {
		if _, _, err := connectors.ReadCursor(cursor); !connectors.Is(err, connectors.Internal) {
			t.Errorf("%q is read: %v", cursor, err)
		}
	}
}
