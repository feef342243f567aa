package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"scimrelay/internal/board"

	"scimrelay/connectors"
	"scimrelay/connectors/all"
	"scimrelay/relay"
	"scimrelay/scim"
)

// faulty answers the request of that number itself, and lets the others go to the vendor.
type faulty struct {
	vendor http.RoundTripper
	number int
	status int // 0 cuts the connection

	hit  string         // the request that it answered
	seen map[string]int // requests of the present operation, by all that makes them one
	n    int
}

// RoundTrip implements http.RoundTripper.
func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	request := fmt.Sprintf("%s %s %s", r.Method, r.URL, body)
	f.seen[request]++
	if f.n++; f.n != f.number {
		return f.vendor.RoundTrip(r)
	}
	f.hit = request
	if f.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: f.status, Request: r, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewBufferString("{}"))}, nil
}

// There is one layer that retries, and it is the relay: whichever of a connector's calls fails,
// and however, the connector does not make it again. The one exception is a call that the vendor
// refused because its login was over, which is made once more with a new one.
func TestConnectorsNeverRetry(t *testing.T) {
	t.Parallel()
	faults := board.Begin(t, "V23").Sum("faults that a connector met", 200)
	for _, s := range all.Simulators() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			p := newPlant(t, s, nil)
			hits := 0
			for _, status := range []int{0, 401, 408, 429, 500, 502, 503, 504} {
				for number := 1; number <= 6; number++ {
					f := &faulty{vendor: p.wire, number: number, status: status, seen: make(map[string]int)}
					p.opener = &relay.Opener{Relay: p.opener.Relay, Tenants: p, Products: p.opener.Products, Env: connectors.Env{Transport: f}}
					employ(t, p.session(), fmt.Sprintf("n%dx%d", status, number), func(operation string) {
						most := 1
						if status == http.StatusUnauthorized {
							most = 2
						}
						if f.hit == "" {
							clear(f.seen)
							return
						}
						hits++
						if n := f.seen[f.hit]; n > most {
							t.Errorf("%s: %d requests %q after %d", operation, n, f.hit, status)
						}
						f.hit = ""
						clear(f.seen)
					})
				}
			}
			if faults.Add(int64(hits)); hits < 10 {
				t.Errorf("%d faults were hit: the test looks past the calls", hits)
			}
		})
	}
}

// employ does with a person what a relay does, each operation whatever became of the one before.
func employ(t *testing.T, s *relay.Session, name string, done func(operation string)) {
	t.Helper()
	record, err := s.Mapping.For(scim.TypeUser).Record("resource-"+name, personDoc(name, 7))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	have, err := s.Connector.Find(ctx, record)
	done("find")
	if err == nil || connectors.Is(err, connectors.NotFound) {
		have, err = s.Connector.Create(ctx, record)
		done("create")
	}
	if err != nil {
		return
	}
	doc := personDoc(name, 7)
	doc["name"] = map[string]any{"givenName": "Other", "familyName": "Name"}
	doc["displayName"] = "Other Name"
	if record, err = s.Mapping.For(scim.TypeUser).Record("resource-"+name, doc); err != nil {
		t.Fatal(err)
	}
	record.VendorID = have.ID
	_, _ = s.Connector.Update(ctx, have, record)
	done("update")
	if d, ok := s.Connector.(connectors.Deactivator); ok {
		_, _ = d.Deactivate(ctx, have)
		done("deactivate")
	}
}
