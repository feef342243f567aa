package restyaml

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/connectors/internal/session"
)

// secrets are a target's credentials and defaults, as expressions read them.
type secrets struct {
	credentials map[string]configs.Secret
	defaults    map[string]any
}

func (s secrets) values() values {
	revealed := map[string]any{}
	for name, secret := range s.credentials {
		revealed[name] = secret.Reveal()
	}
	return values{"credentials": revealed, "defaults": s.defaults}
}

// text computes one text of the credentials, which must be there and fit into a header.
func (s secrets) text(f *connectors.Formula) (string, bool) {
	value, err := f.Value(s.values())
	text, ok := value.(string)
	return text, err == nil && ok && text != "" && printable(text)
}

// fixed is the header of a way whose credentials are sent as they are.
func (a auth) fixed(s secrets) (value string, ok bool) {
	switch a.kind {
	case authHeader:
		return s.text(a.value)
	case authBearer:
		token, ok := s.text(a.value)
		return "Bearer " + token, ok
	default:
		user, named := s.text(a.user)
		password, ok := s.text(a.password)
		// RFC 7617 section 2: the user's name ends at the first colon.
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)), ok && named && !strings.Contains(user, ":")
	}
}

// works says whether the credentials can be put to use.
func (a auth) works(s secrets) bool {
	switch a.kind {
	case authLogin:
		return true
	case authOAuth:
		_, named := s.text(a.user)
		_, ok := s.text(a.password)
		return ok && named
	default:
		_, ok := a.fixed(s)
		return ok
	}
}

// sender makes calls as the target's account.
type sender interface {
	Do(ctx context.Context, call rest.Call) (rest.Answer, error)
}

// signed sends one header with every call.
type signed struct {
	client      *rest.Client
	name, value string
}

// Do implements sender.
func (s signed) Do(ctx context.Context, call rest.Call) (rest.Answer, error) {
	header := http.Header{http.CanonicalHeaderKey(s.name): {s.value}}
	for name, values := range call.Header {
		if name != http.CanonicalHeaderKey(s.name) {
			header[name] = values
		}
	}
	call.Header = header
	return s.client.Do(ctx, call)
}

// open makes the sender. The session it returns is nil where there is no login, and so is the
// client beside the first.
func (a auth) open(p *program, client *rest.Client, s secrets, env connectors.Env) (sender, *session.Session, *rest.Client, error) {
	now := env.Now
	if now == nil {
		now = time.Now
	}
	switch a.kind {
	case authLogin:
		logged := &session.Session{Client: client, Now: now, Header: a.carries, Refused: a.login.refusedBy,
			Fetch: func(ctx context.Context) (session.Token, error) { return a.login.fetch(ctx, p, client, s) }}
		return logged, logged, nil, nil
	case authOAuth:
		to, other := client, (*rest.Client)(nil)
		if a.oauth.origin != "" {
			var err error
			if other, err = rest.New(rest.OptionsOf(p.name, a.oauth.origin, env)); err != nil {
				return nil, nil, nil, err
			}
			to = other
		}
		logged := &session.Session{Client: client, Now: now, Header: session.Bearer, Fetch: a.grant(to, s).Fetch}
		return logged, logged, other, nil
	default:
		value, _ := a.fixed(s)
		return signed{client, a.header, value}, nil, nil, nil
	}
}

// carries is the header that holds the token of a login.
func (a auth) carries(token string) (name, value string) {
	if a.value == nil {
		return a.header, token
	}
	made, err := a.value.Value(values{"token": token})
	text, ok := made.(string)
	if err != nil || !ok {
		return a.header, token
	}
	return a.header, text
}

func (l login) refusedBy(fault *connectors.Fault) bool {
	return slices.Contains(l.refused, fault.Class)
}

// maxLife bounds how long a token may say that it lives.
const maxLife = 30 * 24 * time.Hour

func (l login) fetch(ctx context.Context, p *program, client *rest.Client, s secrets) (session.Token, error) {
	hidden := make([]string, 0, len(s.credentials))
	for _, secret := range s.credentials {
		hidden = append(hidden, secret.Reveal())
	}
	call, err := l.request.fill(s.values(), nil, hidden)
	if err != nil {
		return session.Token{}, err
	}
	answer, err := client.Do(ctx, call)
	if err != nil {
		return session.Token{}, p.explained(call, answer, err, nil)
	}
	body := decoded(answer.Body)
	token := session.Token{Value: l.token.plainText(body), Life: l.life}
	if seconds, ok := integer(l.lifeAt.plainText(body)); ok && len(l.lifeAt) > 0 && seconds > 0 {
		// A little earlier than its end: a call is under way for a while.
		said := min(time.Duration(min(seconds, int64(maxLife.Seconds())))*time.Second, maxLife)
		token.Life = said - min(time.Minute, said/2)
	}
	if !printable(token.Value) {
		return session.Token{}, connectors.Faultf(connectors.Nonsense, "the login answered without a token")
	}
	return token, nil
}

func (a auth) grant(client *rest.Client, s secrets) session.Grant {
	id, _ := s.text(a.user)
	secret, _ := s.text(a.password)
	at := a.oauth.path
	for _, name := range a.oauth.slots {
		at = strings.ReplaceAll(at, "{"+name+"}", connectors.ScalarText(s.defaults[name]))
	}
	return session.Grant{Client: client, Path: at, ID: id, Secret: configs.NewSecret(secret), Scope: a.oauth.scope,
		InBody: a.oauth.inBody, More: a.oauth.more}
}
