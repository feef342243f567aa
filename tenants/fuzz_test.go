package tenants_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"scimrelay/tenants"
)

// still is the time in which the fuzzed house stands: its tokens do not end.
var still = time.Unix(1_800_000_000, 0)

// FuzzAuthorization lets in exactly what was given out: of all headers, those that consist of a
// scheme in any letter case and one of the credentials to the letter. For user and password the
// oracle is how net/http reads them.
func FuzzAuthorization(f *testing.F) {
	h := newHouse(f)
	clock := func() time.Time { return still }
	h.Keys.Now, h.Now, h.issuer.Now = clock, clock, clock
	token := h.mustGrant(f, "acme", withSecret(firstSecret))
	signed := sign(header(), provisioning(still), rsaKeys()[0])
	names := map[string]string{token: "client:acme-entra", signed: "entra:" + principal, h.secret: h.token.KeyID}
	for credential := range names {
		f.Add("Bearer " + credential)
		f.Add(credential)
	}
	f.Add(basic("okta", firstSecret))
	f.Add(basic("ping", oktaPassword))
	f.Add("Basic " + token)
	f.Add("Bearer " + sign(header(), assertion(still), rsaKeys()[0]))
	for _, forged := range forgeries(provisioning(still), still) {
		f.Add("Bearer " + forged.token)
	}
	f.Fuzz(func(t *testing.T, value string) {
		want := ""
		scheme, rest, spaced := strings.Cut(value, " ")
		switch {
		case !spaced && value == h.secret:
			want = h.token.KeyID
		case strings.EqualFold(scheme, "Bearer"):
			want = names[rest]
		case strings.EqualFold(scheme, "Basic"):
			user, password, _ := (&http.Request{Header: http.Header{"Authorization": {value}}}).BasicAuth()
			if (user == "okta" && (password == firstSecret || password == secondSecret) || user == "ping" && password == oktaPassword) &&
				value == scheme+" "+strings.TrimPrefix(basic(user, password), "Basic ") {
				want = "basic:" + user
			}
		}
		who, err := h.who(t, "acme", value)
		if want == "" && refusal(err) == "" || want != "" && (err != nil || who != want) {
			t.Errorf("%q: let in as %q, want %q: %v", value, who, want, err)
		}
		if _, err := h.who(t, "plain", value); refusal(err) == "" {
			t.Errorf("%q opens another tenant", value)
		}
	})
}

// FuzzTokenRequest gives a token for exactly the requests that hold the client's id and one of
// its secrets, by the words of RFC 6749 section 2.3.1 or as it is.
func FuzzTokenRequest(f *testing.F) {
	h := newHouse(f)
	clock := func() time.Time { return still }
	h.Keys.Now = clock
	signed := sign(header(), assertion(still), rsaKeys()[0])
	f.Add(withSecret(firstSecret), "")
	f.Add(withAssertion(signed), "")
	f.Add(clientCredentials, basic("acme-entra", url.QueryEscape(firstSecret)))
	f.Add(clientCredentials, basic("acme-entra", firstSecret))
	f.Add(withSecret(firstSecret), basic("acme-entra", firstSecret))
	f.Add(withSecret(otherSecret)+"&client_id=x", "Bearer x")
	f.Fuzz(func(t *testing.T, body, authorization string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		var headers []string
		if authorization != "" {
			headers = []string{authorization}
		}
		issuer := tenants.Issuer{Tenants: h.town, Hasher: h.Hasher, Keys: h.Keys, Now: clock}
		g, err := issuer.Grant(t.Context(), "acme", headers, form)
		if e := tenants.GrantErrorOf(err); err != nil && (e.Code == "" || e.Code == tenants.Unavailable || e.Detail == "") {
			t.Errorf("%q %q: %v", body, authorization, err)
		}
		if may := proves(form, authorization, signed); may != (err == nil) {
			t.Errorf("%q %q: proves %v, got %v", body, authorization, may, err)
		}
		if err == nil && (g.Token.Empty() || g.KeyID != "client:acme-entra") {
			t.Errorf("%q %q: %+v", body, authorization, g)
		}
	})
}

// proves is what a request must hold, said another way than the code says it.
func proves(form url.Values, authorization, assertion string) bool {
	for _, values := range form {
		if len(values) != 1 {
			return false
		}
	}
	id, secret, shown := form.Get("client_id"), form.Get("client_secret"), form.Get("client_assertion")
	kind := form.Get("client_assertion_type")
	isSecret := func(s string) bool { return s == firstSecret || s == secondSecret }
	switch {
	case form.Get("grant_type") != "client_credentials":
		return false
	case shown != "" || kind != "":
		return shown == assertion && kind == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" && authorization == "" && secret == "" &&
			(id == "" || id == "acme-entra")
	case authorization == "":
		return id == "acme-entra" && isSecret(secret)
	}
	user, password, ok := (&http.Request{Header: http.Header{"Authorization": {authorization}}}).BasicAuth()
	scheme, _, _ := strings.Cut(authorization, " ")
	if !ok || authorization != scheme+" "+strings.TrimPrefix(basic(user, password), "Basic ") {
		return false
	}
	fits := func(u, p string) bool {
		return u == "acme-entra" && isSecret(p) && (id == "" || id == u) && (secret == "" || secret == p)
	}
	decodedUser, err := url.QueryUnescape(user)
	decoded, more := url.QueryUnescape(password)
	return fits(user, password) || err == nil && more == nil && fits(decodedUser, decoded)
}
