package connectortest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// Harness is what the suite needs to know of a product.
type Harness struct {
	Product connectors.Product
	// Simulator makes a fresh one.
	Simulator func() simhost.Simulator
	// Customer gives credentials of the named customer that the simulator accepts and keeps
	// apart from others'; Wrong gives some it refuses.
	Customer func(name string) map[string]string
	Wrong    map[string]string
	// Paths are those of the calls that read and write accounts, login and the like left out.
	Paths []string
	// Reads says which calls change nothing, where the method does not tell: by default GETs do not,
	// nor what is sent to a path with login or token in it.
	Reads func(simhost.Call) bool
	// Calm are knobs of the simulator's own that keep it from disturbing tests.
	Calm map[string]any
	// Entitled says, of a product with entitlements, what groups give by the sample's settings: for
	// the name of a group the ids of those of the simulator's State().Groups its members are in.
	// At least two are needed, that give different things.
	Entitled map[string][]string
	// Classes overrules what the suite expects, where the vendor speaks otherwise: by the name of
	// the fault, or "create" and the name of the fault, and likewise find and update.
	Classes map[string]connectors.Class
}

// world is a simulator that runs, and what was said about it.
type world struct {
	t      *testing.T
	h      Harness
	host   *simhost.Host
	front  *quoter
	server *httptest.Server
	said   *transcript
}

func (h Harness) world(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, h: h, host: simhost.New(simhost.Options{}, h.Simulator()), said: &transcript{}}
	w.front = h.quoter(w.host)
	w.server = Serve(t, w.front)
	w.heal()
	return w
}

// subject is one target of the product, opened.
type subject struct {
	connectors.Connector
	mapping *connectors.Mapping
}

// open opens a target with the credentials of the customer, the way a gateway does.
func (w *world) open(credentials map[string]string, timeout time.Duration) subject {
	w.t.Helper()
	_, mapping, connector := Open(w.t, w.h.Product, w.target(credentials), connectors.Env{Tenant: "acme", Target: w.h.Product.Name, Timeout: timeout,
		Log: slog.New(slog.NewJSONHandler(w.said, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: timeless}))})
	return subject{connector, mapping}
}

// target reads a tenant file made for the simulator, with these credentials in it.
func (w *world) target(credentials map[string]string) tenants.Target {
	w.t.Helper()
	return TargetOf(w.t, w.server.URL, Sampled(w.h.Simulator(), func(s *simhost.Sample) { s.Credentials = credentials }))
}

// show makes the simulator show one fault on the calls about accounts.
func (w *world) show(rule map[string]any) {
	w.t.Helper()
	var rules []map[string]any
	for _, path := range w.h.Paths {
		on := maps.Clone(rule)
		on["path"] = path
		rules = append(rules, on)
	}
	w.turn(map[string]any{"rules": rules})
}

func (w *world) heal() { w.turn(nil) }

func (w *world) turn(knobs map[string]any) {
	w.t.Helper()
	all := maps.Clone(w.h.Calm)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, knobs)
	raw, err := json.Marshal(all)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.host.SetFaults(w.h.Product.Name, raw); err != nil {
		w.t.Fatal(err)
	}
}

// account is what the simulator holds under the key.
func (w *world) accounts(key string) (found []simhost.Account) {
	state, _ := w.host.State(w.h.Product.Name)
	for _, a := range state.Accounts {
		if strings.EqualFold(a.Key, key) {
			found = append(found, a)
		}
	}
	return found
}

// writes counts the calls so far that may change something, logins left out.
func (w *world) writes() (n int) {
	for _, call := range w.host.Calls(w.h.Product.Name) {
		if !w.h.reads(call) {
			n++
		}
	}
	return n
}

func (h Harness) reads(call simhost.Call) bool {
	if h.Reads != nil {
		return h.Reads(call)
	}
	return call.Method == http.MethodGet || strings.Contains(call.Path, "login") || strings.Contains(call.Path, "token")
}

// person is somebody to provision; the same number is the same person.
func person(n int) scim.Document {
	name := fmt.Sprintf("canary%d", n)
	return scim.Document{
		"userName": name + "@canary.test", "active": true, "displayName": "Canaria " + name,
		"name":                map[string]any{"givenName": "Canaria", "familyName": name},
		"emails":              []any{map[string]any{"type": "work", "primary": true, "value": name + "@canary.test"}},
		"phoneNumbers":        []any{map[string]any{"type": "work", "value": fmt.Sprintf("+34 600 777 %03d", n)}},
		scim.SchemaEnterprise: map[string]any{"department": "Sales", "employeeNumber": fmt.Sprintf("77700%d", n)},
	}
}

// record maps the person as a relay does; nobody has a manager here.
func (w *world) record(s subject, n int, changes ...func(scim.Document)) connectors.Record {
	w.t.Helper()
	doc := person(n)
	for _, change := range changes {
		change(doc)
	}
	record, err := s.mapping.Record(fmt.Sprintf("0190-resource-%d", n), doc)
	if err != nil {
		w.t.Fatal(err)
	}
	return record
}

// transcript keeps everything that was logged or said in an error.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (s *transcript) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(data)
}

// String gives the whole transcript.
func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// timeless leaves out the time of a line, whose digits may be those of a canary.
func timeless(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
