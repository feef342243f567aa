package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimrelay/store"
)

// prefer posts a user whose client wants to hear later, and returns the transaction.
func (b *bench) prefer(t *testing.T, user string) (txn string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.front.URL+"/t/sage/scim/v2/Users", strings.NewReader(user))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	req.Header.Set("Prefer", "respond-async")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if txn = resp.Header.Get("Set-Txn"); resp.StatusCode != http.StatusAccepted || txn == "" {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	return txn
}

// event polls, waiting, for the one event there is to be, and returns its claims.
func (b *bench) event(t *testing.T, body string) (claims map[string]any) {
	t.Helper()
	_, answer := b.send(t, http.MethodPost, "/t/sage/events", body)
	var read struct{ Sets map[string]string }
	if err := json.Unmarshal([]byte(answer), &read); err != nil || len(read.Sets) != 1 {
		t.Fatalf("%s: %v", answer, err)
	}
	for _, token := range read.Sets {
		text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err == nil {
			err = json.Unmarshal(text, &claims)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return claims
}

// fault has the vendor fail.
func (b *bench) fault(t *testing.T, knobs string) {
	t.Helper()
	rec := httptest.NewRecorder()
	b.host.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/_sim/sage/faults", strings.NewReader(knobs)))
	if rec.Code >= 300 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
}

func outcome(claims map[string]any) map[string]any {
	events, _ := claims["events"].(map[string]any)
	payload, _ := events["urn:ietf:params:scim:event:misc:asyncresp"].(map[string]any)
	return payload
}

// The walk of docs/async.md, with the vendor at the other end.
func TestAnAnswerComesLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	person := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%[1]s@acme.example","name":{"givenName":"Ines","familyName":"%[1]s"},
		"emails":[{"type":"work","value":"%[1]s@acme.example","primary":true}],"phoneNumbers":[{"type":"work","value":"+33 155550012"}]}`
	txn := b.prefer(t, fmt.Sprintf(person, "ines"))
	first := b.event(t, `{}`)
	if first["txn"] != txn || outcome(first)["status"] != "201" {
		t.Errorf("%v", first)
	}
	b.fault(t, `{"rules":[{"method":"POST","path":"/api/v4/users","status":400}]}`)
	txn = b.prefer(t, fmt.Sprintf(person, "bea"))
	second := b.event(t, fmt.Sprintf(`{"ack":[%q]}`, first["jti"]))
	response, _ := outcome(second)["response"].(map[string]any)
	if second["txn"] != txn || outcome(second)["status"] != "400" || response["detail"] != "sage: sage answered 400 to POST /users: simulated fault" {
		t.Errorf("%v", second)
	}
}

// A gateway that ends does not wait for those who only wait.
func TestAWaitingPollHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.gateway.answer(ctx, listener) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String()+"/t/sage/events", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	begun := time.Now()
	time.AfterFunc(100*time.Millisecond, stop)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if err := <-ended; err != nil || resp.StatusCode != http.StatusOK || time.Since(begun) > 10*time.Second {
		t.Errorf("%s after %s: %v", resp.Status, time.Since(begun), err)
	}
}

// A gateway that starts anew signs with the key it had.
func TestTheKeyOfEventsIsKept(t *testing.T) {
	t.Parallel()
	config := installed(t)
	keys := func() string {
		t.Helper()
		in, err := configFlag{Config: config}.load("")
		if err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), in.config.Store.URL.Reveal(), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		signer, err := eventSigner(t.Context(), in.config, s, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return string(signer.KeySet())
	}
	if first, second := keys(), keys(); first != second {
		t.Errorf("%s, then %s", first, second)
	}
	file, err := os.Stat(filepath.Join(filepath.Dir(config), "events.key"))
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", file, err)
	}
}
