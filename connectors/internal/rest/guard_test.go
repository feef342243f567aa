package rest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"scimrelay/internal/board"

	"scimrelay/connectors"
)

func TestForbiddenAddresses(t *testing.T) {
	judged := board.Begin(t, "X55").Sum("addresses judged", 35)
	for address, want := range map[string]bool{
		"93.184.216.34": false, "2606:2800:220:1:248:1893:25c8:1946": false,
		"127.0.0.1": true, "127.9.9.9": true, "10.0.0.1": true, "172.16.0.1": true, "192.168.1.1": true,
		"169.254.169.254": true, "100.64.0.1": true, "224.0.0.1": true, "0.0.0.0": true, "255.255.255.255": true,
		"198.18.0.1": true, "240.0.0.1": true, "0.1.2.3": true, "::1": true, "::": true, "fe80::1": true, "fc00::1": true,
		"ff02::1": true, "::ffff:93.184.216.34": true, "::ffff:10.0.0.1": true, "64:ff9b::a00:1": true,
		"2002:a00:1::": true, "2001::1": true, "2001:10::1": true, "3fff::1": true, "5f00::1": true, "fec0::1": true,
		"169.254.170.2": true, "100.100.100.200": true, "192.0.0.192": true, "64:ff9b:1::1": true, "::ffff:127.0.0.1": true, "::10.0.0.1": true, "fd00:ec2::254": true,
	} {
		judged.Add(1)
		if got := forbidden(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: forbidden is %v", address, got)
		}
	}
}

func TestTheGuardLooksAtWhatIsDialled(t *testing.T) {
	for _, c := range []struct {
		host, address string
		inside        bool // where the operator lets targets be inside
		public        bool // where the operator does not
	}{
		{"api.test", "93.184.216.34:443", true, true},
		{"93.184.216.34", "93.184.216.34:443", true, true},
		{"api.test", "10.0.0.1:443", false, false},
		{"api.test", "[::1]:443", false, false},
		{"10.0.0.1", "10.0.0.1:443", true, false},
		{"10.0.0.1", "[::ffff:10.0.0.1]:443", true, false},
		{"::ffff:10.0.0.1", "10.0.0.1:443", true, false},
		{"fd00::7", "[fd00::7]:443", true, false},
		{"10.0.0.1", "10.0.0.2:443", false, false},
		{"localhost", "127.0.0.1:80", true, false},
		{"localhost", "[::1]:80", true, false},
		{"localhost", "10.0.0.1:80", false, false},
		{"localhost.evil.test", "127.0.0.1:80", false, false},
		// A literal is no licence for what is no vendor's.
		{"169.254.169.254", "169.254.169.254:80", false, false},
		{"fd00:ec2::254", "[fd00:ec2::254]:80", false, false},
		{"0.0.0.0", "0.0.0.0:80", false, false},
		{"::", "[::]:80", false, false},
		{"100.64.0.1", "100.64.0.1:80", false, false},
		{"64:ff9b::7f00:1", "[64:ff9b::7f00:1]:80", false, false},
		{"2002:7f00:1::", "[2002:7f00:1::]:80", false, false},
		// Other spellings of 127.0.0.1 are names to us; a resolver may know better.
		{"2130706433", "127.0.0.1:80", false, false},
		{"0177.0.0.1", "127.0.0.1:80", false, false},
		{"0x7f.1", "127.0.0.1:80", false, false},
		{"127.1", "127.0.0.1:80", false, false},
		{"api.test", "nonsense", false, false},
	} {
		for public, ok := range map[bool]bool{false: c.inside, true: c.public} {
			err := guard(c.host, public)(t.Context(), "tcp", c.address, nil)
			var refused *refusedError
			if (err == nil) != ok || err != nil && !errors.As(err, &refused) {
				t.Errorf("%s -> %s, public only %v: %v", c.host, c.address, public, err)
			}
		}
	}
}

// planted is a listener nobody may reach.
func planted(t *testing.T) (port string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the address was called") }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			t.Error("the address was dialled")
		}
	}
	t.Cleanup(server.Close)
	_, port, _ = strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	return port
}

// refusedInside makes a call and wants it refused before anything was dialled.
func refusedInside(t *testing.T, client *Client) {
	t.Helper()
	_, err := client.Do(t.Context(), Call{Method: "POST", Path: "/x"})
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Transient || !strings.Contains(fault.Detail, "may not be called") {
		t.Errorf("got %v", err)
	}
}

func TestAHostThatLeadsInsideIsNotCalled(t *testing.T) {
	board.Begin(t, "X55")
	port := planted(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("ALL_PROXY", "http://127.0.0.1:"+port)
	client, err := New(Options{Product: "acme", BaseURL: "https://127.0.0.2:" + port})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// As if the name in base_url resolved to the loopback.
	base := *client.base
	base.Host = "localhost.test:" + port
	client.wire.(*http.Transport).DialContext = dialer(&base, false).DialContext
	refusedInside(t, client)
}

func TestWhereOnlyPublicAddressesMayBeCalledALiteralIsNoException(t *testing.T) {
	port := planted(t)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		client, err := New(Options{Product: "acme", BaseURL: "http://" + host + ":" + port, Public: true})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		refusedInside(t, client)
	}
}

// A name may lead outside when it is looked at and inside when it is called.
func TestANameThatFlipsIsCaughtAtTheDial(t *testing.T) {
	board.Begin(t, "X55")
	port := planted(t)
	answers := [][4]byte{{192, 0, 2, 1}, {127, 0, 0, 1}}
	resolver := nameServer(t, func(n int) [4]byte { return answers[min(n, 1)] })
	client, err := New(Options{Product: "acme", BaseURL: "https://flip.test:" + port})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	d := dialer(client.base, false)
	d.Resolver = resolver
	client.wire.(*http.Transport).DialContext = d.DialContext
	for range 3 { // the first answer is an address for documentation, and refused as well
		refusedInside(t, client)
	}
}

// nameServer answers A records, the n-th question by the n-th answer.
func nameServer(t *testing.T, answer func(n int) [4]byte) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		question, n := make([]byte, 512), 0
		for {
			size, from, err := socket.ReadFrom(question)
			if err != nil {
				return
			}
			reply, asked := respondTo(question[:size], answer(n))
			if asked {
				n++
			}
			_, _ = socket.WriteTo(reply, from)
		}
	}()
	t.Cleanup(func() { _ = socket.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

// respondTo answers a question about an A record, and any other with nothing.
func respondTo(question []byte, address [4]byte) (reply []byte, asked bool) {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5 // the root, type and class
	asked = question[end-3] == 1
	reply = append([]byte{}, question[:end]...)
	copy(reply[2:12], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	if asked {
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, address[:]...)
	}
	return reply, asked
}
