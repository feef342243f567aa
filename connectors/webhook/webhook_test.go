package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"scimrelay/configs"
	"scimrelay/connectors/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	oldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// request is what a receiver saw.
type request struct {
	header http.Header
	uri    string
	body   string
}

// receiver answers every call in one way and keeps what it saw.
func receiver(t *testing.T, answer func(http.ResponseWriter)) (base string, seen func() []request) {
	t.Helper()
	calls := make(chan request, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls <- request{r.Header, r.RequestURI, string(body)}
		answer(w)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() (all []request) {
		for len(calls) > 0 {
			all = append(all, <-calls)
		}
		return all
	}
}

// genuine checks the signatures as a receiver that knows one secret does.
func genuine(r request, secret string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, r.header.Get("webhook-id")+"."+r.header.Get("webhook-timestamp")+"."+r.body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for have := range strings.FieldsSeq(r.header.Get("webhook-signature")) {
		if hmac.Equal([]byte(have), []byte(want)) {
			return true
		}
	}
	return false
}

func secrets(values ...string) (all []configs.Secret) {
	for _, v := range values {
		all = append(all, configs.NewSecret(v))
	}
	return all
}

func TestTheVectorOfTheScheme(t *testing.T) {
	t.Parallel()
	got, err := webhook.Sign(configs.NewSecret(oldSecret), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want || err != nil {
		t.Fatalf("%s, %v", got, err)
	}
}

func TestWhatArrivesIsSignedByEachSecret(t *testing.T) {
	t.Parallel()
	base, seen := receiver(t, func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>thanks</html>") })
	caller := webhook.Caller{Now: func() time.Time { return time.Unix(1700000000, 5) }}
	err := caller.Post(t.Context(), webhook.Message{ID: "m1", URL: base + "/hooks/T0%2F1//x/?room=a+b&key=1", Secrets: secrets(newSecret, oldSecret),
		Body: json.RawMessage(`{ "text": "a < b & ü" }`)})
	if err != nil {
		t.Fatal(err)
	}
	r := seen()[0]
	if r.uri != "/hooks/T0%2F1//x/?key=1&room=a%20b" || r.header.Get("webhook-id") != "m1" || r.header.Get("webhook-timestamp") != "1700000000" ||
		r.header.Get("Content-Type") != "application/json" || r.header.Get("Traceparent") != "" {
		t.Errorf("%+v", r)
	}
	if !genuine(r, newSecret) || !genuine(r, oldSecret) || genuine(r, "whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32))) {
		t.Errorf("signatures %s", r.header.Get("webhook-signature"))
	}
	var read struct{ Text string }
	if err := json.Unmarshal([]byte(r.body), &read); err != nil || read.Text != "a < b & ü" {
		t.Errorf("%s: %v", r.body, err)
	}
}

func TestAnswersMeanDeliveredGoneOrAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string
	}{
		"accepted":        {func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) }, ""},
		"no content":      {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }, ""},
		"gone":            {func(w http.ResponseWriter) { w.WriteHeader(http.StatusGone) }, "the receiver answered 410 Gone"},
		"a redirect":      {func(w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(http.StatusFound) }, "the receiver answered 302"},
		"not found":       {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, "the receiver answered 404"},
		"trouble":         {func(w http.ResponseWriter) { http.Error(w, "canary@person.example", 500) }, "the receiver answered 500"},
		"too many":        {func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }, "the receiver answered 429"},
		"an endless page": {func(w http.ResponseWriter) { _, _ = w.Write(bytes.Repeat([]byte("x"), 11<<20)) }, "the answer is larger than 10 MiB"},
	} {
		base, seen := receiver(t, c.answer)
		err := webhook.Caller{}.Post(t.Context(), webhook.Message{ID: "m", URL: base, Body: json.RawMessage(`{}`)})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want || errors.Is(err, webhook.ErrGone) != (name == "gone") || len(seen()) != 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestWhatCannotBeReachedIsSaidWithoutNamingIt(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	caller := webhook.Caller{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	post := func(ctx context.Context, url string, with ...string) error {
		return caller.Post(ctx, webhook.Message{ID: "m", URL: url, Secrets: secrets(with...), Body: json.RawMessage(`{"n":"canary"}`)})
	}
	for name, err := range map[string]error{
		"nobody listens":           post(t.Context(), "http://127.0.0.1:1/canary?k=canary", newSecret),
		"a name that leads inside": post(t.Context(), "https://localhost.localdomain.invalid/canary"),
		"a caller who left":        post(ended, "http://127.0.0.1:1/canary"),
		"plain http":               post(t.Context(), "http://hooks.example/canary"),
		"a user":                   post(t.Context(), "https://u:canary@hooks.example/"),
		"no URL":                   post(t.Context(), "::canary"),
		"a secret that is none":    post(t.Context(), "http://127.0.0.1:1/", "canary"),
	} {
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "vendor") {
			t.Errorf("%s: %v", name, err)
		}
	}
	base, _ := receiver(t, func(w http.ResponseWriter) {})
	if err := post(t.Context(), base+"/canary", newSecret); err != nil {
		t.Error(err)
	}
	if got := log.String(); !strings.Contains(got, "product=webhook") || strings.Contains(got, "canary") || strings.Contains(got, newSecret) {
		t.Errorf("log: %s", got)
	}
}
