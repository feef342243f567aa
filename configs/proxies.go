package configs

import (
	"fmt"
	"net/netip"
)

// Proxies are the ranges of TrustedProxies, which have been checked.
func (s Server) Proxies() []netip.Prefix {
	ranges := make([]netip.Prefix, 0, len(s.TrustedProxies))
	for _, text := range s.TrustedProxies {
		if p, err := proxyRange(text); err == nil {
			ranges = append(ranges, p)
		}
	}
	return ranges
}

// proxyRange takes a single address for the range of itself.
func proxyRange(text string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(text); err == nil && at.Zone() == "" {
		at = at.Unmap()
		return netip.PrefixFrom(at, at.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

// limitProblems checks what bounds the load.
func (s Server) limitProblems(check func(path, problem string)) {
	r := s.Rate
	check("server.rate", unless(r.PerSecond == 0 || r.PerSecond > 0 && r.PerSecond <= 100_000 && r.Burst >= 1 && r.Burst <= 1_000_000,
		"want per_second and burst, as in {per_second: 25, burst: 100}, or per_second: 0 for no limit"))
	check("server.max_requests", unless(s.MaxRequests >= 0, "want a number of requests, or 0"))
	check("server.max_connections", unless(s.MaxConnections >= 0, "want a number of connections, or 0"))
	for i, text := range s.TrustedProxies {
		_, err := proxyRange(text)
		check("server.trusted_proxies", unless(err == nil, fmt.Sprintf(`number %d: want an address or a range, as in "10.0.0.0/8"`, i+1)))
	}
	check("server.busy", unless(s.Busy > 0, "want how long to wait, as in 2s"))
	check("server.memory_limit", unless(s.MemoryLimit == 0 || s.MemoryLimit >= 64<<20, "want 64MiB at least, or 0"))
}
