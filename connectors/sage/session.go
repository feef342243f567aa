package sage

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// sessionLife is after how long a session is renewed unasked. Sage does not publish its own.
const sessionLife = 50 * time.Minute

// session is the login of a target, shared by all calls.
type session struct {
	client      *rest.Client
	credentials Credentials
	now         func() time.Time
	logins      singleflight.Group

	mu     sync.Mutex
	token  string
	issued time.Time
}

// call makes a call within the session and repeats it once with a fresh login when Sage
// refuses the session. A refused call was not done, so repeating it is safe whatever it is.
func (c *connector) call(ctx context.Context, call rest.Call) (rest.Answer, error) {
	token, err := c.session.valid(ctx, "")
	if err != nil {
		return rest.Answer{}, err
	}
	answer, err := c.send(ctx, call, token)
	if !connectors.Is(err, connectors.Auth) && !connectors.Is(err, connectors.Denied) {
		return answer, err
	}
	token, err = c.session.valid(ctx, token)
	if err != nil {
		return rest.Answer{}, err
	}
	return c.send(ctx, call, token)
}

func (c *connector) send(ctx context.Context, call rest.Call, token string) (rest.Answer, error) {
	header := http.Header{"X-Session-Key": {token}}
	for name, values := range call.Header {
		header[name] = values
	}
	call.Header = header
	return c.client.Do(ctx, call)
}

// valid returns a session that is not the refused one, logging in when there is none. Calls
// that need a login at the same time share one.
func (s *session) valid(ctx context.Context, refused string) (string, error) {
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

func (s *session) current(refused string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == refused || s.now().Sub(s.issued) >= sessionLife {
		return ""
	}
	return s.token
}

func (s *session) login(ctx context.Context, refused string) (string, error) {
	// Another call's login may have ended between the look and the flight.
	if token := s.current(refused); token != "" {
		return token, nil
	}
	issued := s.now()
	answer, err := s.client.Do(ctx, rest.Call{Method: http.MethodPost, Path: loginPath, Idempotent: true,
		Body: map[string]any{"username": s.credentials.PublicKey.Reveal(), "password": s.credentials.PrivateKey.Reveal()}})
	var body struct {
		Token string `json:"token"`
	}
	if err == nil {
		err = answer.Decode(&body)
	}
	if err == nil && body.Token == "" {
		err = connectors.Faultf(connectors.Nonsense, "the login answered without a token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.issued = body.Token, issued
	return body.Token, err
}
