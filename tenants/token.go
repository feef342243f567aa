package tenants

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"scimrelay/configs"
)

// MaxActive is how many tokens of a tenant may be active at once: one in use and one to move to.
const MaxActive = 2

// Lifetime is how long a token lives unless its creator says otherwise.
const Lifetime = 365 * 24 * time.Hour

// MaxOverlap is the longest a renewed token may live on beside its successor.
const MaxOverlap = 72 * time.Hour

// minKey is the shortest key of a Hasher: the length of the hash it keys.
const minKey = sha256.Size

// Status is where a token stands in its life.
type Status string

// The states of a token. Only an active one opens the door; a deleted one never comes back.
const (
	Active   Status = "active"
	Inactive Status = "inactive"
	Expired  Status = "expired"
	Deleted  Status = "deleted"
)

// Token is what is kept of a secret that speaks for a tenant: never the secret itself.
type Token struct {
	Tenant string
	// KeyID is the public part, by which it is looked up and named in logs.
	KeyID string
	// Slot is 1 or 2 while the token is active, and 0 otherwise; a store keeps it unique per
	// tenant, so that concurrent changes cannot make a third active token.
	Slot   int
	Status Status
	// Hash is Hasher's of the whole secret.
	Hash    []byte
	Created time.Time
	Expires time.Time
	// Overlap is when a renewed token stops living beside its successor; zero when none.
	Overlap time.Time
	// LastUsed is kept to the minute, not to the request; zero before the first use.
	LastUsed time.Time
}

// End is when an active token stops being usable, the earlier of expiry and overlap. The zero
// time means never.
func (t Token) End() time.Time {
	if t.Overlap.IsZero() || !t.Expires.IsZero() && t.Expires.Before(t.Overlap) {
		return t.Expires
	}
	return t.Overlap
}

// StatusAt is the status with the clock taken into account: an active token past its end is
// expired, whether or not anyone has written that down.
func (t Token) StatusAt(now time.Time) Status {
	if end := t.End(); t.Status == Active && !end.IsZero() && !now.Before(end) {
		return Expired
	}
	return t.Status
}

// Usable says whether the token opens the door now.
func (t Token) Usable(now time.Time) bool { return t.StatusAt(now) == Active }

// Hasher turns secrets into what may be stored. The zero Hasher verifies nothing.
type Hasher struct {
	// A Secret, so that printing what holds a Hasher shows no key.
	key configs.Secret
}

// NewHasher returns a hasher of the key, which must have at least 32 bytes and be the same in
// every process.
func NewHasher(key []byte) (Hasher, error) {
	if len(key) < minKey {
		return Hasher{}, fmt.Errorf("tenants: the key of the token hash has %d bytes, want at least %d", len(key), minKey)
	}
	return Hasher{key: configs.NewSecret(string(key))}, nil
}

// Hash returns the HMAC-SHA-256 of a secret, or nil for the zero Hasher.
func (h Hasher) Hash(secret string) []byte {
	if h.key.Empty() {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(h.key.Reveal()))
	mac.Write([]byte(secret))
	return mac.Sum(nil)
}

// Derive returns a key for another purpose, or nil for the zero Hasher. It tells nothing of the
// hasher's own key, and is the same in every process that has that.
func (h Hasher) Derive(purpose string) []byte { return h.mac("key for " + purpose) }

// mac is the HMAC-SHA-256 of the parts under a key of the purpose's own, or nil for the zero
// Hasher. Every part goes in with its length, so that no two lists of parts read the same.
func (h Hasher) mac(purpose string, parts ...string) []byte {
	key := h.Hash("scimrelay " + purpose)
	if key == nil {
		return nil
	}
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// Verify says in constant time whether the secret is the token's. It does not ask whether the
// token is usable.
func (h Hasher) Verify(token Token, secret string) bool {
	hash := h.Hash(secret)
	return hash != nil && hmac.Equal(hash, token.Hash)
}

// Issue mints a secret for the tenant and returns it, to be shown once, with the token to store.
// The token has no status yet: TokenSet.Create or Renew gives it one.
func (h Hasher) Issue(rand io.Reader, tenant string, now time.Time) (Token, string, error) {
	if h.key.Empty() {
		return Token{}, "", errors.New("tenants: issue a token: the hasher has no key")
	}
	secret, keyID := Mint(rand)
	return Token{
		Tenant: tenant, KeyID: keyID, Hash: h.Hash(secret), Created: now, Expires: now.Add(Lifetime),
	}, secret, nil
}
