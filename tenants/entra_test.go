package tenants_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"strings"
	"sync"
	"time"

	"scimrelay/tenants"
)

// rsaKeys are made once: that takes longer than all the tests.
var rsaKeys = sync.OnceValue(func() (pair [2]*rsa.PrivateKey) {
	for i := range pair {
		pair[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return pair
})

// entra plays Microsoft's login service: it signs, and publishes keys, as long as it is up.
type entra struct {
	mu    sync.Mutex
	keys  map[string]*rsa.PrivateKey
	down  bool
	hold  chan struct{}
	asked []string
}

func newEntra() *entra { return &entra{keys: map[string]*rsa.PrivateKey{"one": rsaKeys()[0]}} }

var errDown = errors.New("connection refused")

// Keys implements tenants.KeySource.
func (e *entra) Keys(ctx context.Context, url string) ([]byte, error) {
	e.mu.Lock()
	e.asked = append(e.asked, url)
	hold, down := e.hold, e.down
	keys := maps.Clone(e.keys)
	e.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if down {
		return nil, errDown
	}
	var list []map[string]string
	for id, key := range keys {
		list = append(list, jwk(id, &key.PublicKey))
	}
	return json.Marshal(map[string]any{"keys": list})
}

func (e *entra) set(change func(*entra)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *entra) questions() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.asked)
}

func jwk(id string, key *rsa.PublicKey) map[string]string {
	return map[string]string{"kty": "RSA", "use": "sig", "kid": id, "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

type object = map[string]any

// with is the object with other values; nil takes a member away.
func with(o object, changes object) object {
	o = maps.Clone(o)
	for name, value := range changes {
		o[name] = value
		if value == nil {
			delete(o, name)
		}
	}
	return o
}

// sign makes a JWT. It knows only RS256 and whoever wants another signature brings it.
func sign(header, claims object, key *rsa.PrivateKey) string {
	text := b64(mustJSON(header)) + "." + b64(mustJSON(claims))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + b64(signature)
}

func header() object { return object{"typ": "JWT", "alg": "RS256", "kid": "one"} }

// provisioning are the claims of the token that Entra's provisioning service shows (E-06).
func provisioning(now time.Time) object {
	return object{"iss": "https://sts.windows.net/" + entraTenant + "/", "tid": entraTenant, "aud": "8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
		"oid": principal, "appid": "00000014-0000-0000-c000-000000000000", "sub": principal,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "ver": "1.0"}
}

// assertion are the claims of a service principal's assertion (E-08).
func assertion(now time.Time) object {
	return with(provisioning(now), object{"iss": "https://login.microsoftonline.com/" + entraTenant + "/v2.0", "aud": "api://acme", "ver": "2.0"})
}

// forgery is a JWT that must not be believed, and what the log says of it.
type forgery struct{ token, reason string }

// forgeries are all the ways a JWT with the claims may be wrong.
func forgeries(claims object, now time.Time) map[string]forgery {
	keys := rsaKeys()
	public := mustJSON(jwk("one", &keys[0].PublicKey))
	other := func(changes object) string { return sign(header(), with(claims, changes), keys[0]) }
	headed := func(changes object) string { return sign(with(header(), changes), claims, keys[0]) }
	unsigned := func(h object) string { return b64(mustJSON(h)) + "." + b64(mustJSON(claims)) }
	none := unsigned(object{"alg": "none", "kid": "one"})
	hs := unsigned(object{"alg": "HS256", "kid": "one"})
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(hs))
	good := sign(header(), claims, keys[0])
	parts := strings.Split(good, ".")
	iss, _ := claims["iss"].(string)
	all := map[string]forgery{
		"wrong tid":                      {other(object{"tid": otherEntra}), "token of another Entra tenant"},
		"no tid":                         {other(object{"tid": nil}), "token of another Entra tenant"},
		"tid in upper case":              {other(object{"tid": strings.ToUpper(entraTenant)}), "token of another Entra tenant"},
		"wrong iss":                      {other(object{"iss": strings.ReplaceAll(iss, entraTenant, otherEntra)}), "token of another issuer"},
		"iss without its end":            {other(object{"iss": iss[:len(iss)-1]}), "token of another issuer"},
		"iss over http":                  {other(object{"iss": strings.Replace(iss, "https", "http", 1)}), "token of another issuer"},
		"no iss":                         {other(object{"iss": nil}), "token of another issuer"},
		"wrong aud":                      {other(object{"aud": "api://other"}), "token for another audience"},
		"aud with more":                  {other(object{"aud": claims["aud"].(string) + "/x"}), "token for another audience"},
		"aud for others too":             {other(object{"aud": []any{claims["aud"], "api://other"}}), "token for another audience"},
		"no aud":                         {other(object{"aud": nil}), "token for another audience"},
		"empty aud":                      {other(object{"aud": []any{}}), "token for another audience"},
		"expired":                        {other(object{"exp": now.Add(-61 * time.Second).Unix()}), "token is expired"},
		"no exp":                         {other(object{"exp": nil}), "malformed token"},
		"exp in words":                   {other(object{"exp": "tomorrow"}), "malformed token"},
		"not yet valid":                  {other(object{"nbf": now.Add(62 * time.Second).Unix()}), "token is not valid yet"},
		"alg none":                       {none + ".", "token with a wrong signature"},
		"alg none with a signature":      {none + "." + parts[2], "token with a wrong signature"},
		"alg nOnE":                       {unsigned(object{"alg": "nOnE", "kid": "one"}) + ".", "malformed token"},
		"HS256 with the public key":      {hs + "." + b64(mac.Sum(nil)), "token with a wrong signature"},
		"RS384":                          {headed(object{"alg": "RS384"}), "token with a wrong signature"},
		"PS256":                          {headed(object{"alg": "PS256"}), "token with a wrong signature"},
		"no alg":                         {headed(object{"alg": nil}), "malformed token"},
		"unknown kid":                    {headed(object{"kid": "two"}), "token of an unknown key"},
		"no kid":                         {headed(object{"kid": nil}), "token with an unfit header"},
		"kid that is no text":            {headed(object{"kid": 1}), "token with an unfit header"},
		"something critical":             {headed(object{"crit": []any{"exp"}}), "token with an unfit header"},
		"a key of its own":               {sign(with(header(), object{"jwk": jwk("one", &keys[1].PublicKey)}), claims, keys[1]), "token with a wrong signature"},
		"another key under the kid":      {sign(header(), claims, keys[1]), "token with a wrong signature"},
		"tampered payload":               {parts[0] + "." + b64(mustJSON(with(claims, object{"oid": otherEntra}))) + "." + parts[2], "token with a wrong signature"},
		"no signature":                   {parts[0] + "." + parts[1] + ".", "token with a wrong signature"},
		"half a signature":               {good[:len(good)-102], "token with a wrong signature"},
		"a signature in another base 64": {parts[0] + "." + parts[1] + "." + parts[2] + "==", "malformed token"},
		"a payload of null":              {parts[0] + "." + b64([]byte("null")) + "." + parts[2], "token of another Entra tenant"},
		"a payload of a list":            {parts[0] + "." + b64([]byte("[]")) + "." + parts[2], "malformed token"},
		"no JSON":                        {"e30x.e30x.e30x", "malformed token"},
		"three dots":                     {"..", "malformed token"},
		"more than is read":              {other(object{"x": strings.Repeat("x", 13<<10)}), "no token that can be checked"},
	}
	return all
}

// newKeyring asks the service, with a clock of the test's.
func newKeyring(e *entra, now func() time.Time) *tenants.Keyring {
	return &tenants.Keyring{Source: e, Now: now}
}
