package session

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Token is a login and how long it may be used, which is without end when Life is zero.
type Token struct {
	Value string
	Life  time.Duration
}

// Session is the login of a target, shared by all its calls. It is safe for use by several
// goroutines. All fields but Refused are required.
type Session struct {
	Client *rest.Client
	// Fetch logs in. Its errors are faults.
	Fetch func(ctx context.Context) (Token, error)
	// Header is what a call carries of the token, as in "Authorization": "Bearer " + token.
	Header func(token string) (name, value string)
	Now    func() time.Time
	// Refused says whether a fault may mean that the token is refused. Nil is class Auth.
	Refused func(*connectors.Fault) bool

	logins singleflight.Group

	mu    sync.Mutex
	token string
	until time.Time // zero is without end
}

// Do makes a call within the session and repeats it once with a fresh login when the vendor
// refuses the session. A refused call was not done, so repeating it is safe whatever it is.
func (s *Session) Do(ctx context.Context, call rest.Call) (rest.Answer, error) {
	token, err := s.valid(ctx, "")
	if err != nil {
		return rest.Answer{}, err
	}
	answer, err := s.send(ctx, call, token)
	if err == nil || !s.refused(connectors.FaultOf(err)) {
		return answer, err
	}
	if token, err = s.valid(ctx, token); err != nil {
		return rest.Answer{}, err
	}
	return s.send(ctx, call, token)
}

// Login makes sure that there is a token.
func (s *Session) Login(ctx context.Context) error {
	_, err := s.valid(ctx, "")
	return err
}

func (s *Session) refused(fault *connectors.Fault) bool {
	if s.Refused != nil {
		return s.Refused(fault)
	}
	return fault.Class == connectors.Auth
}

func (s *Session) send(ctx context.Context, call rest.Call, token string) (rest.Answer, error) {
	name, value := s.Header(token)
	header := http.Header{http.CanonicalHeaderKey(name): {value}}
	for name, values := range call.Header {
		header[name] = values
	}
	call.Header = header
	return s.Client.Do(ctx, call)
}

// valid returns a token that is not the refused one, logging in when there is none. Calls that
// need a login at the same time share one.
func (s *Session) valid(ctx context.Context, refused string) (string, error) {
	if token := s.current(refused); token != "" {
		return token, nil
	}
	// The login outlives the call that began it: others wait for it too. Its own end is the
	// client's timeout.
	done := s.logins.DoChan("login", func() (any, error) { return s.login(context.WithoutCancel(ctx), refused) })
	select {
	case result := <-done:
		token, _ := result.Val.(string)
		return token, result.Err
	case <-ctx.Done():
		return "", &connectors.Fault{Class: connectors.Transient, Detail: "the login was cut short", Err: ctx.Err()}
	}
}

func (s *Session) current(refused string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == refused || !s.until.IsZero() && !s.Now().Before(s.until) {
		return ""
	}
	return s.token
}

func (s *Session) login(ctx context.Context, refused string) (string, error) {
	// Another call's login may have ended between the look and the flight.
	if token := s.current(refused); token != "" {
		return token, nil
	}
	asked := s.Now()
	token, err := s.fetch(ctx)
	if err == nil && token.Value == "" {
		err = connectors.Faultf(connectors.Nonsense, "the login answered without a token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.until = token.Value, time.Time{}
	if token.Life > 0 {
		s.until = asked.Add(token.Life)
	}
	return token.Value, err
}

// fetch logs in. A login runs beside the call that began it, where nobody else could catch a panic:
// it would end the process, with every other tenant's work.
func (s *Session) fetch(ctx context.Context) (token Token, err error) {
	defer func() {
		if p := recover(); p != nil {
			token, err = Token{}, connectors.Panicked(p)
		}
	}()
	return s.Fetch(ctx)
}

// Bearer is the Header of a bearer token (RFC 6750 section 2.1).
func Bearer(token string) (name, value string) { return "Authorization", "Bearer " + token }
