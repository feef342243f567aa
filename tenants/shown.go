package tenants

// KeyID is the key id that an Authorization header names with a well-formed token of ours, empty
// when it shows anything else. Nothing is looked up, and nothing believed.
func KeyID(authorization []string) string {
	shown, reason := readCredential(authorization)
	if reason != "" || shown.kind != ownToken {
		return ""
	}
	return shown.name
}
