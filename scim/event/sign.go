package event

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"scimrelay/scim"
)

const (
	pemType = "PRIVATE KEY"
	half    = 32 // bytes of a coordinate, and of each number of a signature, on P-256
)

// NewKey makes a key to sign with and returns it as PEM of PKCS #8. The library takes its
// randomness from the system alone.
func NewKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("event: make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("event: make a key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der})), nil
}

// Signer signs tokens with one key, from any number of goroutines.
type Signer struct {
	key    *ecdsa.PrivateKey
	header string // of every token, encoded
	keySet []byte
}

// NewSigner takes a key as NewKey makes it.
func NewSigner(key string) (*Signer, error) {
	private, err := readKey(key)
	if err != nil {
		return nil, fmt.Errorf("event: read the key: %w", err)
	}
	point, err := private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, fmt.Errorf("event: read the key: %w", err)
	}
	jwk := scim.Document{"kty": "EC", "crv": "P-256", "x": encoded(point[1 : 1+half]), "y": encoded(point[1+half:])}
	thumbprint, err := scim.Encode(jwk) // sorted and without blanks: as RFC 7638 section 3 hashes it
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(thumbprint)
	jwk["kid"], jwk["use"], jwk["alg"] = encoded(sum[:]), "sig", "ES256"
	s := &Signer{key: private}
	if s.keySet, err = scim.Encode(scim.Document{"keys": []any{jwk}}); err != nil {
		return nil, err
	}
	// The explicit type keeps an event from passing for any other kind of JWT (RFC 8417 section 2.3).
	header, err := scim.Encode(scim.Document{"alg": "ES256", "kid": jwk["kid"], "typ": "secevent+jwt"})
	s.header = encoded(header)
	return s, err
}

func readKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != pemType {
		return nil, errors.New("want PEM of a private key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("want PKCS #8") // what was there instead is not for a log
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, errors.New("want a key on P-256")
	}
	return private, nil
}

// KeySet is the public key as a JWK set (RFC 7517).
func (s *Signer) KeySet() []byte { return s.keySet }

// Sign is the token as a signed JWT in compact form. Equal tokens give equal texts: an event
// that is sent again is the same event.
func (s *Signer) Sign(t Token) (string, error) {
	claims, err := scim.Encode(t.claims())
	if err != nil {
		return "", fmt.Errorf("event: sign: %w", err)
	}
	signed := s.header + "." + encoded(claims)
	sum := sha256.Sum256([]byte(signed))
	der, err := s.key.Sign(nil, sum[:], crypto.SHA256) // without a source of randomness: RFC 6979
	if err != nil {
		return "", fmt.Errorf("event: sign: %w", err)
	}
	var numbers struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &numbers); err != nil {
		return "", fmt.Errorf("event: sign: %w", err)
	}
	var signature [2 * half]byte // R and S side by side (RFC 7518 section 3.4)
	numbers.R.FillBytes(signature[:half])
	numbers.S.FillBytes(signature[half:])
	return signed + "." + encoded(signature[:]), nil
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
