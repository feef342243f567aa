package rest

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"
)

// What a document of a vendor may be at most, beside its length. The deepest known nests six
// times, and the longest list has ten thousand values: these bounds keep ten mebibytes of
// brackets and commas from becoming half a gigabyte once they are decoded.
const (
	maxDepth  = 128
	maxValues = 1 << 20
)

// own says whether the answer is in the form of a vendor's API: one whole JSON document, declared
// as one, or nothing at all, declared as nothing else.
func (a Answer) own() bool {
	if len(a.Body) > 0 {
		return a.isJSON()
	}
	declared := a.Header.Get("Content-Type")
	return declared == "" || a.Status == http.StatusNoContent || isJSONType(declared)
}

// isJSON says whether the body is one whole JSON document of a sane form and is declared as one.
func (a Answer) isJSON() bool {
	return isJSONType(a.Header.Get("Content-Type")) && sane(a.Body) && json.Valid(a.Body)
}

func isJSONType(declared string) bool {
	media, _, err := mime.ParseMediaType(declared)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// sane counts how deep the document nests and about how many values it has, without decoding it.
func sane(body []byte) bool {
	depth, values, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return false
			}
			values++
		case c == ']' || c == '}':
			depth--
		case c == ',':
			values++
		}
		if values > maxValues {
			return false
		}
	}
	return true
}
