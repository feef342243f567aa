package rest

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// refusedError is an address the guard does not let anyone dial.
type refusedError struct{ address string }

// Error implements error.
func (e *refusedError) Error() string { return "address " + e.address + " may not be called" }

// guarded is the transport of one target: bounded, without proxy, and dialling public
// addresses only, save the very literal that stands in base_url where the operator lets
// targets be inside.
func guarded(base *url.URL, concurrency int, public bool) *http.Transport {
	return transport(dialer(base, public), concurrency)
}

func dialer(base *url.URL, public bool) *net.Dialer {
	return &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second, ControlContext: guard(base.Hostname(), public)}
}

func transport(dialer *net.Dialer, concurrency int) *http.Transport {
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           concurrency,
		MaxIdleConnsPerHost:    concurrency,
		MaxConnsPerHost:        concurrency,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// guard looks at every address right before it is dialled, so that neither DNS nor a change
// of it between check and use can lead a call inside, whatever form the host was written in.
func guard(host string, public bool) func(context.Context, string, string, syscall.RawConn) error {
	literal, err := netip.ParseAddr(host)
	named := err == nil && inside(literal.Unmap())
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return &refusedError{address}
		}
		ip := to.Addr()
		switch {
		case !forbidden(ip):
			return nil
		case public:
			return &refusedError{address}
		case named && ip.Unmap() == literal.Unmap(), strings.EqualFold(host, "localhost") && ip.Unmap().IsLoopback():
			return nil
		default:
			return &refusedError{address}
		}
	}
}

// inside says of which addresses a vendor may be at, as a literal in base_url, where the operator
// lets targets be inside: the machine itself and private networks, and never what clouds hand out
// their own credentials at.
func inside(ip netip.Addr) bool {
	return ip.IsLoopback() || ip.IsPrivate() && ip != netip.MustParseAddr("fd00:ec2::254")
}

// forbidden says whether an address is anything but a plain public one. Addresses that carry
// an IPv4 address inside an IPv6 one are refused whole.
func forbidden(ip netip.Addr) bool {
	if ip.Is4In6() || ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() ||
		ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return true
	}
	for _, prefix := range special() {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}

// special are the ranges of the IANA special-purpose registries that netip has no word for.
func special() []netip.Prefix {
	ranges := []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
		"2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	}
	prefixes := make([]netip.Prefix, len(ranges))
	for i, r := range ranges {
		prefixes[i] = netip.MustParsePrefix(r)
	}
	return prefixes
}
