package simhost

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// DecodeKnobs reads a simulator's own knobs into its struct, over the defaults that stand in it. A
// knob the struct does not have is an error.
func DecodeKnobs(set map[string]json.RawMessage, into any) error {
	raw, err := json.Marshal(set)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// ReadObject reads a request's JSON object, its numbers as they are written. It is false where the
// body is none.
func ReadObject(r *http.Request) (map[string]any, bool) {
	var object map[string]any
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	return object, decoder.Decode(&object) == nil && object != nil
}
