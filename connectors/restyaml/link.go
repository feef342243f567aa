package restyaml

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// sameList gives the query of the next page's address, which must be one of the same list: the
// credentials go with it.
func sameList(address string, call rest.Call, base *url.URL) (string, error) {
	if address == "" {
		return "", nil
	}
	list := base.EscapedPath() + filled(call)
	from, err := base.Parse(list)
	if err != nil {
		return "", connectors.Faultf(connectors.Internal, "the path %s cannot be filled", call.Path)
	}
	to, err := from.Parse(address)
	if err != nil || to.Scheme != base.Scheme || !strings.EqualFold(to.Host, base.Host) || to.User != nil ||
		to.EscapedPath() != list || to.RawQuery == "" {
		return "", connectors.Faultf(connectors.Nonsense, "the next page's address is not one of the same list below base_url")
	}
	return to.RawQuery, nil
}

// filled is the path of the call as it goes out.
func filled(call rest.Call) string {
	p := call.Path
	for name, value := range call.Params {
		p = strings.ReplaceAll(p, "{"+name+"}", url.PathEscape(value))
	}
	return p
}

// nextLink finds the address of rel=next in Link headers. Addresses may hold commas.
func nextLink(header http.Header) string {
	for _, line := range header.Values("Link") {
		for part := range strings.SplitSeq(line, "<") {
			if address, params, ok := strings.Cut(part, ">"); ok && isNext(params) {
				return strings.TrimSpace(address)
			}
		}
	}
	return ""
}

func isNext(params string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(name, "rel") && slices.Contains(strings.Fields(strings.ToLower(strings.Trim(value, `", `))), "next") {
			return true
		}
	}
	return false
}
