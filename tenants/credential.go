package tenants

import (
	"encoding/base64"
	"strings"
	"unicode"
)

// maxCredential bounds what is read of an Authorization header. The longest are Entra's tokens,
// with two or three thousand bytes.
const maxCredential = 32 << 10

// kind is what a caller shows.
type kind int

const (
	ownToken    kind = iota // of the TokenSet
	accessToken             // of the token endpoint
	signedToken             // somebody else's JWT
	password                // Basic
)

// credential is what an Authorization header shows, read and not yet believed.
type credential struct {
	kind   kind
	secret string // the token or password
	// name is the key id of a token of our own, or the user of a password.
	name string
	// bare says that the token came without the word Bearer.
	bare bool
}

// readCredential takes what is shown out of the only Authorization header. Two headers are
// refused: which of them counts is what proxies disagree about.
func readCredential(values []string) (credential, string) {
	if len(values) != 1 || len(values[0]) > maxCredential {
		return credential{}, "not one credential"
	}
	scheme, rest, spaced := strings.Cut(values[0], " ")
	switch {
	case !spaced:
		c, reason := readToken(scheme)
		if c.bare = true; reason == "" && c.kind != ownToken {
			reason = "not one credential"
		}
		return c, reason
	case strings.EqualFold(scheme, "Bearer"):
		return readToken(rest)
	case strings.EqualFold(scheme, "Basic"):
		name, secret, ok := readBasic(rest)
		if !ok {
			return credential{}, "malformed user and password"
		}
		return credential{kind: password, name: name, secret: secret}, ""
	default:
		return credential{}, "not one credential"
	}
}

func readToken(text string) (credential, string) {
	switch {
	case strings.HasPrefix(text, accessPrefix):
		return credential{kind: accessToken, secret: text}, ""
	case strings.Count(text, ".") == 2:
		return credential{kind: signedToken, secret: text}, ""
	}
	keyID, ok := ParseToken(text)
	if !ok {
		return credential{}, "malformed token"
	}
	return credential{kind: ownToken, secret: text, name: keyID}, ""
}

// readBasic takes apart what follows the word Basic. Only the one spelling that an encoder
// writes is read, and no control characters (RFC 7617 section 2).
func readBasic(text string) (name, secret string, ok bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != text || strings.ContainsFunc(string(raw), unicode.IsControl) {
		return "", "", false
	}
	return strings.Cut(string(raw), ":")
}
