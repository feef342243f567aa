package event_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/event"
)

func mustSigner(tb testing.TB) *event.Signer {
	tb.Helper()
	key, err := event.NewKey()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := event.NewSigner(key)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func sample() event.Token {
	return event.Token{ID: "jti-1", Issuer: "https://scim.example/t/acme/scim/v2", IssuedAt: time.Unix(1458505044, 5).UTC(),
		Audience: "key00001", Transaction: "734f0614", Subject: "/Users/2819c223", Event: event.AsyncResponse,
		Payload: event.Outcome{Method: "PUT", Location: "https://scim.example/t/acme/scim/v2/Users/2819c223", Version: `W/"3"`, Status: 200}.Payload()}
}

// publicKey reads the first key of a set as somebody would who has only the RFCs.
func publicKey(tb testing.TB, set []byte) (id string, key *ecdsa.PublicKey) {
	tb.Helper()
	var read struct {
		Keys []struct{ Kty, Crv, X, Y, Use, Alg, Kid string }
	}
	if err := json.Unmarshal(set, &read); err != nil || len(read.Keys) != 1 {
		tb.Fatalf("%s: %v", set, err)
	}
	k := read.Keys[0]
	if k.Kty != "EC" || k.Crv != "P-256" || k.Use != "sig" || k.Alg != "ES256" || k.Kid == "" {
		tb.Errorf("key %+v", k)
	}
	number := func(text string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(b) != 32 {
			tb.Fatalf("coordinate %q: %v", text, err)
		}
		return b
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, number(k.X), number(k.Y)))
	if err != nil {
		tb.Fatal(err)
	}
	return k.Kid, key
}

// verify checks a token with another implementation and returns its claims and its header.
func verify(tb testing.TB, token string, set []byte) (jwt.MapClaims, map[string]any, error) {
	tb.Helper()
	id, key := publicKey(tb, set)
	claims := jwt.MapClaims{}
	read, err := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithIssuedAt()).ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != id {
			return nil, errors.New("another key")
		}
		return key, nil
	})
	if err != nil {
		return nil, nil, err
	}
	return claims, read.Header, nil
}

func TestATokenSaysWhatItWasGiven(t *testing.T) {
	t.Parallel()
	s := mustSigner(t)
	text, err := s.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	claims, header, err := verify(t, text, s.KeySet())
	if err != nil {
		t.Fatal(err)
	}
	want := jwt.MapClaims{
		"jti": "jti-1", "iss": "https://scim.example/t/acme/scim/v2", "iat": 1458505044.0, "aud": []any{"key00001"}, "txn": "734f0614",
		"sub_id": map[string]any{"format": "scim", "uri": "/Users/2819c223"},
		"events": map[string]any{"urn:ietf:params:scim:event:misc:asyncresp": map[string]any{
			"method": "PUT", "location": "https://scim.example/t/acme/scim/v2/Users/2819c223", "version": `W/"3"`, "status": "200"}},
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Error(diff)
	}
	if header["typ"] != "secevent+jwt" || header["alg"] != "ES256" {
		t.Errorf("header %v", header)
	}
}

func TestTheSameTokenIsSignedTheSame(t *testing.T) {
	t.Parallel()
	s := mustSigner(t)
	first, err := s.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Sign(sample()); err != nil || again != first {
		t.Errorf("%s, then %s, %v", first, again, err)
	}
}

// Numbers of a signature that happen to be short are filled up: one in 128 has one.
func TestEverySignatureHasItsLength(t *testing.T) {
	t.Parallel()
	s := mustSigner(t)
	token := sample()
	for i := range 600 {
		token.IssuedAt = time.Unix(int64(i), 0)
		text, err := s.Sign(token)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := verify(t, text, s.KeySet()); err != nil {
			t.Fatalf("token %d: %v", i, err)
		}
	}
}

func TestATokenThatWasChangedIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := mustSigner(t)
	text, err := s.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Split(text, ".")
	claims, err := base64.RawURLEncoding.DecodeString(part[1])
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), `"200"`, `"400"`, 1)))
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"secevent+jwt"}`))
	for name, changed := range map[string]string{
		"another outcome":     part[0] + "." + forged + "." + part[2],
		"no signature":        part[0] + "." + part[1] + ".",
		"none as algorithm":   unsigned + "." + part[1] + ".",
		"half of a signature": part[0] + "." + part[1] + "." + part[2][:43],
	} {
		if _, _, err := verify(t, changed, s.KeySet()); err == nil {
			t.Errorf("%s is believed", name)
		}
	}
	if _, _, err := verify(t, text, mustSigner(t).KeySet()); err == nil {
		t.Error("it is believed with another key")
	}
}

func TestAFailureBringsItsError(t *testing.T) {
	t.Parallel()
	got := event.Outcome{Method: "POST", Location: "/Users/1", Status: 201,
		Failure: &scim.Error{Status: 400, Type: scim.TypeInvalidValue, Detail: "sage: the nic is taken"}}.Payload()
	want := scim.Document{"method": "POST", "location": "/Users/1", "status": "400", "response": scim.Document{
		"schemas": []any{scim.MessageError}, "status": "400", "scimType": "invalidValue", "detail": "sage: the nic is taken"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOtherKeysAreRefusedWithoutShowingThem(t *testing.T) {
	t.Parallel()
	pemOf := func(kind string, key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	longer, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{
		"nothing":       "",
		"no PEM":        "0123456789abcdef",
		"no key":        string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})),
		"another kind":  pemOf("PRIVATE KEY", edwards),
		"another curve": pemOf("PRIVATE KEY", longer),
		"a certificate": pemOf("CERTIFICATE", longer),
	} {
		s, err := event.NewSigner(key)
		if s != nil || err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
