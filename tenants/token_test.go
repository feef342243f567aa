package tenants_test

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"scimrelay/tenants"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func mustHasher(t testing.TB) tenants.Hasher {
	t.Helper()
	h, err := tenants.NewHasher([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func mustIssue(t testing.TB, h tenants.Hasher, now time.Time) (tenants.Token, string) {
	t.Helper()
	token, secret, err := h.Issue(rand.Reader, "acme", now)
	if err != nil {
		t.Fatal(err)
	}
	return token, secret
}

func TestMintedSecretsHaveTheirForm(t *testing.T) {
	t.Parallel()
	form, seen := regexp.MustCompile(`^scr_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$`), map[string]bool{}
	for range 1000 {
		secret, keyID := tenants.Mint(rand.Reader)
		parsed, ok := tenants.ParseToken(secret)
		if !form.MatchString(secret) || !ok || parsed != keyID || secret[4:12] != keyID || seen[keyID] {
			t.Fatalf("secret of %d characters, key id %q parsed as %q, %v", len(secret), keyID, parsed, ok)
		}
		seen[keyID] = true
	}
}

func TestParseTokenRefusesEverythingNearAToken(t *testing.T) {
	t.Parallel()
	secret, _ := tenants.Mint(rand.Reader)
	refuse := func(s, why string) {
		if _, ok := tenants.ParseToken(s); ok {
			t.Errorf("%s was accepted", why)
		}
	}
	for i := range len(secret) {
		refuse(secret[:i], fmt.Sprintf("the prefix of %d", i))
		refuse(secret[i+1:], fmt.Sprintf("the suffix from %d", i+1))
		for b := range 256 {
			if byte(b) != secret[i] {
				refuse(secret[:i]+string([]byte{byte(b)})+secret[i+1:], fmt.Sprintf("byte %d as %d", i, b))
			}
		}
	}
	for why, s := range map[string]string{
		"a space before": " " + secret, "a space after": secret + " ", "a newline": secret + "\n", "twice": secret + secret,
		"upper case": strings.ToUpper(secret), "lower case": strings.ToLower(secret), "a megabyte": strings.Repeat(secret, 1<<14),
		"a wide letter": secret[:20] + "é" + secret[22:],
	} {
		refuse(s, why)
	}
}

func TestHasherVerifiesItsOwnSecretsOnly(t *testing.T) {
	t.Parallel()
	h := mustHasher(t)
	token, secret := mustIssue(t, h, start)
	_, other := mustIssue(t, h, start)
	foreign, err := tenants.NewHasher([]byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		hasher tenants.Hasher
		token  tenants.Token
		secret string
		want   bool
	}{
		"its own":           {h, token, secret, true},
		"another secret":    {h, token, other, false},
		"another key":       {foreign, token, secret, false},
		"no key":            {tenants.Hasher{}, token, secret, false},
		"no key, no hash":   {tenants.Hasher{}, tenants.Token{}, secret, false},
		"a token not found": {h, tenants.Token{}, secret, false},
	} {
		if got := c.hasher.Verify(c.token, c.secret); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if printed := fmt.Sprintf("%v %+v %#v %+v", h, h, h, token); strings.Contains(printed, "kkkk") || strings.Contains(printed, secret) {
		t.Error(printed)
	}
	if token.Expires.Sub(token.Created) != tenants.Lifetime {
		t.Error("the default life is not a year")
	}
}

func TestNewHasherRefusesShortKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", strings.Repeat("s", 31)} {
		if _, err := tenants.NewHasher([]byte(key)); err == nil || strings.Contains(err.Error(), "sss") {
			t.Errorf("%d bytes: %v", len(key), err)
		}
	}
	if _, _, err := (tenants.Hasher{}).Issue(rand.Reader, "acme", start); err == nil {
		t.Error("a hasher without a key issued a token")
	}
}
