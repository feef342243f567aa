package rest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Reliability rules 1.2(5): before each call it is asked whether the lease still is the caller's.
func TestNoCallGoesOutWithoutAPermit(t *testing.T) {
	t.Parallel()
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	client, err := rest.New(rest.Options{Product: "test", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var lost error
	ctx := connectors.OnlyWhile(t.Context(), func() error { return lost })
	if _, err := client.Do(ctx, rest.Call{Method: http.MethodPost, Path: "/users"}); err != nil {
		t.Fatal(err)
	}
	lost = errors.New("the lease may be over")
	_, err = client.Do(ctx, rest.Call{Method: http.MethodPost, Path: "/users"})
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Transient || fault.Uncertain || !errors.Is(err, lost) || !errors.Is(err, connectors.ErrNoPermit) {
		t.Errorf("without a permit: %v", err)
	}
	if calls != 1 {
		t.Errorf("%d calls went out", calls)
	}
}
