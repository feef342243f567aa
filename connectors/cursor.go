package connectors

import (
	"strconv"
	"strings"
)

// WriteCursor is a Lister's place in a list: how many pages or rows have been read, and the id by
// which a page that comes again is known.
func WriteCursor(read int, id string) string { return strconv.Itoa(read) + ":" + id }

// ReadCursor reads it again, from the beginning where it is empty. A text that WriteCursor never
// wrote is a Fault of class Internal.
func ReadCursor(cursor string) (read int, id string, err error) {
	if cursor == "" {
		return 0, "", nil
	}
	number, id, _ := strings.Cut(cursor, ":")
	if read, err = strconv.Atoi(number); err != nil || read < 0 {
		return 0, "", Faultf(Internal, "the cursor is none of this list")
	}
	return read, id, nil
}
