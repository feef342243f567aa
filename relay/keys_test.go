package relay_test

import (
	"errors"
	"net/http"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// oneTenant is a directory of the world's tenant.
type oneTenant struct{ tenants.Target }

func (o oneTenant) Tenant(id string) (*tenants.Tenant, bool) {
	return &tenants.Tenant{ID: id, Targets: []tenants.Target{o.Target}}, id == relaytest.Tenant
}

// opened are settings that open the world's vendor.
type opened struct{ vendor *relaytest.Vendor }

func (o opened) Open(connectors.Env) (connectors.Connector, error) { return o.vendor, nil }

func TestAKeyThatAVendorNeverChangesIsRefusedOnceThereIsAnAccount(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	for _, final := range []bool{true, false} {
		products, err := connectors.NewRegistry(connectors.Product{Name: "memory", Title: "Memory",
			Capabilities: connectors.Capabilities{Deactivate: connectors.DeactivateFlag, KeyIsFinal: final},
			Mapping:      []byte("key: user.userName\nfields: {title: user.title}\n"),
			Settings:     func(tenants.Target) (connectors.Settings, []configs.Fault) { return opened{w.Vendor}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		opener := &relay.Opener{Relay: w.Relay, Tenants: oneTenant{w.Session.Target}, Products: products}
		refuse := func(id, name string) error {
			t.Helper()
			work, err := w.Store.Links.One(t.Context(), relaytest.Tenant, relaytest.Target, id)
			if err != nil {
				t.Fatal(err)
			}
			return opener.Refuse(t.Context(), relaytest.Tenant, work.Resource, scim.Document{"userName": name, "title": "Head"})
		}
		ana := w.Person("ana"+boolean(final), nil)
		if err := refuse(ana, "anna"); err != nil {
			t.Errorf("final %v, before there is an account: %v", final, err)
		}
		w.Turn()
		var refusal *scim.Error
		if err := refuse(ana, "anna"); final != errors.As(err, &refusal) {
			t.Errorf("final %v: %v", final, err)
		}
		if final && (refusal.Status != http.StatusBadRequest || refusal.Type != scim.TypeMutability) {
			t.Errorf("%+v", refusal)
		}
		if err := refuse(ana, "ANA"+boolean(final)); err != nil {
			t.Errorf("final %v, another letter case: %v", final, err)
		}
	}
}

func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
