package connectortest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"scimrelay/connectors"
)

// quoter stands before the simulator as a vendor that quotes, in what it refuses, the headers it
// was sent.
type quoter struct {
	vendor http.Handler
	paths  []string // behind the product's name

	mu     sync.Mutex
	shape  string // of the refusal, with %s where the words stand; none passes calls on
	status int
	all    bool // calls that log in are refused, too
	quoted map[string]bool
}

func (h Harness) quoter(vendor http.Handler) *quoter {
	q := &quoter{vendor: vendor, quoted: map[string]bool{}}
	for _, p := range h.Paths {
		q.paths = append(q.paths, "/"+h.Product.Name+p)
	}
	return q
}

// shapes are how vendors put their words: the usual ones, and those of products that look for them
// in a place of their own. A product may well not find them in some.
func shapes() []string {
	return []string{
		`{"Message":%s}`,
		`{"message":%s}`,
		`{"details":%s}`,
		`{"errors":{"globalErrors":[%s]}}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":%s}}`,
	}
}

func (q *quoter) turn(status int, shape string, all bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.status, q.shape, q.all = status, shape, all
}

// ServeHTTP implements http.Handler.
func (q *quoter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q.mu.Lock()
	status, shape := q.status, q.shape
	hit := q.all || slices.ContainsFunc(q.paths, func(p string) bool { matched, _ := path.Match(p, r.URL.Path); return matched })
	words := quotes(r.Header)
	if shape != "" && hit {
		for _, word := range words {
			q.quoted[word] = true
		}
	}
	q.mu.Unlock()
	if shape == "" || !hit {
		q.vendor.ServeHTTP(w, r)
		return
	}
	text, _ := json.Marshal(strings.Join(words, " and ") + " were revoked")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, shape, text)
}

// quotes are what a vendor may make of the headers: whole, without the scheme, and unpacked. What
// every client says of itself is left out.
func quotes(header http.Header) (words []string) {
	usual := []string{"Accept", "Accept-Encoding", "Content-Length", "Content-Type", "User-Agent"}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if slices.Contains(usual, name) {
			continue
		}
		for _, value := range header[name] {
			words = append(words, value)
			scheme, behind, _ := strings.Cut(value, " ")
			if behind != "" {
				words = append(words, behind)
			}
			if pair, err := base64.StdEncoding.DecodeString(behind); err == nil && scheme == "Basic" {
				_, password, _ := strings.Cut(string(pair), ":")
				plain, _ := url.QueryUnescape(password)
				words = append(words, string(pair), password, plain)
			}
		}
	}
	return words
}

// headersQuoted shows refusals that quote what authenticated the call, to a target that has worked
// before and to one that has yet to log in.
func headersQuoted(t *testing.T, h Harness) {
	w := h.world(t)
	credentials := h.Customer("canary-secret")
	s := w.open(credentials, 0)
	known := w.record(s, 1)
	known.VendorID = w.create(s, known).ID
	for _, shape := range shapes() {
		for _, status := range []int{http.StatusUnauthorized, http.StatusBadRequest} {
			for _, all := range []bool{false, true} {
				to := s
				if all {
					to = w.open(credentials, 0)
				}
				w.front.turn(status, shape, all)
				w.tell(to, known)
				w.front.turn(0, "", false)
			}
		}
	}
	quoted := slices.DeleteFunc(slices.Sorted(maps.Keys(w.front.quoted)), func(word string) bool { return len(word) < 8 })
	if len(quoted) == 0 {
		t.Fatal("no call carries credentials in a header")
	}
	w.search(t, w.said.String(), credentials, quoted...)
}

// tell makes the calls whose errors an administrator reads.
func (w *world) tell(s subject, known connectors.Record) {
	_, err := s.Find(w.t.Context(), known)
	fmt.Fprintln(w.said, err)
	_, err = s.Create(w.t.Context(), w.record(s, 2))
	fmt.Fprintln(w.said, err)
	fmt.Fprintln(w.said, connectors.Probe(w.t.Context(), s.Connector))
	if c, ok := s.Connector.(connectors.Checker); ok {
		report, err := c.Check(w.t.Context())
		fmt.Fprintln(w.said, report, err)
	}
}
