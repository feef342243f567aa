package tenants_test

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/configs"
	"scimrelay/tenants"
)

const clientCredentials = "grant_type=client_credentials&"

func TestAClientGetsATokenWithItsSecret(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	encoded := url.QueryEscape(firstSecret)
	posted := "client_id=acme-entra&client_secret=" + encoded
	for name, c := range map[string]struct{ form, header string }{
		"in the body":                       {clientCredentials + posted, ""},
		"the second one":                    {withSecret(secondSecret), ""},
		"in the header, encoded":            {clientCredentials, basic("acme-entra", encoded)},
		"in the header, as it is":           {clientCredentials, basic("acme-entra", firstSecret)},
		"in the header, blanks as %20":      {clientCredentials, basic("acme%2Dentra", strings.ReplaceAll(encoded, "+", "%20"))},
		"in both, encoded":                  {clientCredentials + posted, basic("acme-entra", encoded)},
		"in both, as it is":                 {clientCredentials + posted, basic("acme-entra", firstSecret)},
		"the id in both":                    {clientCredentials + "client_id=acme-entra", basic("acme-entra", encoded)},
		"with parameters without a value":   {clientCredentials + posted + "&client_assertion=&client_assertion_type=&scope=", ""},
		"with parameters that nobody knows": {clientCredentials + posted + "&resource=x&audience=y", ""},
	} {
		var headers []string
		if c.header != "" {
			headers = []string{c.header}
		}
		g, err := h.grant(t, "acme", c.form, headers...)
		if err != nil || g.Lifetime != 2*time.Hour || g.KeyID != "client:acme-entra" || g.Scope != "" {
			t.Errorf("%s: %+v, %v", name, g, err)
			continue
		}
		if who, err := h.who(t, "acme", "Bearer "+g.Token.Reveal()); err != nil || who != "client:acme-entra" {
			t.Errorf("%s: %q, %v", name, who, err)
		}
	}
	if g, err := h.grant(t, "acme", withSecret(firstSecret)+"&scope=openid+scim"); err != nil || g.Scope != "scim" {
		t.Errorf("scope %q, %v", g.Scope, err)
	}
}

func TestWhatIsNoRequestForAToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	posted := "client_id=acme-entra&client_secret=" + url.QueryEscape(firstSecret)
	const assertion, kind = "&client_assertion=e30.e30.e30", "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	good := basic("acme-entra", firstSecret)
	for name, c := range map[string]struct {
		form, header string
		code         tenants.GrantCode
	}{
		"nothing":                        {"", "", tenants.InvalidRequest},
		"no grant":                       {posted, "", tenants.InvalidRequest},
		"an empty grant":                 {"grant_type=&" + posted, "", tenants.InvalidRequest},
		"another grant":                  {"grant_type=password&" + posted, "", tenants.UnsupportedGrantType},
		"a grant in upper case":          {"grant_type=CLIENT_CREDENTIALS&" + posted, "", tenants.UnsupportedGrantType},
		"two grants":                     {clientCredentials + clientCredentials + posted, "", tenants.InvalidRequest},
		"two secrets":                    {clientCredentials + posted + "&client_secret=x", "", tenants.InvalidRequest},
		"two of what nobody knows":       {clientCredentials + posted + "&x=1&x=2", "", tenants.InvalidRequest},
		"secret and assertion":           {clientCredentials + posted + assertion + kind, "", tenants.InvalidRequest},
		"header and assertion":           {clientCredentials + assertion + kind, good, tenants.InvalidRequest},
		"no assertion of the kind":       {clientCredentials + posted + kind, "", tenants.InvalidRequest},
		"an assertion of no kind":        {clientCredentials + assertion, "", tenants.InvalidRequest},
		"an assertion of another kind":   {clientCredentials + assertion + "&client_assertion_type=saml", "", tenants.InvalidClient},
		"another id in the body":         {clientCredentials + "client_id=other", good, tenants.InvalidRequest},
		"another secret in the body":     {clientCredentials + "client_secret=" + secondSecret, good, tenants.InvalidRequest},
		"no credentials":                 {clientCredentials, "", tenants.InvalidClient},
		"no secret":                      {clientCredentials + "client_id=acme-entra", "", tenants.InvalidClient},
		"no id":                          {clientCredentials + "client_secret=" + secondSecret, "", tenants.InvalidClient},
		"a wrong secret":                 {withSecret(firstSecret + "x"), "", tenants.InvalidClient},
		"a wrong secret in the header":   {clientCredentials, basic("acme-entra", "x"), tenants.InvalidClient},
		"a wrong secret in both":         {clientCredentials + "client_id=acme-entra&client_secret=x", basic("acme-entra", "x"), tenants.InvalidClient},
		"the secret of another tenant":   {withSecret(otherSecret), "", tenants.InvalidClient},
		"an unknown client":              {clientCredentials + "client_id=nobody&client_secret=" + secondSecret, "", tenants.InvalidClient},
		"an id in upper case":            {clientCredentials + "client_id=ACME-ENTRA&client_secret=" + secondSecret, "", tenants.InvalidClient},
		"a header that cannot be read":   {clientCredentials + posted, "Basic x", tenants.InvalidClient},
		"a header of another kind":       {clientCredentials + posted, "Bearer " + h.secret, tenants.InvalidClient},
		"an empty header":                {clientCredentials + posted, " ", tenants.InvalidClient},
		"a token of the tenant as proof": {withSecret(h.secret), "", tenants.InvalidClient},
	} {
		var headers []string
		if c.header != "" {
			headers = []string{strings.TrimSpace(c.header)}
		}
		_, err := h.grant(t, "acme", c.form, headers...)
		if e := tenants.GrantErrorOf(err); err == nil || e.Code != c.code || e.Detail == "" {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), firstSecret) || strings.Contains(err.Error(), h.secret)) {
			t.Errorf("%s: a secret shows", name)
		}
	}
	if _, err := h.grant(t, "acme", clientCredentials, good, good); tenants.GrantErrorOf(err).Code != tenants.InvalidClient {
		t.Errorf("two headers: %v", err)
	}
}

// Whoever is not let in learns nothing: neither whether there is such a tenant or client, nor
// what was wrong.
func TestEveryClientThatIsNotLetInIsToldTheSame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := time.Now()
	told := map[string]bool{}
	for _, tenant := range []string{"acme", "other", "plain", "nobody", ""} {
		for _, form := range []string{withSecret("x"), clientCredentials, withAssertion("x"),
			withAssertion(sign(header(), with(assertion(now), object{"tid": "x"}), rsaKeys()[0]))} {
			_, err := h.grant(t, tenant, form)
			e := tenants.GrantErrorOf(err)
			told[string(e.Code)+": "+e.Detail] = true
		}
	}
	if len(told) != 1 || !told["invalid_client: no such client, or not its credentials"] {
		t.Errorf("told %v", told)
	}
	if asked := h.entra.questions(); asked != 0 {
		t.Errorf("Entra was asked %d times", asked)
	}
}

func TestAnAssertionOfTheServicePrincipalEarnsAToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, key := newHouse(t), rsaKeys()[0]
		claims := assertion(time.Now())
		good := sign(header(), claims, key)
		token := h.mustGrant(t, "acme", withAssertion(good))
		if who, err := h.who(t, "acme", "Bearer "+token); err != nil || who != "client:acme-entra" {
			t.Errorf("%q, %v", who, err)
		}
		h.mustGrant(t, "acme", strings.Replace(withAssertion(good), "client_id=acme-entra", "x=y", 1)) // the assertion names the client
		all := forgeries(claims, time.Now())
		all["wrong sub"] = forgery{sign(header(), with(claims, object{"sub": otherEntra}), key), "token of another subject"}
		all["no sub"] = forgery{sign(header(), with(claims, object{"sub": nil}), key), "token of another subject"}
		all["the provisioning service's token"] = forgery{sign(header(), provisioning(time.Now()), key), "token of another issuer"}
		for name, f := range all {
			fresh := newHouse(t) // with keys of its own
			if _, err := fresh.grant(t, "acme", withAssertion(f.token)); refusal(err) != f.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, c := range map[string]struct{ tenant, form string }{
			"at the other tenant":   {"other", withAssertion(good)},
			"at one without":        {"plain", withAssertion(good)},
			"at one that is not":    {"nobody", withAssertion(good)},
			"for an unknown client": {"acme", strings.Replace(withAssertion(good), "client_id=acme-entra", "client_id=nobody", 1)},
		} {
			if _, err := h.grant(t, c.tenant, c.form); refusal(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.who(t, "acme", "Bearer "+good); refusal(err) == "" {
			t.Error("the assertion itself opens the door")
		}
		h.change("acme", func(a *tenants.Auth) { a.Federation = nil })
		if _, err := h.who(t, "acme", "Bearer "+token); refusal(err) == "" {
			t.Error("a token outlives the service principal that earned it")
		}
	})
}

// An access token is good at its tenant, until its end, as long as what earned it is there.
func TestAccessTokensEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		first, second := h.mustGrant(t, "acme", withSecret(firstSecret)), h.mustGrant(t, "acme", withSecret(secondSecret))
		may := func(token string) bool {
			t.Helper()
			_, err := h.who(t, "acme", "Bearer "+token)
			if err != nil && refusal(err) == "" {
				t.Error(err)
			}
			return err == nil
		}
		if !may(first) || !may(second) {
			t.Fatal("a fresh token is refused")
		}
		for _, tenant := range []string{"other", "plain", "nobody"} {
			if _, err := h.who(t, tenant, "Bearer "+first); refusal(err) == "" {
				t.Errorf("the token is good at %s", tenant)
			}
		}
		if _, err := h.who(t, "acme", first); refusal(err) == "" {
			t.Error("an access token is good without the word Bearer")
		}
		original := h.town["acme"].Auth.Clients
		alter := func(how func(*tenants.OAuthClient)) {
			h.change("acme", func(a *tenants.Auth) {
				c := original[0]
				how(&c)
				a.Clients = []tenants.OAuthClient{c}
			})
		}
		alter(func(c *tenants.OAuthClient) { c.Secrets = c.Secrets[1:] })
		if may(first) || !may(second) {
			t.Error("a token outlives its secret, or dies with another")
		}
		alter(func(c *tenants.OAuthClient) { c.Secrets = []configs.Secret{c.Secrets[1], c.Secrets[0]} })
		if !may(first) || !may(second) {
			t.Error("the order of secrets matters")
		}
		alter(func(c *tenants.OAuthClient) { c.ID = "renamed" })
		if may(first) || may(second) {
			t.Error("a token outlives its client")
		}
		alter(func(*tenants.OAuthClient) {})
		if <-time.After(2*time.Hour - time.Second); !may(first) {
			t.Error("a token ends early")
		}
		if <-time.After(time.Second); may(first) {
			t.Error("a token does not end")
		}
	})
}

func TestEverythingNearAnAccessTokenIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.mustGrant(t, "acme", withSecret(firstSecret))
	refuse := func(text, why string, args ...any) {
		if _, err := h.who(t, "acme", "Bearer "+text); refusal(err) == "" {
			t.Errorf(why+" is good", args...)
		}
	}
	for i := range len(token) {
		refuse(token[:i], "the first %d letters", i)
		refuse(token[i+1:], "what follows the first %d letters", i+1)
		refuse("sca_"+token[min(len(token), i+5):], "a body without its first %d letters", i+1)
		for b := range 256 {
			if byte(b) != token[i] {
				refuse(token[:i]+string([]byte{byte(b)})+token[i+1:], "byte %d as %d", i, b)
			}
		}
		refuse(token[:i]+"\n"+token[i:], "a line end before byte %d", i)
	}
	for why, text := range map[string]string{
		"with padding": token + "=", "twice": token + token, "in upper case": strings.ToUpper(token), "with a blank": token + " ",
		"nothing but the prefix": "sca_", "zeros": "sca_" + base64.RawURLEncoding.EncodeToString(make([]byte, 56)),
	} {
		refuse(text, "%s", why)
	}
	if strings.Contains(token, "acme") || len(token) != 4+75 {
		t.Errorf("a token of %d letters", len(token))
	}
	foreign := newHouse(t)
	key, err := tenants.NewHasher([]byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	foreign.Hasher = key
	if _, err := foreign.who(t, "acme", "Bearer "+token); refusal(err) == "" {
		t.Error("a token of another key is good")
	}
	foreign.Hasher = tenants.Hasher{}
	if _, err := foreign.who(t, "acme", "Bearer "+token); refusal(err) == "" {
		t.Error("a token is good without a key")
	}
}

// Names of clients are no secret: whoever tries them must not slow down who has the secret too.
func TestATokenEndpointIsPacedForWhoHasProvedItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		for n := range 500 {
			if _, err := h.grant(t, "acme", withSecret("x")); tenants.GrantErrorOf(err).Code != tenants.InvalidClient {
				t.Fatalf("stranger %d: %v", n, err)
			}
		}
		for n := range 21 {
			_, err := h.grant(t, "acme", withSecret(firstSecret))
			if n < 20 && err != nil {
				t.Fatalf("request %d: %v", n, err)
			}
			if e := tenants.GrantErrorOf(err); n == 20 && (e.Code != tenants.TooMany || e.After <= 0 || e.After > time.Second) {
				t.Errorf("request %d: %v", n, err)
			}
		}
		if _, err := h.grant(t, "other", withSecret(otherSecret)); err != nil {
			t.Errorf("another tenant has to wait: %v", err)
		}
		<-time.After(200 * time.Millisecond)
		if _, err := h.grant(t, "acme", withSecret(firstSecret)); err != nil {
			t.Errorf("the bucket does not fill: %v", err)
		}
	})
}

func TestWhatNobodyExpectedIsAnOutage(t *testing.T) {
	t.Parallel()
	e := tenants.GrantErrorOf(errors.New("disk on fire"))
	if e.Code != tenants.Unavailable || strings.Contains(e.Detail, "fire") || !strings.Contains(e.Error(), "fire") {
		t.Errorf("%+v", e)
	}
}
