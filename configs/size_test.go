package configs_test

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
)

func TestWhatBoundsTheLoadIsReadAndChecked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, `server: {rate: {per_second: 2.5, burst: 10}, max_requests: 7, max_connections: 0, trusted_proxies: ["10.1.2.3/8", "::ffff:192.0.2.1"], drain: 0, memory_limit: 1GiB}
`)
	c, err := configs.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Server
	if s.Rate != (configs.Rate{PerSecond: 2.5, Burst: 10}) || s.MaxRequests != 7 || s.MaxConnections != 0 || s.Drain != 0 || s.MemoryLimit != 1<<30 || s.MemoryLimit.String() != "1GiB" {
		t.Errorf("%+v", s)
	}
	want := []string{"10.0.0.0/8", "192.0.2.1/32"}
	var got []string
	for _, p := range s.Proxies() {
		got = append(got, p.String())
		if p == (netip.Prefix{}) {
			t.Error("an empty range")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	write(t, path, `server:
  rate: {per_second: 3, burst: 0}
  max_requests: -1
  trusted_proxies: [10.0.0.1, proxy.example]
  busy: 0
  drain: soon
  memory_limit: 256MB
`)
	_, err = configs.Load(path)
	if err == nil {
		t.Fatal("all of it was taken")
	}
	for _, part := range []string{"2:9: server.rate: want per_second and burst", "3:17: server.max_requests", "4:20: server.trusted_proxies: number 2: want an address or a range",
		"5:9: server.busy: want how long to wait", "6:10: server.drain: want a duration", `7:17: server.memory_limit: want a size such as "256MiB"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in:\n%v", part, err)
		}
	}
}
