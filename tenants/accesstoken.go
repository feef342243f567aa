package tenants

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// An access token reads sca_<end, earner, MAC>. It is kept nowhere: the MAC covers the tenant
// too, and the earner is a fingerprint of what earned it, so that the token is worth nothing
// once that is gone from the tenant's file.
const (
	accessPrefix = "sca_"
	endLen       = 8 // milliseconds since 1970
	earnerLen    = 16
	accessBody   = endLen + earnerLen
	accessMAC    = 32
	purposeToken = "access token 1"
)

// issueAccess makes the token of a tenant for the earner.
func (h Hasher) issueAccess(tenant, earner string, end time.Time) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(end.UnixMilli())) // #nosec G115 -- it is read back as it was
	body = append(body, earner...)
	body = append(body, h.mac(purposeToken, tenant, string(body))...)
	return accessPrefix + base64.RawURLEncoding.EncodeToString(body)
}

// readAccess returns whose a token of the tenant is, if it is genuine and has not ended.
func (h Hasher) readAccess(tenant, text string, now time.Time) (earner string, ok bool) {
	encoded, ok := strings.CutPrefix(text, accessPrefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	// The decoder skips line ends; only the one spelling is a token.
	if !ok || err != nil || len(raw) != accessBody+accessMAC || len(encoded) != base64.RawURLEncoding.EncodedLen(len(raw)) {
		return "", false
	}
	body := string(raw[:accessBody])
	want := h.mac(purposeToken, tenant, body)
	genuine := want != nil && hmac.Equal(want, raw[accessBody:])
	end := time.UnixMilli(int64(binary.BigEndian.Uint64(raw))) // #nosec G115 -- it is read back as it was
	return body[endLen:], genuine && now.Before(end)
}

// earner is something in a tenant's file that earns access tokens: one secret of a client, or
// one service principal.
type earner struct {
	client   string
	print    string
	lifetime time.Duration
}

// earners lists all of a tenant.
func (h Hasher) earners(tenant string, a Auth) (list []earner) {
	for _, c := range a.Clients {
		for _, secret := range c.Secrets {
			list = append(list, earner{c.ID, h.secretPrint(tenant, c.ID, secret.Reveal()), c.Lifetime})
		}
	}
	for _, f := range a.Federation {
		list = append(list, earner{f.ClientID, h.federationPrint(tenant, f), minLifetime})
	}
	return list
}

// find compares with every earner, so that how long it takes does not tell which it is.
func find(list []earner, print string) (found earner, ok bool) {
	for _, e := range list {
		if hmac.Equal([]byte(e.print), []byte(print)) {
			found, ok = e, true
		}
	}
	return found, ok && len(print) == earnerLen
}

func (h Hasher) secretPrint(tenant, client, secret string) string {
	return h.print("secret", tenant, client, secret)
}

func (h Hasher) federationPrint(tenant string, f Federation) string {
	return h.print("federation", append([]string{tenant, f.ClientID, f.Tenant, f.Subject}, f.Audiences...)...)
}

// print is cut to what nobody can find a second of; it is empty for the zero Hasher.
func (h Hasher) print(kind string, parts ...string) string {
	sum := h.mac(kind+" of an earner", parts...)
	return string(sum[:min(earnerLen, len(sum))])
}
