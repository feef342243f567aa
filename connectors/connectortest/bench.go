package connectortest

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// Setup is what a Bench is made of.
type Setup struct {
	Product connectors.Product
	// Simulator is the vendor, and reads the time from the Clock.
	Simulator simhost.Simulator
	Clock     *Clock
	// Calm are knobs that are so unless Turn is told otherwise.
	Calm map[string]any
	// Front stands between the connector and the simulator's host, where a test looks at what is
	// sent. Nil is nothing.
	Front func(host http.Handler) http.Handler
	// Short is what Calls makes of a path, where ids would differ each time. Nil leaves out what
	// the target's address has already.
	Short func(path string) string
}

// Full is what most products' connectors can.
type Full interface {
	connectors.Connector
	connectors.Deactivator
	connectors.Checker
	connectors.Lister
	connectors.Differ
	io.Closer
}

// Bench is one target of a product, opened at one customer of its simulator. What it does fails
// the test when it does not succeed; the Connector is there for what may fail.
type Bench[C connectors.Connector] struct {
	T      *testing.T
	Clock  *Clock
	Host   *simhost.Host
	URL    string // where the host answers
	Target tenants.Target
	// Env is what Open gives the connector.
	Env connectors.Env
	// Settings, Mapping and Connector are those of the last Open.
	Settings  connectors.Settings
	Mapping   *connectors.Mapping
	Connector C

	setup     Setup
	simulator simhost.Simulator // with the sample as it is now
}

// NewBench serves the simulator and opens the target that its sample describes, once it is
// changed.
func NewBench[C connectors.Connector](t *testing.T, s Setup, changes ...func(*simhost.Sample)) *Bench[C] {
	t.Helper()
	b := &Bench[C]{T: t, Clock: s.Clock, Host: simhost.New(simhost.Options{Now: s.Clock.Now}, s.Simulator),
		Env: connectors.Env{Tenant: "acme", Target: s.Product.Name, Now: s.Clock.Now}, setup: s, simulator: s.Simulator}
	var front http.Handler = b.Host
	if s.Front != nil {
		front = s.Front(b.Host)
	}
	b.URL = Serve(t, front).URL
	b.Turn(`{}`)
	b.Change(changes...)
	b.Open()
	return b
}

// Change changes the sample further and reads the target again. It takes an Open to have effect.
func (b *Bench[C]) Change(changes ...func(*simhost.Sample)) {
	b.T.Helper()
	b.simulator = Sampled(b.simulator, changes...)
	b.Target = TargetOf(b.T, b.URL, b.simulator)
}

// Open makes a new connector, as after a restart or a change of the settings.
func (b *Bench[C]) Open() {
	b.T.Helper()
	var opened connectors.Connector
	b.Settings, b.Mapping, opened = Open(b.T, b.setup.Product, b.Target, b.Env)
	b.Connector = opened.(C)
}

// Turn sets the simulator's knobs, in JSON.
func (b *Bench[C]) Turn(knobs string) {
	b.T.Helper()
	raw := []byte(knobs)
	if len(b.setup.Calm) > 0 {
		raw = b.calmed(raw)
	}
	if err := b.Host.SetFaults(b.simulator.Name(), raw); err != nil {
		b.T.Fatal(err)
	}
}

func (b *Bench[C]) calmed(knobs []byte) []byte {
	b.T.Helper()
	all := map[string]json.RawMessage{}
	calm, err := json.Marshal(b.setup.Calm)
	if err != nil {
		b.T.Fatal(err)
	}
	for _, text := range [][]byte{calm, knobs} {
		if err := json.Unmarshal(text, &all); err != nil {
			b.T.Fatal(err)
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		b.T.Fatal(err)
	}
	return raw
}

// Record maps a person.
func (b *Bench[C]) Record(id string, person scim.Document) connectors.Record {
	b.T.Helper()
	return b.record(scim.TypeUser, id, person)
}

// GroupRecord maps a group.
func (b *Bench[C]) GroupRecord(id string, group scim.Document) connectors.Record {
	b.T.Helper()
	return b.record(scim.TypeGroup, id, group)
}

func (b *Bench[C]) record(kind, id string, doc scim.Document) connectors.Record {
	b.T.Helper()
	record, err := b.Mapping.For(kind).Record(id, doc)
	if err != nil {
		b.T.Fatal(err)
	}
	return record
}

// Create makes the account or group.
func (b *Bench[C]) Create(want connectors.Record) connectors.Remote {
	b.T.Helper()
	made, err := b.Connector.Create(b.T.Context(), want)
	if err != nil {
		b.T.Fatal(err)
	}
	return made
}

// Find finds the account or group.
func (b *Bench[C]) Find(want connectors.Record) connectors.Remote {
	b.T.Helper()
	have, err := b.Connector.Find(b.T.Context(), want)
	if err != nil {
		b.T.Fatal(err)
	}
	return have
}

// Update brings the account or group to what is wanted.
func (b *Bench[C]) Update(have connectors.Remote, want connectors.Record) connectors.Remote {
	b.T.Helper()
	after, err := b.Connector.Update(b.T.Context(), have, want)
	if err != nil {
		b.T.Fatal(err)
	}
	return after
}

// Changed is the document with changes, made in place; a nil value takes an attribute away.
func Changed(doc scim.Document, changes map[string]any) scim.Document {
	for name, value := range changes {
		if value == nil {
			delete(doc, name)
		} else {
			doc[name] = value
		}
	}
	return doc
}
