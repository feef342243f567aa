package bulk

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"scimrelay/scim"
)

// Response is the body of a bulk response: for each result its status, as a string, and for
// an error the error (RFC 7644 section 3.7.3).
func Response(results []Result) []byte {
	w := writer{out: make([]byte, 0, 128+192*len(results))}
	w.out = append(w.out, `{"schemas":["`+scim.MessageBulkResponse+`"],"Operations":[`...)
	for i, r := range results {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.result(r)
	}
	w.out = append(w.out, `]}`...)
	return w.out
}

type writer struct{ out []byte }

func (w *writer) result(r Result) {
	w.out = append(w.out, `{"status":"`...)
	w.out = strconv.AppendInt(w.out, int64(r.Status), 10)
	w.out = append(w.out, '"')
	w.member("method", r.Method)
	w.member("bulkId", r.BulkID)
	w.member("location", r.Location)
	w.member("version", r.Version)
	if r.failed() && jsontext.Value(r.Body).IsValid() {
		w.out = append(w.out, `,"response":`...)
		w.out = append(w.out, r.Body...)
	}
	w.out = append(w.out, '}')
}

// member writes a member that has a text.
func (w *writer) member(name, text string) {
	if text == "" {
		return
	}
	before := len(w.out)
	w.out = append(w.out, `,"`+name+`":`...)
	out, err := jsontext.AppendQuote(w.out, text)
	if err != nil { // no text at all, which no decoded request holds
		w.out = w.out[:before]
		return
	}
	w.out = out
}
