package sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/google/uuid"
)

// Token is a token of the organisation of the name: a JWT with iat and sub and without exp, as in
// the vendor's sample.
func Token(organisation string) string {
	claims, _ := json.Marshal(map[string]any{"iat": 1768210200, "sub": uuid.NewSHA1(uuid.NameSpaceDNS, []byte(organisation)).String()})
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	return text + "." + signature(text)
}

// subject is whose token it is, and whether it is one of ours.
func subject(token string) (string, bool) {
	text, signed, ok := cutLast(token, ".")
	if !ok || !hmac.Equal([]byte(signed), []byte(signature(text))) {
		return "", false
	}
	_, payload, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	var claims struct{ Sub string }
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return "", false
	}
	return claims.Sub, claims.Sub != ""
}

func signature(text string) string {
	mac := hmac.New(sha256.New, []byte("a simulator has no secrets"))
	mac.Write([]byte(text))
	return encode(mac.Sum(nil))
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}
