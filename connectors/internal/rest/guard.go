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
// addresses only, save the very literal the operator wrote in base_url.
func guarded(base *url.URL, concurrency int) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second, ControlContext: guard(base.Hostname())}
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
// of it between check and use can lead a call inside.
func guard(host string) func(context.Context, string, string, syscall.RawConn) error {
	literal, err := netip.ParseAddr(host)
	named := err == nil
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return &refusedError{address}
		}
		ip := to.Addr()
		switch {
		case named && ip.Unmap() == literal.Unmap():
			return nil
		case strings.EqualFold(host, "localhost") && ip.Unmap().IsLoopback():
			return nil
		case forbidden(ip):
			return &refusedError{address}
		default:
			return nil
		}
	}
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
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32",
		"2002::/16", "fec0::/10",
	}
	prefixes := make([]netip.Prefix, len(ranges))
	for i, r := range ranges {
		prefixes[i] = netip.MustParsePrefix(r)
	}
	return prefixes
}
