package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"scimrelay/scim"
)

// readBody reads a body of at most so many bytes, of a type that can hold JSON.
func (s *Server) readBody(r *request, most int64) ([]byte, error) {
	if kind := r.http.Header.Get("Content-Type"); !jsonType(kind) {
		return nil, &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "send " + scim.MediaType + " or application/json"}
	}
	if coding := r.http.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "send the body as it is, without a Content-Encoding"}
	}
	if r.http.ContentLength > most {
		return nil, tooLarge(most)
	}
	var body bytes.Buffer
	if n := r.http.ContentLength; n > 0 {
		body.Grow(int(n) + bytes.MinRead) // one allocation for a length that was announced
	}
	_, err := body.ReadFrom(http.MaxBytesReader(nil, r.http.Body, most))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, tooLarge(most)
	case errors.Is(err, os.ErrDeadlineExceeded): // the connection's, which the client has used up
		return nil, &scim.Error{Status: http.StatusRequestTimeout, Detail: "the body took too long to come"}
	case err != nil && r.Err() != nil: // too late, or the client has gone
		return nil, r.Err()
	case err != nil:
		return nil, scim.BadRequest(scim.TypeInvalidSyntax, "the body ended early")
	}
	return body.Bytes(), nil
}

func tooLarge(most int64) error {
	return &scim.Error{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("a body may have %d bytes at most", most)}
}

// admitLarge waits until a long body may come in, and gives it and its answer more time. A body
// whose length is not announced counts as long where long ones are taken.
func (s *Server) admitLarge(r *request, most int64) (err error) {
	if n := r.http.ContentLength; most <= s.Limits.Body || (n >= 0 && n <= s.Limits.Body) || n > most {
		return nil
	}
	if r.place, err = s.large.enter(r, r.principal.Tenant.ID); err != nil {
		return err
	}
	r.extend(s.Limits.LargeTime)
	ctx, cancel := context.WithTimeout(r.whole, s.Limits.LargeTime)
	r.renew(ctx)
	r.cancel = cancel
	r.http.Body = &steady{r.http.Body, r.hurry}
	return nil
}

// steady reads a body that has to keep coming: whoever falls silent gives up its place.
type steady struct {
	io.ReadCloser
	hurry func()
}

// Read implements io.Reader.
func (s *steady) Read(p []byte) (int, error) {
	s.hurry()
	return s.ReadCloser.Read(p)
}

// silence is how long a long body may pause.
const silence = 10 * time.Second

// timing sets a connection's deadlines. Where they cannot be set, as in a test's recorder, it has
// none.
type timing struct{ *http.ResponseController }

// extend gives the connection until then to be read from and written to.
func (t timing) extend(d time.Duration) {
	until := time.Now().Add(d)
	_ = errors.Join(t.SetReadDeadline(until), t.SetWriteDeadline(until))
}

// hurry gives the next piece of a long body its time.
func (t timing) hurry() { _ = t.SetReadDeadline(time.Now().Add(silence)) }
