package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"scimrelay/scim"
)

// client is an identity provider that provisions one tenant.
type client struct {
	tenant, secret, base string
	http                 *http.Client
}

// call is one request. Its target is relative to the tenant's base URL, or to what is above it
// after ../, and is sent as it stands, but for the characters no request line may hold.
type call struct {
	method, target string
	header         http.Header
	body           string
	unannounced    bool // how long the body is
}

// chunked is the call without the length of its body.
func (c call) chunked() call {
	c.unannounced = true
	return c
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   string
}

const token = "Authorization"

// do sends the request with the client's token, unless the call brings its own header.
func (c *client) do(tb testing.TB, in call) answer {
	tb.Helper()
	out, err := c.send(tb, in)
	if err != nil {
		tb.Fatalf("%s %s: %v", in.method, in.target, err)
	}
	return out
}

func (c *client) send(tb testing.TB, in call) (answer, error) {
	base, target := c.base, strings.TrimPrefix(in.target, "/")
	for strings.HasPrefix(target, "../") {
		base, target = base[:strings.LastIndexByte(base, '/')], strings.TrimPrefix(target, "../")
	}
	req, err := http.NewRequestWithContext(tb.Context(), in.method, base+"/"+escaped(target), strings.NewReader(in.body))
	if err != nil {
		return answer{}, err
	}
	req.Header = in.header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if _, own := req.Header[token]; !own {
		req.Header.Set(token, "Bearer "+c.secret)
	}
	if _, own := req.Header["Content-Type"]; !own && in.body != "" {
		req.Header.Set("Content-Type", scim.MediaType+"; charset=utf-8")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

// escaped percent-encodes what a URL cannot hold and leaves everything that may mean
// something in one.
func escaped(target string) string {
	var b strings.Builder
	for _, c := range []byte(target) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}#", c) >= 0 {
			const hex = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func get(target string) call        { return call{method: http.MethodGet, target: target} }
func post(target, body string) call { return call{method: http.MethodPost, target: target, body: body} }
func put(target, body string) call  { return call{method: http.MethodPut, target: target, body: body} }
func patch(target, body string) call {
	return call{method: http.MethodPatch, target: target, body: body}
}
func remove(target string) call { return call{method: http.MethodDelete, target: target} }
func (c call) with(name string, values ...string) call {
	c.header = c.header.Clone()
	if c.header == nil {
		c.header = http.Header{}
	}
	c.header[name] = values
	return c
}

// want fails the test unless the answer has the status.
func (a answer) want(tb testing.TB, status int) answer {
	tb.Helper()
	if a.status != status {
		tb.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// value is a member of the answer's object, nil if it has none.
func (a answer) value(name string) any {
	doc := scim.Document{}
	_ = json.Unmarshal([]byte(a.body), &doc)
	return doc[name]
}

func (a answer) text(name string) string {
	text, _ := a.value(name).(string)
	return text
}

// user is the body of a user with the name.
func user(name string) string {
	return `{"schemas":["` + scim.SchemaUser + `"],"userName":"` + name + `"}`
}

// operations is a PATCH of the operations.
func operations(ops ...string) string {
	return `{"schemas":["` + scim.MessagePatch + `"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

// created makes a user and returns its id.
func (c *client) created(tb testing.TB, name string) (id string) {
	tb.Helper()
	return c.do(tb, post("/Users", user(name))).want(tb, http.StatusCreated).text("id")
}
