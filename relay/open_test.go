package relay_test

import (
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/tenants"
)

type book map[string]*tenants.Tenant

func (b book) Tenant(id string) (*tenants.Tenant, bool) {
	t, ok := b[id]
	return t, ok
}

// closable is a connector that tells when it was closed.
type closable struct {
	*relaytest.Vendor
	closed *int
}

func (c closable) Close() error { *c.closed++; return nil }

func (c closable) Open(connectors.Env) (connectors.Connector, error) { return c, nil }

// A target whose settings changed, or which is gone, must not keep its connector, with its
// credentials and connections, for the life of the process.
func TestWhatIsNoLongerServedIsClosed(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	closed := 0
	products, err := connectors.NewRegistry(connectors.Product{Name: "memory", Mapping: []byte("key: user.userName\nfields: {name: user.displayName}\n"),
		Settings: func(tenants.Target) (connectors.Settings, []configs.Fault) { return closable{w.Vendor, &closed}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	tenant := func(fingerprint string) *tenants.Tenant {
		return &tenants.Tenant{ID: "acme", Targets: []tenants.Target{{Tenant: "acme", ID: "sage", Product: "memory", Fingerprint: fingerprint}}}
	}
	directory := book{"acme": tenant("one"), "other": tenant("other")}
	o := &relay.Opener{Relay: w.Relay, Tenants: directory, Products: products}
	for range 2 {
		if _, ok, err := o.Open("acme", "sage"); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	directory["acme"] = tenant("two")
	if _, ok, err := o.Open("acme", "sage"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if closed != 1 {
		t.Errorf("%d connectors closed after a change of settings, want 1", closed)
	}
	delete(directory, "acme")
	_, _, _ = o.Open("acme", "sage")
	if closed != 2 {
		t.Errorf("%d connectors closed after the target had gone, want 2", closed)
	}
}
