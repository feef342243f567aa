package rest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// listen serves each connection by hand and returns its base URL.
func listen(t *testing.T, serve func(conn net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return "http://" + listener.Addr().String()
}

// takeRequest reads one whole request.
func takeRequest(conn net.Conn) (*http.Request, error) {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
	}
	return r, err
}

// pour writes the text over and over until the other end has had enough, and counts.
func pour(conn net.Conn, text string, every time.Duration, count *atomic.Int64) {
	tick := time.NewTicker(max(every, time.Nanosecond))
	defer tick.Stop()
	for {
		n, err := io.WriteString(conn, text)
		if count.Add(int64(n)); err != nil {
			return
		}
		if every > 0 {
			<-tick.C
		}
	}
}

// V29, reliability rules 6: what a vendor answers may cost bounded time and memory, and is never
// a success nor an absence. The whole call is bounded at 30 s; here at less.
func TestHostileAnswersAreBoundedAndNonsense(t *testing.T) {
	calls := board.Begin(t, "V29").Sum("calls answered with hostility", 16)
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for name, c := range map[string]struct {
		begin, over string
		every       time.Duration
		get, post   connectors.Class
	}{
		"a drip":                  {head + "Content-Length: 100000\r\n\r\n[", " ", 10 * time.Millisecond, connectors.Transient, connectors.Unknown},
		"a drip of headers":       {"HTTP/1.1 200 OK\r\n", "X", 10 * time.Millisecond, connectors.Transient, connectors.Unknown},
		"a body without end":      {head + "\r\n[", strings.Repeat("1,", 1<<15), 0, connectors.Nonsense, connectors.Nonsense},
		"five gigabytes, it says": {head + "Content-Length: 5368709120\r\n\r\n[", strings.Repeat("1,", 1<<15), 0, connectors.Nonsense, connectors.Nonsense},
		"chunks without end":      {head + "Transfer-Encoding: chunked\r\n\r\n", "8000\r\n" + strings.Repeat("1,", 1<<14) + "\r\n", 0, connectors.Nonsense, connectors.Nonsense},
		"headers without end":     {"HTTP/1.1 200 OK\r\n", "X-More: " + strings.Repeat("x", 1000) + "\r\n", 0, connectors.Nonsense, connectors.Nonsense},
		"hints without end":       {"", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 0, connectors.Nonsense, connectors.Nonsense},
		"no HTTP":                 {"SSH-2.0-OpenSSH\r\n\r\n", "x", 0, connectors.Nonsense, connectors.Nonsense},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int64
			base := listen(t, func(conn net.Conn) {
				if _, err := takeRequest(conn); err == nil {
					_, _ = io.WriteString(conn, c.begin)
					pour(conn, c.over, c.every, &sent)
				}
			})
			timeout := 20 * time.Second
			if c.every > 0 { // nothing else ends these
				timeout = time.Second
			}
			client := mustClient(t, rest.Options{BaseURL: base, Timeout: timeout})
			for method, want := range map[string]connectors.Class{"GET": c.get, "POST": c.post} {
				_, err := client.Do(t.Context(), rest.Call{Method: method, Path: "/users"})
				calls.Add(1)
				fault := connectors.FaultOf(err)
				if fault == nil || fault.Class != want || fault.Uncertain != (method == "POST") {
					t.Errorf("%s gives %v, want %s", method, err, want)
				}
			}
			if n := sent.Load(); n > 128<<20 { // two answers, and what sockets hold
				t.Errorf("%d bytes were taken", n)
			}
		})
	}
}

// V28: whoever accepts and never reads, or reads and never answers, holds a call as long as it may take.
func TestABlackHoleEndsWithTheCall(t *testing.T) {
	board.Begin(t, "V28")
	for name, reads := range map[string]bool{"never reads": false, "never answers": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := make(chan struct{})
			base := listen(t, func(conn net.Conn) {
				if reads {
					_, _ = takeRequest(conn)
				}
				<-end
			})
			t.Cleanup(func() { close(end) })
			client := mustClient(t, rest.Options{BaseURL: base, Timeout: 2 * time.Second})
			large := strings.Repeat("x", 8<<20) // more than sockets hold
			_, err := client.Do(t.Context(), rest.Call{Method: "POST", Path: "/users", Body: map[string]any{"a": large}})
			if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Unknown || fault.Detail != "no answer in time" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// V23, M14: Go's transport sends some requests again by itself when a kept connection dies after
// taking them. A decision is one POST on the wire, with an idempotency key too.
func TestADecisionIsOnePostOnTheWire(t *testing.T) {
	board.Begin(t, "V23")
	for name, c := range map[string]struct {
		header http.Header
		body   any
		method string
	}{
		"a post":                      {nil, map[string]any{"a": 1}, "POST"},
		"a post without a body":       {nil, nil, "POST"},
		"a delete":                    {nil, nil, "DELETE"},
		"a post with a key":           {http.Header{"Idempotency-Key": {"k"}}, map[string]any{"a": 1}, "POST"},
		"an empty post with a key":    {http.Header{"Idempotency-Key": {"k"}}, nil, "POST"},
		"a patch with the other key":  {http.Header{"X-Idempotency-Key": {"k"}}, map[string]any{"a": 1}, "PATCH"},
		"a delete with the other key": {http.Header{"X-Idempotency-Key": {"k"}}, nil, "DELETE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got atomic.Int32
			base := listen(t, func(conn net.Conn) {
				for reader := bufio.NewReader(conn); ; {
					r, err := http.ReadRequest(reader)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if r.Method != http.MethodGet {
						got.Add(1)
						return // taken, perhaps done, and the connection is gone
					}
					fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
				}
			})
			client := mustClient(t, rest.Options{BaseURL: base, HonoursKeys: true})
			if _, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/users"}); err != nil {
				t.Fatal(err)
			}
			_, err := client.Do(t.Context(), rest.Call{Method: c.method, Path: "/users", Header: c.header, Body: c.body})
			if !connectors.Is(err, connectors.Unknown) || got.Load() != 1 {
				t.Errorf("%d on the wire, and %v", got.Load(), err)
			}
		})
	}
}

func TestAnIdempotencyKeyIsForVendorsThatHonourIt(t *testing.T) {
	client := vendor(t, rest.Options{}, func(http.ResponseWriter, *http.Request) { t.Error("a call was made") })
	for _, name := range []string{"Idempotency-Key", "idempotency-key", "X-Idempotency-Key"} {
		_, err := client.Do(t.Context(), rest.Call{Method: "POST", Path: "/users", Header: http.Header{name: {"k"}}})
		if !connectors.Is(err, connectors.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// P19: what an answer holds that is no answer is in no error.
func TestErrorsTellNothingOfTheOtherEnd(t *testing.T) {
	closed := listen(t, func(net.Conn) {})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unheard := "http://" + listener.Addr().String()
	_ = listener.Close()
	// X55: where only public addresses may be called, an open port reads like a closed one.
	var told []string
	for _, base := range []string{closed, unheard} {
		client := mustClient(t, rest.Options{BaseURL: base, Public: true})
		_, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/x"})
		var fault *connectors.Fault
		if !errors.As(err, &fault) {
			t.Fatal(err)
		}
		told = append(told, fault.Detail)
	}
	if told[0] != told[1] {
		t.Errorf("an open port is told by %q, a closed one by %q", told[0], told[1])
	}
}
