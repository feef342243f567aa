package simhost

import (
	"encoding/json"
	"net/http"
)

// ReadObject reads a request's JSON object, its numbers as they are written. It is false where the
// body is none.
func ReadObject(r *http.Request) (map[string]any, bool) {
	var object map[string]any
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	return object, decoder.Decode(&object) == nil && object != nil
}
