package rest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"scimrelay/connectors"
)

func TestForbiddenAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.216.34": false, "2606:2800:220:1:248:1893:25c8:1946": false,
		"127.0.0.1": true, "127.9.9.9": true, "10.0.0.1": true, "172.16.0.1": true, "192.168.1.1": true,
		"169.254.169.254": true, "100.64.0.1": true, "224.0.0.1": true, "0.0.0.0": true, "255.255.255.255": true,
		"198.18.0.1": true, "240.0.0.1": true, "0.1.2.3": true, "::1": true, "::": true, "fe80::1": true, "fc00::1": true,
		"ff02::1": true, "::ffff:93.184.216.34": true, "::ffff:10.0.0.1": true, "64:ff9b::a00:1": true,
		"2002:a00:1::": true, "2001::1": true, "::10.0.0.1": true, "fd00:ec2::254": true,
	} {
		if got := forbidden(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: forbidden is %v", address, got)
		}
	}
}

func TestTheGuardLooksAtWhatIsDialled(t *testing.T) {
	for _, c := range []struct {
		host, address string
		ok            bool
	}{
		{"api.test", "93.184.216.34:443", true},
		{"api.test", "10.0.0.1:443", false},
		{"api.test", "[::1]:443", false},
		{"10.0.0.1", "10.0.0.1:443", true},
		{"10.0.0.1", "10.0.0.2:443", false},
		{"localhost", "127.0.0.1:80", true},
		{"localhost", "[::1]:80", true},
		{"localhost", "10.0.0.1:80", false},
		{"localhost.evil.test", "127.0.0.1:80", false},
		{"api.test", "nonsense", false},
	} {
		err := guard(c.host)(t.Context(), "tcp", c.address, nil)
		var refused *refusedError
		if (err == nil) != c.ok || err != nil && !errors.As(err, &refused) {
			t.Errorf("%s -> %s: %v", c.host, c.address, err)
		}
	}
}

func TestAHostThatLeadsInsideIsNotCalled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the address was called") }))
	defer server.Close()
	t.Setenv("HTTP_PROXY", server.URL)
	t.Setenv("HTTPS_PROXY", server.URL)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	client, err := New(Options{Product: "acme", BaseURL: "https://127.0.0.2:" + port})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// As if the name in base_url resolved to the loopback.
	base := *client.base
	base.Host = "localhost.test:" + port
	client.wire.(*http.Transport).DialContext = guarded(&base, 1).DialContext
	_, err = client.Do(t.Context(), Call{Method: "POST", Path: "/x"})
	if fault := connectors.FaultOf(err); fault.Class != connectors.Transient || !strings.Contains(fault.Detail, "may not be called") {
		t.Fatal(err)
	}
}
