package tenants

import (
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"strings"
)

// A secret reads scr_<key id>_<secret><checksum>, as GitHub's do: a prefix that secret scanners
// know, and a checksum that tells a typing error from a guess without asking the store.
const (
	prefix      = "scr_"
	keyIDLen    = 8
	secretBytes = 32
	secretLen   = 43 // 62^43 > 2^256
	checksumLen = 6  // 62^6 > 2^32
	tokenLen    = len(prefix) + keyIDLen + 1 + secretLen + checksumLen
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Mint makes a secret of 256 random bits and the key id inside it. A rand that fails is a machine
// that must not make secrets: Mint panics, as crypto/rand does.
func Mint(rand io.Reader) (secret, keyID string) {
	keyID = randomID(rand)
	body := prefix + keyID + "_" + encode(random(rand, secretBytes), secretLen)
	return body + checksum(body), keyID
}

// ParseToken returns the key id of a well-formed secret. It refuses a wrong length, alphabet or
// checksum, so that no typing error costs a look-up.
func ParseToken(s string) (keyID string, ok bool) {
	if len(s) != tokenLen || s[:len(prefix)] != prefix || s[len(prefix)+keyIDLen] != '_' {
		return "", false
	}
	body, sum := s[:tokenLen-checksumLen], s[tokenLen-checksumLen:]
	keyID, secret := body[len(prefix):len(prefix)+keyIDLen], body[len(prefix)+keyIDLen+1:]
	if strings.Trim(keyID, base62) != "" || strings.Trim(secret, base62) != "" || checksum(body) != sum {
		return "", false
	}
	return keyID, true
}

func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return encode(new(big.Int).SetUint64(uint64(sum)).Bytes(), checksumLen)
}

// encode writes a number in base 62, padded with zeros to the width.
func encode(number []byte, width int) string {
	n, base, digit := new(big.Int).SetBytes(number), big.NewInt(int64(len(base62))), new(big.Int)
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		out[i] = base62[digit.Int64()]
	}
	return string(out)
}

// randomID draws letters one by one, passing over bytes that would favour some.
func randomID(rand io.Reader) string {
	const fair = 256 - 256%len(base62)
	id := make([]byte, 0, keyIDLen)
	for len(id) < keyIDLen {
		for _, b := range random(rand, keyIDLen) {
			if int(b) < fair && len(id) < keyIDLen {
				id = append(id, base62[int(b)%len(base62)])
			}
		}
	}
	return string(id)
}

func random(rand io.Reader, n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(rand, b); err != nil {
		panic(fmt.Sprintf("tenants: no randomness for a token: %v", err))
	}
	return b
}
