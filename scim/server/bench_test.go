package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/server"
)

// rounds is in how many turns the front and its baselines share a measurement, so that a
// machine that gets slower or faster does so for all of them.
const rounds = 4

// entraUser is what Entra sends for a new employee; %[1]s is what makes it another one.
const entraUser = `{"schemas":["` + scim.SchemaUser + `","` + scim.SchemaEnterprise + `"],
"externalId":"ext-%[1]s","userName":"%[1]s@acme.example","active":true,"displayName":"Ines Moreau","title":"Head of Purchasing",
"preferredLanguage":"fr-FR","emails":[{"type":"work","value":"%[1]s@acme.example","primary":true}],
"meta":{"resourceType":"User"},"name":{"formatted":"Ines Moreau","familyName":"Moreau","givenName":"Ines"},
"addresses":[{"type":"work","formatted":"12 Quai Neuf, 44000 Nantes","streetAddress":"12 Quai Neuf","locality":"Nantes","postalCode":"44000","country":"France"}],
"phoneNumbers":[{"type":"work","value":"+33 1-55 55 (0)12"},{"type":"mobile","value":"+33 600000000"}],
"` + scim.SchemaEnterprise + `":{"employeeNumber":"E-4711","department":"Purchasing","manager":{"value":"0190b6a0-7c1e-7b1e-8f11-0d9a4be0aa01"}},
"roles":[]}`

// BenchmarkPosts measures acknowledged creations beside bare Gin handlers in one run. It
// reports posts/s of the front, and of each baseline its posts/s and the front's share of them.
func BenchmarkPosts(b *testing.B) {
	for name, open := range stores {
		for _, clients := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/clients=%d/direct", name, clients), func(b *testing.B) { compare(b, open(b), clients, direct) })
			b.Run(fmt.Sprintf("%s/clients=%d/loopback", name, clients), func(b *testing.B) { compare(b, open(b), clients, loopback) })
		}
	}
}

// sender sends one POST and returns the answer's status.
type sender func(body, authorization string) int

func compare(b *testing.B, storeURL string, clients int, connect func(testing.TB, http.Handler, string) sender) {
	w := newWorld(b, storeURL, func(s *server.Server) { s.Log = quiet })
	c := w.tenant(b, "sage")
	path := server.Prefix + c.tenant + "/scim/v2/Users"
	front := connect(b, w.http.Config.Handler, path)
	baselines := map[string]sender{"parse": connect(b, parseOnly(path), path)}
	for name, handler := range committing(b, storeURL, path) {
		baselines[name] = connect(b, handler, path)
	}
	took := make(map[string]time.Duration)
	var serial atomic.Int64
	posts := func(send sender, n int) time.Duration {
		start := time.Now()
		var left atomic.Int64
		left.Store(int64(n))
		var all sync.WaitGroup
		for range clients {
			all.Go(func() {
				for left.Add(-1) >= 0 {
					body := fmt.Sprintf(entraUser, fmt.Sprint("user-", serial.Add(1)))
					if status := send(body, "Bearer "+c.secret); status != http.StatusCreated {
						b.Errorf("status %d", status)
						return
					}
				}
			})
		}
		all.Wait()
		return time.Since(start)
	}
	b.ResetTimer()
	for round := range rounds {
		n := b.N*(round+1)/rounds - b.N*round/rounds
		b.StartTimer()
		took["front"] += posts(front, n)
		b.StopTimer()
		for name, send := range baselines {
			took[name] += posts(send, n)
		}
	}
	for name := range baselines {
		b.ReportMetric(float64(b.N)/took[name].Seconds(), name+"/s")
		b.ReportMetric(took[name].Seconds()/took["front"].Seconds(), "of_"+name)
	}
	b.ReportMetric(float64(b.N)/took["front"].Seconds(), "posts/s")
}

// direct calls the handler.
func direct(_ testing.TB, handler http.Handler, path string) sender {
	return func(body, authorization string) int {
		req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		req.Header.Set("Content-Type", scim.MediaType)
		req.Header.Set(token, authorization)
		recorder := &status{header: http.Header{}}
		handler.ServeHTTP(recorder, req)
		return recorder.code
	}
}

// status is an http.ResponseWriter that keeps only the status.
type status struct {
	header http.Header
	code   int
}

func (s *status) Header() http.Header         { return s.header }
func (s *status) WriteHeader(code int)        { s.code = code }
func (s *status) Write(p []byte) (int, error) { return len(p), nil }

// loopback calls the handler through a server, on connections that stay open.
func loopback(tb testing.TB, handler http.Handler, path string) sender {
	listening := httptest.NewServer(handler)
	tb.Cleanup(listening.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	tb.Cleanup(client.CloseIdleConnections)
	return func(body, authorization string) int {
		req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, listening.URL+path, strings.NewReader(body))
		if err != nil {
			return 0
		}
		req.Header.Set("Content-Type", scim.MediaType)
		req.Header.Set(token, authorization)
		resp, err := client.Do(req)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
}
