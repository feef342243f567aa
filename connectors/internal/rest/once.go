package rest

import (
	"io"
	"net/http"
	"strings"

	"scimrelay/connectors"
)

// keyHeaders are the headers by which Go's transport takes any call for one that may be sent
// twice: it does so silently when a kept connection dies after taking the request.
func keyHeaders() []string { return []string{"Idempotency-Key", "X-Idempotency-Key"} }

func keyed(header http.Header) bool {
	for _, name := range keyHeaders() {
		if _, set := header[http.CanonicalHeaderKey(name)]; set {
			return true
		}
	}
	return false
}

// allowKey refuses a call with such a header to a vendor that does not honour it.
func (c *Client) allowKey(call Call) error {
	for name := range call.Header {
		if keyed(http.Header{http.CanonicalHeaderKey(name): nil}) && !c.options.HonoursKeys {
			return connectors.Faultf(connectors.Internal, "%s does not declare that it honours the header %s", c.options.Product, name)
		}
	}
	return nil
}

// once keeps the transport from sending the request again by itself: a decision is one request on
// the wire, and the next is the relay's to make. The transport repeats only what it can read again.
func once(r *http.Request) {
	if !keyed(r.Header) {
		return
	}
	if r.GetBody = nil; r.Body == nil || r.Body == http.NoBody {
		r.Body = io.NopCloser(strings.NewReader(""))
	}
}
