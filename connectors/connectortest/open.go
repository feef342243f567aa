package connectortest

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/tenants"
)

// Serve answers on a port of this machine until the test ends. That connections break there is
// what tests ask for, so the server does not log it.
func Serve(tb testing.TB, h http.Handler) *httptest.Server {
	tb.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	tb.Cleanup(server.Close)
	return server
}

// Sampled is the simulator with another sample: its own with the changes. They are made to copies,
// and no map of the sample they get is nil.
func Sampled(s simhost.Simulator, changes ...func(*simhost.Sample)) simhost.Simulator {
	own := s.Sample()
	own.Credentials, own.Defaults, own.Target = copied(own.Credentials), copied(own.Defaults), copied(own.Target)
	for _, change := range changes {
		change(&own)
	}
	return sampled{s, own}
}

func copied[V any](values map[string]V) map[string]V {
	if values == nil {
		return map[string]V{}
	}
	return maps.Clone(values)
}

type sampled struct {
	simhost.Simulator
	sample simhost.Sample
}

// Sample implements simhost.Simulator.
func (s sampled) Sample() simhost.Sample { return s.sample }

// TargetOf reads the target out of the tenant file that the simulator, served at the url, offers.
func TargetOf(tb testing.TB, url string, s simhost.Simulator) tenants.Target {
	tb.Helper()
	dir := tb.TempDir()
	if err := simhost.WriteTenant(dir, url, s); err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(dir, s.Name()+".yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	tenant, faults := tenants.Parse(file, data)
	if len(faults) > 0 || len(tenant.Targets) != 1 {
		tb.Fatalf("tenant file: %v", faults)
	}
	return tenant.Targets[0]
}

// Open opens the target the way a gateway does, but that nothing paces its calls unless the
// environment says what. The connector is closed when the test ends.
func Open(tb testing.TB, p connectors.Product, target tenants.Target, env connectors.Env) (connectors.Settings, *connectors.Mapping, connectors.Connector) {
	tb.Helper()
	settings, faults := p.Settings(target)
	if len(faults) > 0 {
		tb.Fatalf("settings: %v", faults)
	}
	mapping, found := p.MappingOf(target)
	if len(found) > 0 {
		tb.Fatalf("mapping: %v", found)
	}
	if env.Buckets == nil {
		env.Buckets = unpaced{}
	}
	connector, err := settings.Open(env)
	if err != nil {
		tb.Fatal(err)
	}
	if closer, ok := connector.(io.Closer); ok {
		tb.Cleanup(func() { _ = closer.Close() })
	}
	return settings, mapping, connector
}
