package restyaml_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
)

const bearer = "  bearer: {token: credentials.token}\n"

// empty answers every call as a vendor without accounts.
func empty(w http.ResponseWriter, _ *http.Request, _ string) { write(w, 200, []any{}) }

// asks makes one call and tells the header that went with it.
func asks(t *testing.T, v *vendor, c connectors.Connector, header string) string {
	t.Helper()
	if _, err := c.Find(t.Context(), ana()); !connectors.Is(err, connectors.NotFound) {
		t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.said[len(v.said)-1].header.Get(header)
}

func TestFixedHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ auth, header, want string }{
		"bearer":             {bearer, "Authorization", "Bearer t"},
		"header":             {"  header: {name: X-Api-Key, value: credentials.token}\n", "X-Api-Key", "t"},
		"header with prefix": {"  header: {name: Authorization, value: '\"Token \" + credentials.token'}\n", "Authorization", "Token t"},
		"basic":              {"  basic: {user: '\"api\"', password: credentials.token}\n", "Authorization", "Basic YXBpOnQ="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, empty)
			if got := asks(t, v, keeper(t, but(t, pets, bearer, c.auth), v.URL), c.header); got != c.want {
				t.Errorf("%s: %q", c.header, got)
			}
		})
	}
}

func TestTheFirstWayWhoseCredentialsAreThereIsTaken(t *testing.T) {
	t.Parallel()
	text := but(t, pets, bearer, "  - basic: {user: credentials.user, password: credentials.password}\n  - bearer: {token: credentials.token}\n",
		"  token: {description: a token}\n", "  token: {}\n  user: {type: text}\n  password: {}\n")
	product := mustParse(t, text)
	v := newVendor(t, empty)
	for want, credentials := range map[string]map[string]string{
		"Bearer t":     {"token": "t"},
		"Basic dTpw":   {"user": "u", "password": "p"},
		"Basic dTpw ":  {"user": "u", "password": "p", "token": "t"},
		"Bearer t ":    {"user": "u", "token": "t"},
		"Bearer t  ":   {"password": "p", "token": "t"},
		"Bearer  t   ": nil,
	} {
		target := targetOf(t, v.URL, credentials)
		if credentials == nil {
			_, faults := product.Settings(target)
			if got := fmt.Sprint(faults); !strings.Contains(got, "credentials: want password and user, or token") {
				t.Error(got)
			}
			continue
		}
		if got := asks(t, v, openWith(t, product, target, nil), "Authorization"); got != strings.TrimSpace(want) {
			t.Errorf("%v gives %q", credentials, got)
		}
	}
}

func TestAUserMayBeWrittenPlainly(t *testing.T) {
	t.Parallel()
	text := but(t, pets, bearer, "  basic: {user: credentials.user + \"/token\", password: credentials.token}\n",
		"  token: {description: a token}\n", "  token: {}\n  user: {type: text}\n")
	v := newVendor(t, empty)
	target := targetOf(t, v.URL, map[string]string{"token": "t"})
	if _, faults := mustParse(t, text).Settings(target); len(faults) == 0 {
		t.Error("a user is missing and nobody says so")
	}
	target = targetOf(t, v.URL, map[string]string{"token": "t", "user": "u:x"})
	if _, faults := mustParse(t, text).Settings(target); !strings.Contains(fmt.Sprint(faults), "they cannot be sent") {
		t.Errorf("a user with a colon: %v", faults)
	}
}

const login = `  login:
    request: POST /login
    body: {user: '"api"', secret: credentials.token}
    token: data.session
    header: X-Session
    lifetime: 50m
    refused: [auth, denied]
`

// doorkeeper gives out sessions s1, s2, … and takes the last one only.
type doorkeeper struct {
	mu     sync.Mutex
	given  int
	status int // for a session that is not the last
}

func (d *doorkeeper) answer(w http.ResponseWriter, r *http.Request, body string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.URL.Path == "/login" {
		if !strings.Contains(body, `"secret":"t"`) {
			write(w, 400, object{"message": "no"})
			return
		}
		d.given++
		write(w, 200, object{"data": object{"session": fmt.Sprintf("s%d", d.given)}, "expires_in": 600})
		return
	}
	if r.Header.Get("X-Session") != fmt.Sprintf("s%d", d.given) {
		write(w, d.status, object{"message": "session"})
		return
	}
	write(w, 200, []any{})
}

func TestLoginIsSharedRenewedAndRepeatedOnce(t *testing.T) {
	t.Parallel()
	d, clock := &doorkeeper{status: 403}, connectortest.NewClock()
	v := newVendor(t, d.answer)
	c := openWith(t, mustParse(t, but(t, pets, bearer, login)), targetOf(t, v.URL, map[string]string{"token": "t"}), clock.Now)
	find := func(want ...string) {
		t.Helper()
		if _, err := c.Find(t.Context(), ana()); !connectors.Is(err, connectors.NotFound) {
			t.Fatal(err)
		}
		got := v.requests()
		for i, line := range got {
			got[i], _, _ = strings.Cut(line, "?")
			got[i], _, _ = strings.Cut(got[i], " {")
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("got %v", got)
		}
	}
	find("POST /login", "GET /keepers")
	find("GET /keepers")
	clock.Advance(51 * time.Minute)
	find("POST /login", "GET /keepers")
	d.given++ // the vendor forgets the session
	find("GET /keepers", "POST /login", "GET /keepers")
}

func TestALoginThatIsRefusedIsAuth(t *testing.T) {
	t.Parallel()
	v := newVendor(t, (&doorkeeper{status: 401}).answer)
	text := but(t, pets, bearer, but(t, login, "secret: credentials.token", `secret: '"wrong" + credentials.token'`))
	if _, err := keeper(t, text, v.URL).Find(t.Context(), ana()); !connectors.Is(err, connectors.Auth) {
		t.Error(err)
	}
}

func TestALoginsLifetimeMayStandInTheAnswer(t *testing.T) {
	t.Parallel()
	d, clock := &doorkeeper{status: 401}, connectortest.NewClock()
	v := newVendor(t, d.answer)
	text := but(t, pets, bearer, but(t, login, "    lifetime: 50m\n", "    lifetime_at: expires_in\n"))
	c := openWith(t, mustParse(t, text), targetOf(t, v.URL, map[string]string{"token": "t"}), clock.Now)
	for _, pause := range []time.Duration{0, 8 * time.Minute, 2 * time.Minute} {
		clock.Advance(pause)
		_, _ = c.Find(t.Context(), ana())
	}
	if d.given != 2 {
		t.Errorf("%d logins in ten minutes of tokens good for ten", d.given)
	}
}

func TestALoginByForm(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request, body string) {
		if r.URL.Path == "/login" {
			write(w, 200, object{"token": "s"})
			return
		}
		write(w, 200, []any{})
	})
	text := but(t, pets, bearer, "  login: {request: POST /login, form: {secret: credentials.token}, token: token, value: '\"Session \" + token'}\n")
	if got := asks(t, v, keeper(t, text, v.URL), "Authorization"); got != "Session s" {
		t.Errorf("got %q", got)
	}
	if got := v.requests()[0]; got != "POST /login secret=t" {
		t.Error(got)
	}
}

func TestOAuthClientCredentials(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]struct{ file, more, form string }{
		"below base_url": {"token_url: /oauth/token", "", "audience=pets&grant_type=client_credentials"},
		"of a shop":      {`token_url: "/{shop}/token"`, "defaults: {shop: 7}", "audience=pets&grant_type=client_credentials"},
		"in the body":    {"token_url: /oauth/token, in_body: true", "", "audience=pets&client_id=api&client_secret=t&grant_type=client_credentials"},
		"elsewhere":      {"token_url: ELSEWHERE/oauth/token", "", "audience=pets&grant_type=client_credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := func(w http.ResponseWriter, r *http.Request, body string) {
				if strings.HasSuffix(r.URL.Path, "/token") {
					write(w, 200, object{"access_token": "a", "token_type": "bearer", "expires_in": 3600})
					return
				}
				write(w, 200, []any{})
			}
			v, other := newVendor(t, answer), newVendor(t, answer)
			text := but(t, pets, bearer, "  oauth2: {"+strings.Replace(in.file, "ELSEWHERE", other.URL, 1)+
				", client_id: '\"api\"', client_secret: credentials.token, more: {audience: pets}}\n")
			if in.more != "" {
				text = but(t, text, "shop: {type: integer,", "shop: {type: integer, required: true,")
			}
			if got := asks(t, v, keeper(t, text, v.URL, in.more), "Authorization"); got != "Bearer a" {
				t.Errorf("got %q", got)
			}
			asked := v
			if name == "elsewhere" {
				asked = other
			}
			if got := asked.requests()[0]; !strings.HasSuffix(got, "/token "+in.form) {
				t.Error(got)
			}
		})
	}
}
