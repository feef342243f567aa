package tenants

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// What a document of keys may hold. Entra publishes fewer than ten.
const (
	maxKeys    = 64
	maxKeyID   = 256
	minModulus = 2048
	maxModulus = 4096
	// minExponent is what everybody uses; smaller ones have a history.
	minExponent = 65537
)

// parseKeys reads the RSA signing keys of a document (RFC 7517 section 5), by their ids. Keys of
// other kinds, for other purposes or not fit for use are passed over: nothing they sign is
// believed. An id that stands twice spoils the document.
func parseKeys(data []byte) (map[string]*rsa.PublicKey, error) {
	var document struct {
		Keys []webKey `json:"keys"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, errors.New("the document of keys is not the JSON of RFC 7517")
	}
	if len(document.Keys) > maxKeys {
		return nil, fmt.Errorf("the document holds more than %d keys", maxKeys)
	}
	keys := make(map[string]*rsa.PublicKey)
	for i, k := range document.Keys {
		key := k.key()
		if key == nil {
			continue
		}
		if keys[k.ID] != nil {
			return nil, fmt.Errorf("key %d of the document has the id of another", i)
		}
		keys[k.ID] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("the document holds no RSA signing key that is fit for use")
	}
	return keys, nil
}

// webKey is a key as RFC 7517 and RFC 7518 section 6.3.1 write it.
type webKey struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

func (k webKey) signs() bool {
	return k.Type == "RSA" && (k.Use == "" || k.Use == "sig") && (k.Algorithm == "" || k.Algorithm == "RS256") &&
		k.ID != "" && len(k.ID) <= maxKeyID
}

// key is nil for a key that is not fit for use.
func (k webKey) key() *rsa.PublicKey {
	modulus, err := base64.RawURLEncoding.Strict().DecodeString(k.Modulus)
	exponent, more := base64.RawURLEncoding.Strict().DecodeString(k.Exponent)
	if !k.signs() || err != nil || more != nil {
		return nil
	}
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	sane := e.BitLen() <= 31 && e.Int64() >= minExponent && e.Bit(0) == 1
	if n.BitLen() < minModulus || n.BitLen() > maxModulus || n.Bit(0) == 0 || !sane {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}
