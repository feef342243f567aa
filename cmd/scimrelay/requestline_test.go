package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestARequestLineKeepsItsSpaces(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"GET /Users HTTP/1.1\r\nHost: a b c\r\n\r\nbody with spaces":   "GET /Users HTTP/1.1\r\nHost: a b c\r\n\r\nbody with spaces",
		"GET /Users?filter=userName eq \"x\" HTTP/1.1\r\n\r\n":         "GET /Users?filter=userName%20eq%20\"x\" HTTP/1.1\r\n\r\n",
		"GET /a  b HTTP/1.0\n\n":                                       "GET /a%20%20b HTTP/1.0\n\n",
		"GET /a HTTP b HTTP/1.1\r\n":                                   "GET /a%20HTTP%20b HTTP/1.1\r\n",
		"GET /a HTTP/1.1 HTTP/1.1\r\n":                                 "GET /a%20HTTP/1.1 HTTP/1.1\r\n",
		"GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nA: b\r\n": "GET /" + strings.Repeat("a", 16<<10-1) + " HTTP/1.1\r\nA: b\r\n",
		"GET /a":                     "GET /a",
		"GET /a b":                   "GET /a%20b",
		"nonsense\r\n more of it":    "nonsense\r\n more of it",
		"\r\nGET / HTTP/1.1\r\n\r\n": "\r\nGET / HTTP/1.1\r\n\r\n",
	} {
		for name, read := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r },
			"byte by byte": iotest.OneByteReader, "the error with the last byte": iotest.DataErrReader} {
			c := &spacedConn{Conn: reading{Reader: read(strings.NewReader(sent))}}
			c.fresh.Store(true)
			if got, err := io.ReadAll(iotest.OneByteReader(c)); err != nil || string(got) != want {
				t.Errorf("%s: %q gives %q, %v, want %q", name, sent, got, err, want)
			}
		}
	}
}

// reading is a connection that is only read from.
type reading struct {
	net.Conn
	io.Reader
}

func (r reading) Read(p []byte) (int, error) { return r.Reader.Read(p) }

// O-52: spaces and quotes raw in the URL, on a connection that stays open for other requests.
func TestO52RawSpacesInTheURL(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ConnState: spacedState, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.URL.Query().Get("filter"), body)
	})}
	go func() { _ = s.Serve(spacedListener{listener}) }()
	t.Cleanup(func() { _ = s.Close() })
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for i := range 50 {
		body := fmt.Sprint("body of ", i)
		fmt.Fprintf(conn, "POST /Users?filter=userName eq \"user %d\" HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", i, len(body), body)
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if want := fmt.Sprintf("userName eq \"user %d\" %s", i, body); err != nil || string(got) != want {
			t.Fatalf("request %d: %q, %v, want %q", i, got, err, want)
		}
	}
}
