package schema

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// ParseTime reads an xsd:dateTime (RFC 7643 section 2.3.5): any number of fraction digits,
// and UTC where no zone is given. A date without a time is not one.
func ParseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// isInteger reports whether the number is written as an integer: 5.0 and 5e0 are not
// (RFC 7643 section 2.3.4).
func isInteger(n json.Number) bool { return n != "" && !strings.ContainsAny(n.String(), ".eE") }

// isBase64 accepts both alphabets of RFC 4648, padded or not, as RFC 7643 section 2.3.6 asks.
func isBase64(s string) bool {
	s = strings.TrimRight(s, "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	_, err := base64.RawStdEncoding.DecodeString(s)
	return err == nil
}
