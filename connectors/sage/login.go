package sage

import (
	"context"
	"net/http"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/connectors/internal/session"
)

// sessionLife is after how long a session is renewed unasked. Sage does not publish its own.
const sessionLife = 50 * time.Minute

// newSession is the login of a target, shared by all calls.
func newSession(client *rest.Client, credentials Credentials, now func() time.Time) *session.Session {
	return &session.Session{
		Client: client,
		Now:    now,
		Fetch:  func(ctx context.Context) (session.Token, error) { return login(ctx, client, credentials) },
		Header: func(token string) (name, value string) { return "X-Session-Key", token },
		// Which of the two Sage answers to a session that has ended is not public.
		Refused: func(f *connectors.Fault) bool {
			return f.Class == connectors.Auth || f.Class == connectors.Denied
		},
	}
}

// login trades the key pair for a session. There is no call that renews one.
func login(ctx context.Context, client *rest.Client, credentials Credentials) (session.Token, error) {
	public, private := credentials.PublicKey.Reveal(), credentials.PrivateKey.Reveal()
	answer, err := client.Do(ctx, rest.Call{Method: http.MethodPost, Path: loginPath, Idempotent: true,
		Body: map[string]any{"username": public, "password": private}, Private: []string{public, private}})
	if err != nil {
		return session.Token{}, err
	}
	var body struct {
		Token string `json:"token"`
	}
	if err := answer.Decode(&body); err != nil {
		return session.Token{}, err
	}
	return session.Token{Value: body.Token, Life: sessionLife}, nil
}

// call makes a call within the session, and once more with a fresh one when Sage refuses it.
func (c *connector) call(ctx context.Context, call rest.Call) (rest.Answer, error) {
	return c.session.Do(ctx, call)
}
