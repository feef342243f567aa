package rest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// Carried is what the headers of the call said, credentials that were added to it on its way among
// them, each in every form in which a vendor may quote it. No word of the vendor's may show any:
// whoever reads its words elsewhere than where the client looks gives these to Redact.
func (a Answer) Carried() []string { return carried(a.sent) }

func carried(header http.Header) (values []string) {
	for _, list := range header {
		for _, value := range list {
			values = append(values, forms(value)...)
		}
	}
	return values
}

// forms of a header: whole, behind the scheme (RFC 9110 section 11.4), a parameter as in
// `Token token="…"`, and the user and password that Basic packs together.
func forms(value string) []string {
	all := []string{value}
	scheme, behind, found := strings.Cut(value, " ")
	if !found {
		return all
	}
	all = append(all, strings.TrimSpace(behind))
	for _, parameter := range strings.Split(behind, ",") {
		if _, plain, named := strings.Cut(parameter, "="); named {
			all = append(all, strings.Trim(strings.TrimSpace(plain), `"`))
		}
	}
	if strings.EqualFold(scheme, "basic") {
		all = append(all, basic(strings.TrimSpace(behind))...)
	}
	return all
}

// basic unpacks a pair, which OAuth2's token endpoints want escaped (RFC 6749 section 2.3.1).
func basic(packed string) []string {
	pair, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return nil
	}
	user, password, _ := strings.Cut(string(pair), ":")
	all := []string{string(pair), user, password}
	for _, part := range []string{user, password} {
		if plain, err := url.QueryUnescape(part); err == nil {
			all = append(all, plain)
		}
	}
	return all
}
