package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// sourceOf is the address a request comes from. What a header says of it counts only as far as
// proxies that the operator has named have written it: anybody can send a header.
func (s *Server) sourceOf(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil { // a test's recorder
		return r.RemoteAddr
	}
	at := peer.Addr().Unmap()
	if len(s.Proxies) == 0 {
		return network(at)
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !s.trusts(at) {
			break
		}
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		at = before.Unmap()
	}
	return network(at)
}

func (s *Server) trusts(at netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}

// network is what one customer of a provider has: an address, or 64 bits of IPv6.
func network(at netip.Addr) string {
	if at.Is4() {
		return at.String()
	}
	p, err := at.WithZone("").Prefix(64)
	if err != nil {
		return at.String()
	}
	return p.String()
}
