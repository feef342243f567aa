package webhook

import "scimrelay/configs"

// Sign is sign, for the vector of the scheme's authors.
func Sign(secret configs.Secret, id, stamp string, body []byte) (string, error) {
	return sign(secret, id, stamp, body)
}
