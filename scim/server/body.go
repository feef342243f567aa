package server

import (
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
	body, err := readAll(http.MaxBytesReader(nil, r.http.Body, most), r.http.ContentLength)
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
	return body, nil
}

// firstPiece is what a body gets before any of it has come, unless it says that it is shorter.
const firstPiece = 16 << 10

// readAll reads a body into memory that grows with what has come: an announced length is a word,
// and a thousand of them more than there is. It may be negative for none.
func readAll(from io.Reader, announced int64) ([]byte, error) {
	whole := int(announced) + 1 // room to meet the end
	size := firstPiece
	if announced >= 0 {
		size = min(size, whole)
	}
	body := make([]byte, 0, size)
	for {
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		case len(body) < cap(body):
			continue
		}
		size = 2 * cap(body)
		if cap(body) < whole {
			size = min(size, whole)
		}
		body = append(make([]byte, 0, size), body...)
	}
}

func tooLarge(most int64) error {
	return &scim.Error{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("a body may have %d bytes at most", most)}
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
