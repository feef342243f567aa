package e2e_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"
)

// wire is a connection on which a test writes what it likes.
type rawConn struct {
	net.Conn
	*bufio.Reader
}

// Read reads through the buffer.
func (r rawConn) Read(p []byte) (int, error) { return r.Reader.Read(p) }

func (i *installation) dial(t *testing.T) rawConn {
	t.Helper()
	conn, err := net.Dial("tcp", i.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(60 * time.Second)) // of the test, for what never comes
	return rawConn{conn, bufio.NewReader(conn)}
}

// dawdle sends one byte of a body that the server has begun to read.
func (i *installation) dawdle(t *testing.T, path, headers string) rawConn {
	t.Helper()
	conn := i.dial(t)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", path, headers)
	said, err := conn.ReadString('\n')
	_, _ = conn.ReadString('\n') // the empty line behind it
	if err != nil || !strings.HasPrefix(said, "HTTP/1.1 100") {
		t.Fatalf("%q, %v", said, err)
	}
	fmt.Fprint(conn, "{")
	return conn
}

// end reads what the server says until it closes the connection.
func (r rawConn) end(t *testing.T) string {
	t.Helper()
	_ = r.SetReadDeadline(time.Now().Add(60 * time.Second))
	said, err := io.ReadAll(r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is still open")
	}
	return string(said)
}

// L49: whoever dawdles over headers, a body or the opening words of HTTP/2 is cut off, and neither
// two thousand who say nothing nor more bodies than requests are answered at a time keep anybody
// out.
func TestSlowClientsAreCutOffAndDisturbNobody(t *testing.T) {
	t.Parallel()
	cut := board.Begin(t, "L49").Sum("slow clients cut off", 2060)
	i := alone(t, "", quickServer+", max_connections: 600, max_requests: 10")
	i.serve(t)
	c := i.client(t, "t0")
	var bodies []rawConn
	for n := range 60 {
		if n%2 == 0 { // without any credential
			bodies = append(bodies, i.dawdle(t, "/t/nobody/oauth2/token", "Content-Type: application/x-www-form-urlencoded\r\n"))
		} else {
			bodies = append(bodies, i.dawdle(t, "/t/t0/scim/v2/Users", "Authorization: Bearer "+c.token+"\r\n"))
		}
	}
	idle := make([]rawConn, 2000)
	for n := range idle {
		idle[n] = i.dial(t)
		if n%2 == 0 {
			fmt.Fprintf(idle[n], "GET /t/t0/scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		}
		if n%100 == 0 {
			if status, answer, _ := c.do("POST", "/Users", user(fmt.Sprintf("u%d@acme.example", n))); status != http.StatusCreated {
				t.Errorf("beside %d who say nothing: %d %v", n, status, answer)
			}
		}
	}
	headers, preface := i.dial(t), i.dial(t)
	fmt.Fprintf(headers, "GET /t/t0/scim/v2/Users HTTP/1.1\r\nHost: x\r\n")
	fmt.Fprintf(preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	for _, conn := range idle {
		conn.end(t)
		cut.Add(1)
	}
	headers.end(t)
	if said := preface.end(t); strings.HasPrefix(said, "HTTP/1.1 2") {
		t.Errorf("HTTP/2 without TLS: %s", said)
	}
	for n, conn := range bodies {
		want := "HTTP/1.1 408"
		if n%2 == 0 {
			want = "HTTP/1.1 400"
		}
		cut.Add(1)
		if said := conn.end(t); !strings.HasPrefix(said, want) {
			t.Errorf("a body that does not come, number %d: %.300s", n, said)
		}
	}
	if status, _, _ := c.do("GET", "/Users", ""); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}

// X51: neither an absolute form, an old protocol nor a header leads past the token, and nobody is
// sent anywhere else.
func TestNoFormOfARequestLeadsPastTheToken(t *testing.T) {
	t.Parallel()
	odd := board.Begin(t, "X51").Sum("odd requests", 28)
	i := alone(t, "", quickServer)
	i.serve(t)
	c := i.client(t, "t0")
	const path = "/t/t0/scim/v2/Users"
	for name, line := range map[string]string{
		"absolute form":      "GET http://evil.example" + path + " HTTP/1.1\r\nHost: " + i.addr,
		"absolute, own host": "GET http://" + i.addr + path + " HTTP/1.1\r\nHost: evil.example",
		"HTTP/1.0":           "GET " + path + " HTTP/1.0",
		"another path named": "GET " + path + " HTTP/1.1\r\nHost: x\r\nX-Original-URL: /healthz\r\nX-Rewrite-URL: /healthz",
		"a health path":      "GET /healthz/.." + path + " HTTP/1.1\r\nHost: x",
		"doubled slashes":    "GET //" + path + " HTTP/1.1\r\nHost: x",
		"encoded":            "GET /%74/t0/scim/v2/%55sers HTTP/1.1\r\nHost: x",
		"dots":               "GET /t/t0/scim/v2/../v2/Users HTTP/1.1\r\nHost: x",
		"encoded dots":       "GET /t/t1/%2e%2e/t0/scim/v2/Users HTTP/1.1\r\nHost: x",
		"a parameter":        "GET /t/t0;x=1/scim/v2/Users HTTP/1.1\r\nHost: x",
		"a zero byte":        "GET /t/t0%00/scim/v2/Users HTTP/1.1\r\nHost: x",
		"h2c upgrade":        "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
		"CONNECT":            "CONNECT " + path + " HTTP/1.1\r\nHost: x",
		"an asterisk":        "OPTIONS * HTTP/1.1\r\nHost: x",
	} {
		for _, known := range []bool{false, true} {
			conn := i.dial(t)
			auth := ""
			if known {
				auth = "Authorization: Bearer " + c.token + "\r\n"
			}
			fmt.Fprintf(conn, "%s\r\n%s\r\n", line, auth)
			resp, err := http.ReadResponse(conn.Reader, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
			_ = resp.Body.Close()
			odd.Add(1)
			open := name == "an asterisk" // net/http answers it itself, and it names nothing
			if !known && !open && resp.StatusCode != 401 && resp.StatusCode != 404 && resp.StatusCode != 400 {
				t.Errorf("%s, without a token: %d %s", name, resp.StatusCode, text)
			}
			if resp.StatusCode/100 == 3 || strings.Contains(string(text), "evil.example") {
				t.Errorf("%s: %d %s", name, resp.StatusCode, text)
			}
		}
	}
}

// The process tells the runtime to stay below its soft limit, unless the environment says another.
func TestTheMemoryLimitIsASetting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ setting, want string }{
		"default": {"", "2.68435456e+08"}, "setting": {", memory_limit: 128MiB", "1.34217728e+08"},
	} {
		i := alone(t, "", quickServer+c.setting)
		i.serve(t)
		if got := i.metric(t, "go_gc_gomemlimit_bytes"); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// metric is the value of a line of /metrics, empty when there is none.
func (i *installation) metric(t *testing.T, line string) (value string) {
	t.Helper()
	metrics(t, i.addr, func(name, number string) {
		if name == line && value == "" {
			value = number
		}
	})
	return value
}

// metrics goes through what a process measures.
func metrics(t *testing.T, addr string, each func(name, value string)) {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if at := strings.LastIndexByte(lines.Text(), ' '); at > 0 && !strings.HasPrefix(lines.Text(), "#") {
			each(lines.Text()[:at], lines.Text()[at+1:])
		}
	}
}
