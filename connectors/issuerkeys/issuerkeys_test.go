package issuerkeys_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/issuerkeys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const path = "/3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44/discovery/v2.0/keys"

// provider publishes one answer at the path.
func provider(t *testing.T, status int, contentType, body string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path || r.Method != http.MethodGet || r.Header.Get("Authorization") != "" {
			status = http.StatusNotFound
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL + path
}

func TestTheDocumentComesAsItIs(t *testing.T) {
	t.Parallel()
	const document = `{"keys":[{"kty":"RSA"}]}`
	got, err := issuerkeys.Source{}.Keys(t.Context(), provider(t, http.StatusOK, "application/json; charset=utf-8", document))
	if err != nil || string(got) != document {
		t.Fatalf("%s, %v", got, err)
	}
}

func TestWhatIsNoDocumentIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		class       connectors.Class // empty for what is no answer's fault
	}{
		"a page":                {http.StatusOK, "text/html", "<html>", connectors.Nonsense},
		"broken JSON":           {http.StatusOK, "application/json", "{", connectors.Nonsense},
		"a redirect":            {http.StatusFound, "application/json", "{}", connectors.Nonsense},
		"an unknown tenant":     {http.StatusBadRequest, "application/json", `{"error":"invalid_tenant"}`, connectors.Invalid},
		"trouble":               {http.StatusServiceUnavailable, "application/json", "{}", connectors.Transient},
		"nothing":               {http.StatusOK, "application/json", "", ""},
		"a quarter of a MiB":    {http.StatusOK, "application/json", `"` + strings.Repeat("x", 256<<10) + `"`, ""},
		"more than may be read": {http.StatusOK, "application/json", `"` + strings.Repeat("x", 11<<20) + `"`, connectors.Nonsense},
	} {
		got, err := issuerkeys.Source{}.Keys(t.Context(), provider(t, c.status, c.contentType, c.body))
		if err == nil || got != nil || c.class != "" && !connectors.Is(err, c.class) {
			t.Errorf("%s: %.100s, %v", name, got, err)
		}
	}
}

func TestOnlyGuardedAddressesAreAsked(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, url := range map[string]string{
		"plain http":        "http://login.example" + path,
		"another scheme":    "file:///etc/passwd",
		"no URL":            "::",
		"no path":           "https://login.example",
		"a query":           "https://login.example" + path + "?x=y",
		"a user":            "https://u:p@login.example" + path,
		"a fragment":        "https://login.example" + path + "#x",
		"a path of its own": "https://login.example/{x}",
		"a caller who left": "https://127.0.0.1:1" + path,
	} {
		ctx := t.Context()
		if strings.HasPrefix(name, "a caller") {
			ctx = ended
		}
		if got, err := (issuerkeys.Source{}).Keys(ctx, url); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
