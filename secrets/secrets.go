// Package secrets closes what must not lie open where it is kept: a value is encrypted with
// AES-256-GCM under a named key, for one place and no other. It knows no store and no
// configuration: where values are kept and when keys change is decided by who calls it.
package secrets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// MinKey is the fewest bytes a key's secret may have.
const MinKey = 32

// prefix begins every sealed value; the key's id and the ciphertext follow.
const prefix = "sealed:1:"

// word begins everything that is hashed or authenticated here.
const word = "scimrelay secrets 1"

// The two ways a sealed value does not open.
var (
	// ErrKey says that the value is sealed with a key that the ring does not have.
	ErrKey = errors.New("no such key")
	// ErrBroken says that the value was changed, or belongs to another place.
	ErrBroken = errors.New("does not open: it was changed, moved from another place, or sealed with another key of this id")
)

// Key is a named key.
type Key struct {
	ID     string
	Secret string
}

// Ring is the keys of an installation. The zero Ring has none.
type Ring struct {
	current string
	keys    map[string]cipher.AEAD
}

// NewRing returns the ring of the keys: the first one seals, all of them open.
func NewRing(keys []Key) (Ring, error) {
	r := Ring{keys: make(map[string]cipher.AEAD, len(keys))}
	for _, k := range keys {
		if _, twice := r.keys[k.ID]; twice || k.ID == "" || strings.Contains(k.ID, ":") || len(k.Secret) < MinKey {
			return Ring{}, fmt.Errorf("secrets: key %q: want an id of its own and at least %d bytes", k.ID, MinKey)
		}
		derived, err := hkdf.Key(sha256.New, []byte(k.Secret), nil, word, 32)
		if err != nil {
			return Ring{}, fmt.Errorf("secrets: key %q: %w", k.ID, err)
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return Ring{}, fmt.Errorf("secrets: key %q: %w", k.ID, err)
		}
		if r.keys[k.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return Ring{}, fmt.Errorf("secrets: key %q: %w", k.ID, err)
		}
	}
	if len(keys) > 0 {
		r.current = keys[0].ID
	}
	return r, nil
}

// Empty reports whether there are no keys.
func (r Ring) Empty() bool { return r.current == "" }

// Current is the id of the key that seals.
func (r Ring) Current() string { return r.current }

// Seal encrypts the value for the place, which is what tells it from every other value: its
// kind and name, and its tenant where it has one. It returns ErrKey from an empty ring.
func (r Ring) Seal(value string, place ...string) (string, error) {
	if r.Empty() {
		return "", fmt.Errorf("secrets: seal: %w", ErrKey)
	}
	//nolint:gosec // the cipher makes its own nonce for each value and takes none
	closed := r.keys[r.current].Seal(nil, nil, []byte(value), bound(r.current, place))
	return prefix + r.current + ":" + base64.RawURLEncoding.EncodeToString(closed), nil
}

// KeyOf returns the id of the key that the value is sealed with, and false for one that lies open.
func KeyOf(sealed string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(sealed, prefix)
	if !ok {
		return "", false
	}
	id, _, ok = strings.Cut(rest, ":")
	return id, ok
}

// Open decrypts a value that was sealed for the place. It returns ErrKey and ErrBroken.
func (r Ring) Open(sealed string, place ...string) (string, error) {
	id, ok := KeyOf(sealed)
	if !ok {
		return "", fmt.Errorf("secrets: %w", ErrBroken)
	}
	key, known := r.keys[id]
	if !known {
		return "", fmt.Errorf("secrets: key %q: %w", id, ErrKey)
	}
	closed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(sealed, prefix+id+":"))
	if err != nil {
		return "", fmt.Errorf("secrets: key %q: %w", id, ErrBroken)
	}
	value, err := key.Open(nil, nil, closed, bound(id, place))
	if err != nil {
		return "", fmt.Errorf("secrets: key %q: %w", id, ErrBroken)
	}
	return string(value), nil
}

// bound is what a value is authenticated with: each part after its length, so that no two places
// read alike.
func bound(key string, place []string) []byte {
	var b []byte
	for _, part := range append([]string{word, key}, place...) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part))) //nolint:gosec // names are short
		b = append(b, part...)
	}
	return b
}
