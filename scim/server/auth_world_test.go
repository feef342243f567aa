package server_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/scim/server"
	"scimrelay/tenants"
)

// The Entra tenants, and a service principal in each.
const (
	entraTenant   = "3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44"
	strangeTenant = "aaaaaaaa-9a55-4d7b-8f0e-51b1c0de7a44"
	entraObject   = "0b1c2d3e-1111-2222-3333-444455556666"
	customApp     = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
)

// login plays Microsoft's login service.
type login struct {
	mu   sync.Mutex
	down bool
}

// loginKey signs for it. It is made once: that takes longer than a test.
var loginKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// Keys implements tenants.KeySource.
func (l *login) Keys(_ context.Context, address string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down || !strings.HasPrefix(address, "https://login.microsoftonline.com/") {
		return nil, errors.New("no route to host")
	}
	public := loginKey().PublicKey
	return json.Marshal(map[string]any{"keys": []any{map[string]string{"kty": "RSA", "use": "sig", "kid": "one",
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes())}}})
}

func (l *login) away(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// claims is what a JWT says.
type claims map[string]any

func (c claims) with(name string, value any) claims {
	c = maps.Clone(c)
	c[name] = value
	return c
}

// provisioning is what Entra's provisioning service shows when its Secret Token is left blank.
func provisioning(now time.Time) claims {
	return claims{"iss": "https://sts.windows.net/" + entraTenant + "/", "tid": entraTenant, "aud": customApp, "oid": entraObject,
		"sub": entraObject, "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix()}
}

// assertion is what a service principal shows at the token endpoint.
func assertion(now time.Time) claims {
	return provisioning(now).with("iss", "https://login.microsoftonline.com/"+entraTenant+"/v2.0").with("aud", "api://acme")
}

// signed makes the JWT with a header of its own, and keeps it out of the log.
func (w *world) signed(tb testing.TB, header string, c claims) string {
	tb.Helper()
	body, err := json.Marshal(c)
	if err != nil {
		tb.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, loginKey(), crypto.SHA256, sum[:])
	if err != nil {
		tb.Fatal(err)
	}
	w.log.never(text)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

const rs256 = `{"typ":"JWT","alg":"RS256","kid":"one"}`

func (w *world) jwt(tb testing.TB, c claims) string { return w.signed(tb, rs256, c) }

// newAuthWorld is a world with a token endpoint and Entra's keys.
func newAuthWorld(tb testing.TB, storeURL string, changes ...func(*server.Server)) (*world, *login) {
	tb.Helper()
	l := &login{}
	w := newWorld(tb, storeURL, append(changes, func(s *server.Server) {
		a, _ := s.Auth.(*tenants.Authenticator)
		a.Keys = &tenants.Keyring{Source: l, Now: a.Now}
		s.Issuer = &tenants.Issuer{Tenants: a.Tenants, Hasher: a.Hasher, Keys: a.Keys, Now: a.Now}
	})...)
	return w, l
}

// onEachAuthStore runs a test in an authWorld of its own on each store.
func onEachAuthStore(t *testing.T, test func(t *testing.T, w *world, l *login)) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			w, l := newAuthWorld(t, open(t))
			test(t, w, l)
		})
	}
}

// configure writes a tenant's file anew with the auth group; a secret in it reads ${file:NAME}
// and has its name for a value, made long.
func (w *world) configure(tb testing.TB, id, auth string) *client {
	tb.Helper()
	w.files.Lock()
	defer w.files.Unlock()
	text := "id: " + id + "\nname: Tenant\n"
	if auth != "" {
		text += "auth: " + auth + "\n"
	}
	if err := os.WriteFile(filepath.Join(w.dir, id+".yaml"), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	if _, faults := w.registry.Reload(); faults.Err() != nil {
		tb.Fatal(faults)
	}
	return w.client(id, "")
}

// secret makes a secret that a file may name, and returns its value.
func (w *world) secret(tb testing.TB, name string) string {
	tb.Helper()
	value := name + "+/%& =" + strings.Repeat("x", 32)
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(value), 0o600); err != nil {
		tb.Fatal(err)
	}
	w.log.never(value)
	w.log.never(url.QueryEscape(value))
	return value
}

// basic is the header of a user and password, which the log must not show either.
func (w *world) basic(user, password string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	w.log.never(encoded)
	return "Basic " + encoded
}

// tokenAnswer is what a token endpoint answered.
type tokenAnswer struct {
	answer
	Token     string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Scope     string `json:"scope"`
	Error     string `json:"error"`
}

// form is the parameters of a request for a token, in pairs.
func form(pairs ...string) string {
	values := url.Values{"grant_type": {"client_credentials"}}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

func withAssertion(token string) string {
	return form("client_id", "acme-entra", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", token)
}

// ask sends a request to the tenant's token endpoint, of the type that clients send unless the
// header says otherwise.
func (w *world) ask(tb testing.TB, tenant, body string, header ...string) tokenAnswer {
	tb.Helper()
	return w.askWith(tb, http.MethodPost, tenant, body, header...)
}

func (w *world) askWith(tb testing.TB, method, tenant, body string, header ...string) (a tokenAnswer) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, w.server.PublicURL+server.Prefix+tenant+"/oauth2/token", strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := w.http.Client().Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	a.answer = answer{resp.StatusCode, resp.Header, string(text)}
	if err := json.Unmarshal(text, &a); err != nil && method != http.MethodHead {
		tb.Errorf("%d: no JSON: %s", a.status, text)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"} {
		if got := a.header.Get(name); got != want {
			tb.Errorf("%d: %s is %q", a.status, name, got)
		}
	}
	if (a.status == http.StatusOK) != (a.Token != "") || (a.status != http.StatusOK) != (a.Error != "") && method != http.MethodHead {
		tb.Errorf("%d: %s", a.status, text)
	}
	if a.Token != "" {
		w.log.never(a.Token)
	}
	return a
}

// granted is the access token of a request that must earn one.
func (w *world) granted(tb testing.TB, tenant, body string, header ...string) string {
	tb.Helper()
	a := w.ask(tb, tenant, body, header...)
	if a.status != http.StatusOK || a.Type != "Bearer" || a.ExpiresIn < 3600 || a.ExpiresIn > 21600 { // V-40: 60 to 360 minutes
		tb.Fatalf("%d %s", a.status, a.body)
	}
	return a.Token
}

// probe is the request of V-40, V-41 and O-01.
func probe(authorization string) call {
	return get("/Users?startIndex=1&count=1").with(token, authorization)
}
