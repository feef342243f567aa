package notifytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Post is a call of a webhook that arrived.
type Post struct {
	ID, Timestamp, Signature string
	Body                     string
}

// Genuine checks the signature as a receiver does that knows the secret (whsec_…).
func (p Post) Genuine(secret string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, p.ID+"."+p.Timestamp+"."+p.Body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for have := range strings.FieldsSeq(p.Signature) {
		if hmac.Equal([]byte(have), []byte(want)) {
			return true
		}
	}
	return false
}

// Receiver is a webhook on this machine.
type Receiver struct {
	URL string

	mu     sync.Mutex
	status int
	posts  []Post
}

// NewReceiver starts a receiver that answers 204.
func NewReceiver(tb testing.TB) *Receiver {
	tb.Helper()
	r := &Receiver{status: http.StatusNoContent}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.posts = append(r.posts, Post{req.Header.Get("webhook-id"), req.Header.Get("webhook-timestamp"), req.Header.Get("webhook-signature"), string(body)})
		w.WriteHeader(r.status)
	}))
	tb.Cleanup(server.Close)
	r.URL = server.URL + "/hook"
	return r
}

// Answer has the receiver answer with the status from now on.
func (r *Receiver) Answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// Posts are all calls so far, answered well or not.
func (r *Receiver) Posts() []Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Post(nil), r.posts...)
}
