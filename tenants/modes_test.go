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

// The credentials of the tenants in a house.
const (
	firstSecret  = "first-secret-0123456789abcdef0123+/ %&="
	secondSecret = "second-secret-0123456789abcdef01234567"
	otherSecret  = "other-secret-0123456789abcdef0123456789"
	oktaPassword = "okta:password-€-0123"
)

// house is a gateway with every mode: acme has them all, and other has them too, each with
// credentials of its own but the same names. plain has tokens only.
type house struct {
	*door
	issuer tenants.Issuer
	entra  *entra
	town   town
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{door: newDoor(t), entra: newEntra()}
	all := func(secrets []configs.Secret, entra, audience string) tenants.Auth {
		return tenants.Auth{Bearer: true, BareToken: true,
			Clients:    []tenants.OAuthClient{{ID: "acme-entra", Secrets: secrets, Lifetime: 2 * time.Hour}},
			Basic:      []tenants.BasicUser{{Username: "okta", Passwords: secrets}, {Username: "ping", Passwords: []configs.Secret{configs.NewSecret(oktaPassword)}}},
			Entra:      &tenants.Entra{Tenant: entra, Audiences: []string{"8adf8e6e-67b2-4cf2-a259-e3dc5476c621"}},
			Federation: []tenants.Federation{{ClientID: "acme-entra", Tenant: entra, Subject: principal, Audiences: []string{audience}}}}
	}
	h.town = town{
		"acme":  {ID: "acme", Auth: all([]configs.Secret{configs.NewSecret(firstSecret), configs.NewSecret(secondSecret)}, entraTenant, "api://acme")},
		"other": {ID: "other", Auth: all([]configs.Secret{configs.NewSecret(otherSecret)}, otherEntra, "api://acme")},
		"plain": {ID: "plain", Auth: tenants.DefaultAuth()},
	}
	ring := newKeyring(h.entra, time.Now)
	h.Tenants, h.Keys = h.town, ring
	h.issuer = tenants.Issuer{Tenants: h.town, Hasher: h.Hasher, Keys: ring, Now: time.Now}
	return h
}

// change puts another version of a tenant in its place, as reading its file again does.
func (h *house) change(id string, how func(*tenants.Auth)) {
	fresh := *h.town[id]
	how(&fresh.Auth)
	h.town[id] = &fresh
}

// who is the name of the one the header lets in.
func (h *house) who(t testing.TB, tenant, header string) (string, error) {
	t.Helper()
	p, err := h.Authenticate(t.Context(), tenant, []string{header})
	if err == nil && p.Tenant.ID != tenant {
		t.Errorf("%s speaks for %s", header, p.Tenant.ID)
	}
	return p.KeyID, err
}

func basic(user, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+secret))
}

// grant asks for a token as the form says.
func (h *house) grant(t testing.TB, tenant, form string, authorization ...string) (tenants.Grant, error) {
	t.Helper()
	values, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	return h.issuer.Grant(t.Context(), tenant, authorization, values)
}

func withSecret(secret string) string {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {"acme-entra"}, "client_secret": {secret}}.Encode()
}

func withAssertion(token string) string {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {"acme-entra"}, "client_assertion": {token},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}.Encode()
}

func (h *house) mustGrant(t testing.TB, tenant, form string, authorization ...string) string {
	t.Helper()
	g, err := h.grant(t, tenant, form, authorization...)
	if err != nil || g.Token.Empty() || g.KeyID != "client:acme-entra" {
		t.Fatalf("%+v, %v", g, err)
	}
	return g.Token.Reveal()
}

// refusal is the reason of an error that is a refusal and nothing else, and empty for any other.
func refusal(err error) string {
	var r *tenants.Refusal
	if !errors.As(err, &r) || errors.Is(err, tenants.ErrUnavailable) || !errors.Is(err, tenants.ErrUnauthorized) {
		return ""
	}
	return r.Reason
}

func TestABasicUserIsLetInWithAnyOfItsPasswords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, header := range []string{basic("okta", firstSecret), basic("okta", secondSecret), strings.Replace(basic("okta", firstSecret), "Basic", "bAsIc", 1)} {
		if who, err := h.who(t, "acme", header); err != nil || who != "basic:okta" {
			t.Errorf("%q, %v", who, err)
		}
	}
	if who, err := h.who(t, "acme", basic("ping", oktaPassword)); err != nil || who != "basic:ping" {
		t.Errorf("a password with a colon: %q, %v", who, err)
	}
	good := basic("okta", firstSecret)
	for name, c := range map[string]struct{ tenant, header, reason string }{
		"a wrong password":           {"acme", basic("okta", firstSecret+"x"), "unknown user or wrong password"},
		"the first of a password":    {"acme", basic("okta", firstSecret[:10]), "unknown user or wrong password"},
		"no password":                {"acme", basic("okta", ""), "unknown user or wrong password"},
		"no user":                    {"acme", basic("", firstSecret), "unknown user or wrong password"},
		"another's password":         {"acme", basic("okta", oktaPassword), "unknown user or wrong password"},
		"a user in upper case":       {"acme", basic("OKTA", firstSecret), "unknown user or wrong password"},
		"what goes together shifted": {"acme", basic("okta:"+firstSecret[:5], firstSecret[6:]), "unknown user or wrong password"},
		"an encoded password":        {"acme", basic("okta", url.QueryEscape(firstSecret)), "unknown user or wrong password"},
		"another tenant":             {"other", good, "unknown user or wrong password"},
		"a tenant without Basic":     {"plain", good, "unknown user or wrong password"},
		"no such tenant":             {"nobody", good, "unknown user or wrong password"},
		"no colon":                   {"acme", "Basic " + base64.StdEncoding.EncodeToString([]byte("okta")), "malformed user and password"},
		"no base 64":                 {"acme", "Basic okta:" + firstSecret, "malformed user and password"},
		"no padding":                 {"acme", strings.TrimRight(good, "="), "malformed user and password"},
		"two blanks":                 {"acme", strings.Replace(good, " ", "  ", 1), "malformed user and password"},
		"a blank at the end":         {"acme", good + " ", "malformed user and password"},
		"a line end inside":          {"acme", good[:10] + "\n" + good[10:], "malformed user and password"},
		"a zero byte":                {"acme", basic("okta", firstSecret+"\x00"), "malformed user and password"},
		"nothing":                    {"acme", "Basic ", "malformed user and password"},
		"bare":                       {"acme", strings.TrimPrefix(good, "Basic "), "malformed token"},
		"as a bearer":                {"acme", strings.Replace(good, "Basic", "Bearer", 1), "malformed token"},
		"more than is read":          {"acme", basic("okta", strings.Repeat("x", 32<<10)), "not one credential"},
	} {
		if _, err := h.who(t, c.tenant, c.header); refusal(err) != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.change("acme", func(a *tenants.Auth) { a.Basic = a.Basic[1:] })
	if who, err := h.who(t, "acme", good); refusal(err) == "" {
		t.Errorf("a user that is gone is let in: %s", who)
	}
	h.Hasher = tenants.Hasher{}
	if _, err := h.who(t, "acme", basic("ping", oktaPassword)); refusal(err) == "" {
		t.Error("without a key somebody is let in")
	}
}

func TestEntrasOwnTokenOpensTheTenantThatIsBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, key, now := newHouse(t), rsaKeys()[0], time.Now()
		claims := provisioning(now)
		for name, c := range map[string]struct {
			claims object
			who    string
		}{
			"as it is":             {claims, "entra:" + principal},
			"aud in a list":        {with(claims, object{"aud": []any{claims["aud"]}}), "entra:" + principal},
			"expired this minute":  {with(claims, object{"exp": now.Add(-59 * time.Second).Unix()}), "entra:" + principal},
			"valid in this minute": {with(claims, object{"nbf": now.Add(59 * time.Second).Unix()}), "entra:" + principal},
			"no nbf":               {with(claims, object{"nbf": nil}), "entra:" + principal},
			"an application alone": {with(claims, object{"oid": nil}), "entra:00000014-0000-0000-c000-000000000000"},
			"ids that are none":    {with(claims, object{"oid": "x\ny", "appid": "me"}), "entra:" + entraTenant},
		} {
			who, err := h.who(t, "acme", "Bearer "+sign(header(), c.claims, key))
			if err != nil || who != c.who {
				t.Errorf("%s: %q, %v", name, who, err)
			}
		}
		for name, f := range forgeries(claims, now) {
			if _, err := h.who(t, "acme", "Bearer "+f.token); refusal(err) != f.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		good := sign(header(), claims, key)
		for name, c := range map[string]struct{ tenant, header string }{
			"a tenant that has bound another": {"other", "Bearer " + good},
			"a tenant that has bound none":    {"plain", "Bearer " + good},
			"no such tenant":                  {"nobody", "Bearer " + good},
			"bare":                            {"acme", good},
			"an assertion of version 2":       {"acme", "Bearer " + sign(header(), assertion(now), key)},
			"as a password":                   {"acme", basic("okta", good)},
		} {
			if _, err := h.who(t, c.tenant, c.header); refusal(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if asked := h.entra.questions(); asked != 2 { // once at first, once for an unknown key
			t.Errorf("Entra was asked %d times", asked)
		}
		if want := "https://login.microsoftonline.com/" + entraTenant + "/discovery/v2.0/keys"; h.entra.asked[0] != want {
			t.Errorf("asked %s", h.entra.asked[0])
		}
		h.Keys = nil
		if _, err := h.who(t, "acme", "Bearer "+good); refusal(err) == "" {
			t.Error("without keys somebody is let in")
		}
	})
}
