package session_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"

	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/connectors/internal/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// vendor accepts the token of its last login, and counts.
type vendor struct {
	client *rest.Client
	now    time.Time
	life   time.Duration
	// refuses is the status that every call is answered by, none when it is 0.
	refuses atomic.Int64
	logins  atomic.Int64
	calls   atomic.Int64
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), life: 50 * time.Minute}
	v.client = serve(t, func(w http.ResponseWriter, r *http.Request) {
		v.calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		switch status := int(v.refuses.Load()); {
		case status != 0:
			w.WriteHeader(status)
		case r.Header.Get("Authorization") != v.token():
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = w.Write([]byte(`{}`))
	})
	return v
}

// serve answers on the loopback address.
func serve(t *testing.T, handler http.HandlerFunc) *rest.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := rest.New(rest.Options{Product: "acme", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func (v *vendor) token() string { return fmt.Sprint("Bearer token-", v.logins.Load()) }

func (v *vendor) open() *session.Session {
	return &session.Session{Client: v.client, Header: session.Bearer, Now: func() time.Time { return v.now },
		Fetch: func(context.Context) (session.Token, error) {
			return session.Token{Value: fmt.Sprint("token-", v.logins.Add(1)), Life: v.life}, nil
		}}
}

// counted tells logins and calls since the last look.
func (v *vendor) counted(t *testing.T, logins, calls int64) {
	t.Helper()
	if l, c := v.logins.Load(), v.calls.Swap(0); l != logins || c != calls {
		t.Errorf("%d logins and %d calls, want %d and %d", l, c, logins, calls)
	}
}

func read() rest.Call { return rest.Call{Method: http.MethodGet, Path: "/things"} }

func TestCallsAtTheSameTimeShareALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logins, begun, end := 0, make(chan struct{}), make(chan struct{})
		s := &session.Session{Now: time.Now, Fetch: func(context.Context) (session.Token, error) {
			logins++
			close(begun)
			<-end
			return session.Token{Value: "token"}, nil
		}}
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if err := s.Login(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		<-begun
		synctest.Wait() // all the others wait as well
		close(end)
		group.Wait()
		if logins != 1 {
			t.Errorf("%d logins", logins)
		}
	})
}

func TestAWaiterWhoGivesUpReturnsAtOnceAndTheLoginGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logins, end := 0, make(chan struct{})
		s := &session.Session{Now: time.Now, Fetch: func(ctx context.Context) (session.Token, error) {
			logins++
			<-end
			return session.Token{Value: "token"}, ctx.Err()
		}}
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error)
		go func() { gaveUp <- s.Login(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-gaveUp; !connectors.Is(err, connectors.Transient) {
			t.Errorf("gave up with %v", err)
		}
		close(end)
		if err := s.Login(t.Context()); err != nil || logins != 1 {
			t.Errorf("%d logins, %v", logins, err)
		}
	})
}

func TestALoginIsRenewedAtTheEndOfItsLife(t *testing.T) {
	v := newVendor(t)
	s := v.open()
	for _, step := range []struct {
		after  time.Duration
		logins int64
	}{{0, 1}, {49 * time.Minute, 1}, {time.Minute, 2}, {49 * time.Minute, 2}} {
		v.now = v.now.Add(step.after)
		if _, err := s.Do(t.Context(), read()); err != nil {
			t.Fatal(err)
		}
		v.counted(t, step.logins, 1)
	}
}

func TestALoginWithoutALifeIsKept(t *testing.T) {
	v := newVendor(t)
	v.life = 0
	s := v.open()
	for range 2 {
		if _, err := s.Do(t.Context(), read()); err != nil {
			t.Fatal(err)
		}
		v.now = v.now.Add(1000 * time.Hour)
	}
	v.counted(t, 1, 2)
}

func TestARefusedCallIsRepeatedOnceAndNeverTwice(t *testing.T) {
	v := newVendor(t)
	s := v.open()
	if err := s.Login(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.logins.Add(1) // the vendor has forgotten the first
	if _, err := s.Do(t.Context(), rest.Call{Method: http.MethodPost, Path: "/things", Body: map[string]any{}}); err != nil {
		t.Errorf("after a fresh login: %v", err)
	}
	v.counted(t, 3, 2)
	v.refuses.Store(http.StatusUnauthorized)
	if _, err := s.Do(t.Context(), read()); !connectors.Is(err, connectors.Auth) {
		t.Errorf("refused for good: %v", err)
	}
	v.counted(t, 4, 2)
}

func TestWhatIsARefusalOfTheSessionIsTheProductsToSay(t *testing.T) {
	v := newVendor(t)
	v.refuses.Store(http.StatusForbidden)
	s := v.open()
	if _, err := s.Do(t.Context(), read()); !connectors.Is(err, connectors.Denied) {
		t.Error(err)
	}
	v.counted(t, 1, 1)
	s.Refused = func(f *connectors.Fault) bool { return f.Class == connectors.Denied }
	if _, err := s.Do(t.Context(), read()); !connectors.Is(err, connectors.Denied) {
		t.Error(err)
	}
	v.counted(t, 2, 2)
	v.refuses.Store(http.StatusBadRequest)
	if _, err := s.Do(t.Context(), read()); !connectors.Is(err, connectors.Invalid) {
		t.Error(err)
	}
	v.counted(t, 2, 1)
}

func TestALoginThatFailsIsTriedAgainByTheNextCall(t *testing.T) {
	v := newVendor(t)
	s := v.open()
	fetch := s.Fetch
	for _, answer := range []struct {
		token session.Token
		err   error
		class connectors.Class
	}{
		{session.Token{}, connectors.Faultf(connectors.Auth, "no"), connectors.Auth},
		{session.Token{}, nil, connectors.Nonsense},
	} {
		s.Fetch = func(context.Context) (session.Token, error) { return answer.token, answer.err }
		if _, err := s.Do(t.Context(), read()); !connectors.Is(err, answer.class) {
			t.Errorf("got %v, want %s", err, answer.class)
		}
	}
	s.Fetch = fetch
	if _, err := s.Do(t.Context(), read()); err != nil {
		t.Error(err)
	}
	v.counted(t, 1, 1)
}

func TestACallKeepsItsOwnHeaders(t *testing.T) {
	var got http.Header
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		w.WriteHeader(http.StatusNoContent)
	})
	s := &session.Session{Client: client, Now: time.Now,
		Header: func(token string) (string, string) { return "X-Session-Key", token },
		Fetch:  func(context.Context) (session.Token, error) { return session.Token{Value: "token"}, nil }}
	call := read()
	call.Header = http.Header{"Count": {"50"}}
	if _, err := s.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if got.Get("X-Session-Key") != "token" || got.Get("Count") != "50" || len(call.Header) != 1 {
		t.Errorf("sent %v, the call's are %v", got, call.Header)
	}
}

// C08: a login runs in a goroutine of its own, where a panic would end the process.
func TestALoginThatPanicsIsOurMistakeAndNotTheEnd(t *testing.T) {
	board.Begin(t, "C08")
	s := &session.Session{Now: time.Now, Fetch: func(context.Context) (session.Token, error) { panic("secret-of-acme") }}
	err := s.Login(t.Context())
	if !connectors.Is(err, connectors.Internal) || strings.Contains(err.Error(), "secret-of-acme") || !strings.Contains(err.Error(), "session_test.go") {
		t.Error(err)
	}
}
