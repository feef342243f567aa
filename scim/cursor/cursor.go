package cursor

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"scimrelay/scim"
)

// maxText bounds a cursor: it travels in a URL.
const maxText = 2048

// minKey is the shortest secret that cannot be tried out.
const minKey = 16

// Sealer makes cursors and reads them back. Sealers with the same key read each other's, so
// the processes of a cluster share it. It may be used from many goroutines.
type Sealer struct {
	aead    cipher.AEAD
	nonces  []byte // the key under which nonces are derived
	timeout time.Duration
	now     func() time.Time
}

// New is the Sealer for a secret key of at least 16 bytes. A cursor is good for timeout; a
// timeout of zero never ends.
func New(key []byte, timeout time.Duration, now func() time.Time) (*Sealer, error) {
	if len(key) < minKey {
		return nil, fmt.Errorf("cursor: a key of %d bytes is too short", len(key))
	}
	secret, err := hkdf.Key(sha256.New, key, nil, "scim cursor 1: encryption", 32)
	if err != nil {
		return nil, fmt.Errorf("cursor: derive key: %w", err)
	}
	nonces, err := hkdf.Key(sha256.New, key, nil, "scim cursor 1: nonces", 32)
	if err != nil {
		return nil, fmt.Errorf("cursor: derive key: %w", err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("cursor: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("cursor: %w", err)
	}
	return &Sealer{aead: aead, nonces: nonces, timeout: timeout, now: now}, nil
}

// Binding is the digest of everything that has to be the same on every page: the tenant,
// the token, the endpoint and the parameters. Parts keep their limits: "a", "bc" and "ab",
// "c" are two Bindings.
func Binding(parts ...string) []byte {
	h := sha256.New()
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// Seal makes the cursor of a state, issued now and good only with the same binding. It is
// written in letters, digits, "-" and "_". The error is a state that is too long.
func (s *Sealer) Seal(state State, binding []byte) (string, error) {
	state.Issued = s.now()
	if err := state.check(); err != nil {
		return "", err
	}
	plain := state.append(nil)
	nonce := s.nonce(plain, binding)
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, binding)), nil
}

// Open reads a cursor that came back. Whatever was not sealed with this key and binding is
// the same 400 invalidCursor, so that nobody learns whether a cursor exists elsewhere
// (RFC 9865 section 5.2); a genuine one past its time is 400 expiredCursor.
func (s *Sealer) Open(text string, binding []byte) (State, error) {
	plain, ok := s.plain(text, binding)
	if !ok {
		return State{}, invalid()
	}
	state, ok := parse(plain)
	if !ok {
		return State{}, invalid()
	}
	if s.timeout > 0 && s.now().Sub(state.Issued) > s.timeout {
		return State{}, scim.BadRequest(scim.TypeExpiredCursor, "the cursor has expired, begin again without one")
	}
	return state, nil
}

func (s *Sealer) plain(text string, binding []byte) ([]byte, bool) {
	if len(text) > maxText {
		return nil, false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	n := s.aead.NonceSize()
	// The decoder passes over line breaks: only the text that was given out is a cursor.
	if err != nil || len(sealed) < n || base64.RawURLEncoding.EncodedLen(len(sealed)) != len(text) {
		return nil, false
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], binding)
	return plain, err == nil
}

// nonce follows from all that is sealed, so that it is used again only for the very same
// cursor and nothing depends on a source of randomness.
func (s *Sealer) nonce(plain, binding []byte) []byte {
	h := hmac.New(sha256.New, s.nonces)
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(binding)))
	h.Write(size[:])
	h.Write(binding)
	h.Write(plain)
	return h.Sum(nil)[:s.aead.NonceSize()]
}

func invalid() error {
	return scim.BadRequest(scim.TypeInvalidCursor, "the cursor is not valid for this request")
}
