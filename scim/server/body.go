package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"scimrelay/scim"
)

// readBody reads a body of at most so many bytes, of a type that can hold JSON.
func (s *Server) readBody(r *request, most int64) ([]byte, error) {
	if kind := r.http.Header.Get("Content-Type"); !jsonType(kind) {
		return nil, &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "send " + scim.MediaType + " or application/json"}
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

// admitLarge lets few long bodies in at a time, so that memory has a ceiling, and gives them and
// their answers more time. A body whose length is not announced counts as long where long ones
// are taken.
func (s *Server) admitLarge(r *request, most int64) error {
	if n := r.http.ContentLength; most <= s.Limits.Body || (n >= 0 && n <= s.Limits.Body) || n > most {
		return nil
	}
	r.extend(s.Limits.LargeTime)
	ctx, cancel := context.WithTimeout(r.whole, s.Limits.LargeTime)
	r.Context = ctx
	select {
	case s.large <- struct{}{}:
		r.free = func() { cancel(); <-s.large }
		return nil
	case <-ctx.Done():
		cancel()
		return ctx.Err()
	}
}

// extend gives a connection until a time to be read from and written to. Where a connection's
// time cannot be set, as in a test's recorder, it has no end either.
func extend(w http.ResponseWriter, until time.Time) {
	c := http.NewResponseController(w)
	_ = errors.Join(c.SetReadDeadline(until), c.SetWriteDeadline(until))
}
