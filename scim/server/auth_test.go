package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/server"
)

// allModes is every mode at once; what is %s is the Entra tenant.
const allModes = `
  oauth_clients: [{id: acme-entra, secrets: ["${file:new}", "${file:old}"], lifetime: 1h}]
  basic: [{username: okta, passwords: ["${file:pass}"]}]
  entra: {tenant_id: %[1]s}
  federation: [{client_id: acme-entra, tenant_id: %[1]s, subject: ` + entraObject + `, audiences: ["api://acme"]}]`

// refusedAlike fails unless the request gets the one 401 (E-04, INV-2, INV-3).
func refusedAlike(t *testing.T, c *client, name string, in call) {
	t.Helper()
	got := c.do(t, in)
	if got.status != http.StatusUnauthorized || got.header.Get("Www-Authenticate") != `Bearer realm="scimrelay"` ||
		got.text("status") != "401" || got.text("detail") != "a valid token of this tenant is required" {
		t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
	}
}

func TestAuthenticationCases(t *testing.T) {
	t.Parallel()
	proves(t, "E-04", "E-05", "E-06", "E-07", "E-08", "O-01", "O-60", "V-40", "V-41", "C-21")
	onEachAuthStore(t, func(t *testing.T, w *world, l *login) {
		secret, old, password := w.secret(t, "new"), w.secret(t, "old"), w.secret(t, "pass")
		c := w.configure(t, "acme", fmt.Sprintf(allModes, entraTenant))
		c.secret = w.token(t, "acme")
		now := w.now()
		fine := func(t *testing.T, in call) {
			t.Helper()
			c.do(t, in).want(t, http.StatusOK)
		}
		t.Run("E-04", func(t *testing.T) {
			refusedAlike(t, c, "a word", get("/Users?count=1").with(token, "Bearer nope"))
		})
		t.Run("E-05", func(t *testing.T) {
			second := w.token(t, "acme")
			fine(t, probe("Bearer "+c.secret))
			fine(t, probe("Bearer "+second))
			w.revoke(t, "acme", second)
			refusedAlike(t, c, "a revoked token", probe("Bearer "+second))
		})
		t.Run("E-06", func(t *testing.T) {
			fine(t, probe("Bearer "+w.jwt(t, provisioning(now))))
			for name, bad := range badClaims(now, provisioning(now)) {
				refusedAlike(t, c, name, probe("Bearer "+w.jwt(t, bad)))
			}
			refusedAlike(t, c, "the issuer of version 2", probe("Bearer "+w.jwt(t, assertion(now).with("aud", customApp))))
		})
		t.Run("E-07", func(t *testing.T) {
			for name, ask := range map[string][]string{
				"body":             {form("client_id", "acme-entra", "client_secret", secret, "scope", "scim")},
				"the other secret": {form("client_id", "acme-entra", "client_secret", old)},
				"header":           {form("scope", "scim"), token, w.basic(url.QueryEscape("acme-entra"), url.QueryEscape(secret))},
				"header as it is":  {form(), token, w.basic("acme-entra", secret)},
				"both":             {form("client_id", "acme-entra", "client_secret", secret), token, w.basic("acme-entra", url.QueryEscape(secret))},
			} {
				a := w.ask(t, "acme", ask[0], ask[1:]...)
				if a.status != http.StatusOK || a.ExpiresIn != 3600 || a.Type != "Bearer" {
					t.Errorf("%s: %d %s", name, a.status, a.body)
				}
				fine(t, probe("Bearer "+a.Token))
			}
			bad := w.ask(t, "acme", form("client_id", "acme-entra", "client_secret", secret+"x"))
			if bad.status != http.StatusUnauthorized || bad.Error != "invalid_client" {
				t.Errorf("a bad secret: %d %s", bad.status, bad.body)
			}
		})
		t.Run("E-08", func(t *testing.T) {
			fine(t, probe("Bearer "+w.granted(t, "acme", withAssertion(w.jwt(t, assertion(now))))))
			w.advance(10 * time.Second) // the endpoint's bucket fills
			bad := badClaims(now, assertion(now))
			bad["wrong sub"] = assertion(now).with("sub", customApp)
			for name, of := range bad {
				if a := w.ask(t, "acme", withAssertion(w.jwt(t, of))); a.status != http.StatusUnauthorized || a.Error != "invalid_client" {
					t.Errorf("%s: %d %s", name, a.status, a.body)
				}
			}
			w.advance(10 * time.Second)
			for name, header := range badHeaders() {
				if a := w.ask(t, "acme", withAssertion(w.signed(t, header, assertion(now)))); a.status != http.StatusUnauthorized || a.Error != "invalid_client" {
					t.Errorf("%s: %d %s", name, a.status, a.body)
				}
				refusedAlike(t, c, name, probe("Bearer "+w.signed(t, header, provisioning(now))))
			}
			refusedAlike(t, c, "the assertion itself", probe("Bearer "+w.jwt(t, assertion(now))))
		})
		t.Run("O-01", func(t *testing.T) {
			fine(t, get("/Users?count=2&startIndex=1").with(token, c.secret))
			refusedAlike(t, c, "bare and more", get("/Users?count=2&startIndex=1").with(token, c.secret+"x"))
		})
		t.Run("O-60", func(t *testing.T) {
			refusedAlike(t, c, "no token", get("/Users?count=2&startIndex=1").with(token, "non-token"))
		})
		t.Run("V-40", func(t *testing.T) {
			w.advance(10 * time.Second)
			fine(t, probe("Bearer "+w.granted(t, "acme", form("client_id", "acme-entra", "client_secret", secret))))
		})
		t.Run("V-41", func(t *testing.T) {
			fine(t, probe("Bearer "+w.granted(t, "acme", withAssertion(w.jwt(t, assertion(now))))))
		})
		t.Run("C-21", func(t *testing.T) {
			header := w.basic("okta", password)
			c.do(t, post("/Users", `{"schemas":["`+scim.SchemaUser+`"],"userName":"ping","active":false}`).with(token, header)).want(t, http.StatusCreated)
			fine(t, probe(header))
			refusedAlike(t, c, "a wrong password", probe(w.basic("okta", password+"x")))
		})
	})
}

// badClaims are the negative cases of E-06 and E-08 that are said in the claims.
func badClaims(now time.Time, good claims) map[string]claims {
	iss, _ := good["iss"].(string)
	return map[string]claims{
		"wrong tid":          good.with("tid", strangeTenant),
		"wrong iss":          good.with("iss", strings.Replace(iss, entraTenant, strangeTenant, 1)),
		"wrong aud":          good.with("aud", "api://other"),
		"another Entra":      good.with("tid", strangeTenant).with("iss", strings.Replace(iss, entraTenant, strangeTenant, 1)),
		"expired":            good.with("exp", now.Add(-2*time.Minute).Unix()),
		"not yet valid":      good.with("nbf", now.Add(time.Hour).Unix()),
		"without an end":     good.with("exp", nil),
		"for others as well": good.with("aud", []any{good["aud"], "api://other"}),
	}
}

// badHeaders are those that are said in the header, under a signature that would be right.
func badHeaders() map[string]string {
	return map[string]string{
		"alg none":    `{"alg":"none","kid":"one"}`,
		"HS256":       `{"alg":"HS256","kid":"one"}`,
		"unknown kid": `{"alg":"RS256","kid":"two"}`,
		"no kid":      `{"alg":"RS256"}`,
	}
}

// B-33: a mode in use outlives every change of the file but the one that takes it out; and
// every mode has its place here.
func TestB33EveryModeGoesOnUntilItIsTakenOut(t *testing.T) {
	t.Parallel()
	proves(t, "B-33")
	onEachAuthStore(t, func(t *testing.T, w *world, _ *login) {
		secret, password := w.secret(t, "new"), w.secret(t, "pass")
		now := w.now()
		modes := map[string]string{
			"bearer":     `bearer: true`,
			"bare_token": `bare_token: true`,
			"clients":    `oauth_clients: [{id: acme-entra, secrets: ["${file:new}"]}]`,
			"basic":      `basic: [{username: okta, passwords: ["${file:pass}"]}]`,
			"entra":      `entra: {tenant_id: ` + entraTenant + `}`,
			"federation": `federation: [{client_id: acme-entra, tenant_id: ` + entraTenant + `, subject: ` + entraObject + `, audiences: ["api://acme"]}]`,
		}
		file := func(without string) string {
			text := ""
			for _, mode := range []string{"bearer", "bare_token", "clients", "basic", "entra", "federation"} {
				switch {
				case mode != without && (without != "bearer" || mode != "bare_token"):
					text += "\n  " + modes[mode]
				case mode == "bearer" || mode == without && mode == "bare_token":
					text += "\n  " + strings.Replace(modes[mode], "true", "false", 1)
				}
			}
			return text
		}
		c := w.configure(t, "acme", file(""))
		own := w.token(t, "acme")
		headers := map[string]string{
			"bearer": "Bearer " + own, "bare_token": own, "basic": w.basic("okta", password), "entra": "Bearer " + w.jwt(t, provisioning(now)),
			"clients":    "Bearer " + w.granted(t, "acme", form("client_id", "acme-entra", "client_secret", secret)),
			"federation": "Bearer " + w.granted(t, "acme", withAssertion(w.jwt(t, assertion(now)))),
		}
		for without := range modes {
			w.configure(t, "acme", file(without))
			for mode, header := range headers {
				want := http.StatusOK
				if mode == without || without == "bearer" && mode == "bare_token" {
					want = http.StatusUnauthorized
				}
				if got := c.do(t, probe(header)); got.status != want {
					t.Errorf("without %s, by %s: %d, want %d", without, mode, got.status, want)
				}
			}
		}
	})
}

// INV-3, and one answer for everybody: whatever is shown at whatever tenant, nobody learns
// whether the tenant is there or which modes it has.
func TestINV3TheAnswerDoesNotTellWhichModesThereAre(t *testing.T) {
	t.Parallel()
	w, _ := newAuthWorld(t, stores["sqlite"](t))
	secret, password := w.secret(t, "new"), w.secret(t, "pass")
	w.secret(t, "old")
	now := w.now()
	full := w.configure(t, "full", fmt.Sprintf(allModes, entraTenant))
	strange := w.configure(t, "strange", strings.NewReplacer("${file:new}", "${file:other}", "${file:old}", "${file:another}", "${file:pass}", "${file:others}").
		Replace(fmt.Sprintf(allModes, strangeTenant)+w.made(t, "other", "another", "others")))
	plain, nobody := w.configure(t, "plain", ""), w.client("nobody", "")
	access := w.granted(t, "full", form("client_id", "acme-entra", "client_secret", secret))
	jwt, proof := w.jwt(t, provisioning(now)), w.jwt(t, assertion(now))
	shown := map[string]string{
		"an access token": "Bearer " + access, "Entra's token": "Bearer " + jwt, "a password": w.basic("okta", password),
		"an assertion": "Bearer " + proof, "a bare access token": access, "a bare JWT": jwt, "a wrong word": "Bearer nope", "Digest": "Digest x",
	}
	want := nobody.do(t, get("/Users").with(token)).want(t, http.StatusUnauthorized)
	want.header.Del("Date")
	for name, header := range shown {
		for _, c := range []*client{strange, plain, nobody} {
			got := c.do(t, probe(header))
			got.header.Del("Date")
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); diff != "" {
				t.Errorf("%s at %s is told apart:\n%s", name, c.tenant, diff)
			}
		}
	}
	for _, header := range []string{shown["an access token"], shown["Entra's token"], shown["a password"]} {
		full.do(t, probe(header)).want(t, http.StatusOK)
	}
	refused := w.ask(t, "nobody", form("client_id", "acme-entra", "client_secret", secret))
	refused.header.Del("Date")
	for _, body := range []string{form("client_id", "acme-entra", "client_secret", secret), withAssertion(proof), form()} {
		for _, tenant := range []string{"strange", "plain", "nobody"} {
			got := w.ask(t, tenant, body)
			got.header.Del("Date")
			if diff := cmp.Diff(refused.answer, got.answer, cmp.AllowUnexported(answer{})); diff != "" || got.status != http.StatusUnauthorized {
				t.Errorf("the token endpoint of %s tells:\n%s", tenant, diff)
			}
		}
	}
}

// made makes secrets and says nothing, to stand in an expression.
func (w *world) made(tb testing.TB, names ...string) string {
	for _, name := range names {
		w.secret(tb, name)
	}
	return ""
}

func TestWhatATokenEndpointRefuses(t *testing.T) {
	t.Parallel()
	w, _ := newAuthWorld(t, stores["sqlite"](t))
	secret := w.secret(t, "new")
	w.made(t, "old", "pass")
	w.configure(t, "acme", fmt.Sprintf(allModes, entraTenant))
	good := form("client_id", "acme-entra", "client_secret", secret)
	for name, c := range map[string]struct {
		method, body string
		header       []string
		status       int
		code         string
	}{
		"a bad secret":              {"POST", form("client_id", "acme-entra", "client_secret", secret+"x"), nil, 401, "invalid_client"},
		"a bad secret in a header":  {"POST", form(), []string{token, w.basic("acme-entra", "x")}, 401, "invalid_client"},
		"another grant":             {"POST", "grant_type=authorization_code&code=x", nil, 400, "unsupported_grant_type"},
		"no grant":                  {"POST", "client_id=acme-entra", nil, 400, "invalid_request"},
		"nothing":                   {"POST", "", nil, 400, "invalid_request"},
		"a parameter twice":         {"POST", good + "&client_id=acme-entra", nil, 400, "invalid_request"},
		"two different proofs":      {"POST", good, []string{token, w.basic("acme-entra", "other")}, 400, "invalid_request"},
		"bad encoding":              {"POST", good + "&x=%zz", nil, 400, "invalid_request"},
		"semicolons":                {"POST", strings.ReplaceAll(good, "&", ";"), nil, 400, "invalid_request"},
		"JSON":                      {"POST", `{"grant_type":"client_credentials"}`, []string{"Content-Type", "application/json"}, 415, "invalid_request"},
		"no type":                   {"POST", good, []string{"Content-Type", ""}, 415, "invalid_request"},
		"more than a form may have": {"POST", good + "&x=" + strings.Repeat("x", 16<<10), nil, 413, "invalid_request"},
		"GET":                       {"GET", "", nil, 405, "invalid_request"},
		"PUT":                       {"PUT", good, nil, 405, "invalid_request"},
		"HEAD":                      {"HEAD", "", nil, 405, ""},
	} {
		a := w.askWith(t, c.method, "acme", c.body, c.header...)
		if a.status != c.status || a.Error != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if challenged := a.header.Get("Www-Authenticate") == `Basic realm="scimrelay"`; challenged != (a.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", name, a.header.Get("Www-Authenticate"))
		}
		w.advance(time.Second)
	}
	w.granted(t, "acme", good, "Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	inURL := w.ask(t, "acme/oauth2/token?"+good+"&rest=", form())
	if inURL.status != http.StatusUnauthorized {
		t.Errorf("credentials in the URL: %d %s", inURL.status, inURL.body)
	}
}

func TestATokenEndpointSaysWhenToComeAgain(t *testing.T) {
	t.Parallel()
	w, l := newAuthWorld(t, stores["sqlite"](t))
	secret := w.secret(t, "new")
	w.made(t, "old", "pass")
	c := w.configure(t, "acme", fmt.Sprintf(allModes, entraTenant))
	w.configure(t, "beside", fmt.Sprintf(allModes, entraTenant))
	l.away(true)
	now := w.now()
	down := w.ask(t, "acme", withAssertion(w.jwt(t, assertion(now))))
	if down.status != http.StatusServiceUnavailable || down.Error != "temporarily_unavailable" || down.header.Get("Retry-After") != "30" {
		t.Errorf("without keys: %d %s", down.status, down.body)
	}
	jwt := w.jwt(t, provisioning(now))
	if got := c.do(t, probe("Bearer "+jwt)); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "30" {
		t.Errorf("without keys: %d %s", got.status, got.body)
	}
	l.away(false)
	w.advance(10 * time.Second)
	c.do(t, probe("Bearer "+jwt)).want(t, http.StatusOK)
	l.away(true)
	c.do(t, probe("Bearer "+jwt)).want(t, http.StatusOK)
	good := form("client_id", "acme-entra", "client_secret", secret)
	var last tokenAnswer
	for range 40 {
		if last = w.ask(t, "acme", good); last.status != http.StatusOK {
			break
		}
	}
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") != "1" || last.Error != "temporarily_unavailable" {
		t.Errorf("too often: %d %v %s", last.status, last.header, last.body)
	}
	w.granted(t, "beside", good)
}

func TestATokenEndpointThatIsNotServedIsAnUnknownPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	root := *c
	root.base = w.server.PublicURL + server.Prefix + c.tenant
	root.do(t, post("/oauth2/token", "{}")).want(t, http.StatusNotFound)
	root.do(t, post("/oauth2/token", "{}").with(token)).want(t, http.StatusUnauthorized)
}

// Rotation without a gap: two secrets are live, and with one of them goes what it earned.
func TestE07SecretsRotateWithoutAGap(t *testing.T) {
	t.Parallel()
	w, _ := newAuthWorld(t, stores["sqlite"](t))
	fresh, old := w.secret(t, "new"), w.secret(t, "old")
	c := w.configure(t, "acme", `{oauth_clients: [{id: acme-entra, secrets: ["${file:old}"], lifetime: 6h}]}`)
	before := w.granted(t, "acme", form("client_id", "acme-entra", "client_secret", old))
	w.configure(t, "acme", `{oauth_clients: [{id: acme-entra, secrets: ["${file:new}", "${file:old}"], lifetime: 6h}]}`)
	after := w.granted(t, "acme", form("client_id", "acme-entra", "client_secret", fresh))
	c.do(t, probe("Bearer "+before)).want(t, http.StatusOK)
	c.do(t, probe("Bearer "+after)).want(t, http.StatusOK)
	w.configure(t, "acme", `{oauth_clients: [{id: acme-entra, secrets: ["${file:new}"], lifetime: 6h}]}`)
	refusedAlike(t, c, "a token of the old secret", probe("Bearer "+before))
	c.do(t, probe("Bearer "+after)).want(t, http.StatusOK)
	if a := w.ask(t, "acme", form("client_id", "acme-entra", "client_secret", old)); a.status != http.StatusUnauthorized {
		t.Errorf("the old secret: %d", a.status)
	}
	w.advance(6 * time.Hour)
	refusedAlike(t, c, "a token at its end", probe("Bearer "+after))
}

// The record names who did it, the log names nobody's secret, and why somebody was refused.
func TestEventsNameTheCaller(t *testing.T) {
	t.Parallel()
	onEachAuthStore(t, func(t *testing.T, w *world, _ *login) {
		secret, password := w.secret(t, "new"), w.secret(t, "pass")
		w.made(t, "old")
		c := w.configure(t, "acme", fmt.Sprintf(allModes, entraTenant))
		c.secret = w.token(t, "acme")
		now := w.now()
		keyID := strings.Split(c.secret, "_")[1]
		callers := map[string]string{
			"token:" + keyID:       c.secret,
			"basic:okta":           w.basic("okta", password),
			"entra:" + entraObject: "Bearer " + w.jwt(t, provisioning(now)),
			"client:acme-entra":    "Bearer " + w.granted(t, "acme", form("client_id", "acme-entra", "client_secret", secret)),
		}
		names := map[string]string{}
		for actor, header := range callers {
			names[c.do(t, post("/Users", user("by-"+actor)).with(token, header)).want(t, http.StatusCreated).text("id")] = actor
		}
		events, err := w.store.Events.Latest(t.Context(), "acme", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if want, ok := names[e.Resource]; ok && e.Actor != want {
				t.Errorf("%s did what %s did", e.Actor, want)
			}
			delete(names, e.Resource)
		}
		if len(names) > 0 {
			t.Errorf("no events of %v", names)
		}
		w.ask(t, "acme", withAssertion(w.jwt(t, assertion(now).with("aud", "api://wrong"))))
		refusedAlike(t, c, "another Entra", probe("Bearer "+w.jwt(t, provisioning(now).with("tid", strangeTenant))))
		refusedAlike(t, c, "a wrong password", probe(w.basic("okta", secret)))
		for _, said := range []string{"access token issued", "client:acme-entra", "token for another audience", "token of another Entra tenant", "unknown user or wrong password"} {
			if !w.log.has(said) {
				t.Errorf("the log does not say %q", said)
			}
		}
	})
}

func TestDiscoveryOffersTheTenantsModes(t *testing.T) {
	t.Parallel()
	w, _ := newAuthWorld(t, stores["sqlite"](t))
	w.made(t, "new", "old", "pass")
	for auth, want := range map[string][]string{
		"":                                 {"oauthbearertoken"},
		fmt.Sprintf(allModes, entraTenant): {"oauthbearertoken", "oauth2", "oauthbearertoken", "httpbasic"},
	} {
		c := w.configure(t, "acme", auth)
		c.secret = w.token(t, "acme")
		list, _ := c.do(t, get("/ServiceProviderConfig")).want(t, http.StatusOK).value("authenticationSchemes").([]any)
		var got []string
		for i, s := range list {
			scheme := s.(map[string]any)
			got = append(got, fmt.Sprint(scheme["type"]))
			if scheme["primary"] != (i == 0) || slices.Contains([]any{nil, ""}, scheme["name"]) || scheme["description"] == nil || scheme["specUri"] == nil {
				t.Errorf("%v", scheme)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
