package rest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"scimrelay/connectors/internal/rest"
)

// A plus is a space to form decoders only: a vendor that decodes as RFC 3986 says must read it too.
func TestSpacesInQueriesAreReadByEverybody(t *testing.T) {
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sent = r.URL.RawQuery }))
	defer server.Close()
	client, err := rest.New(rest.Options{Product: "p", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Do(t.Context(), rest.Call{Method: http.MethodGet, Path: "/x", Query: url.Values{"q": {"a b+c"}}}); err != nil {
		t.Fatal(err)
	}
	if sent != "q=a%20b%2Bc" {
		t.Errorf("sent %q", sent)
	}
}
