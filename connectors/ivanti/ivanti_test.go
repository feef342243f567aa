package ivanti_test

import (
	"context"
	"io"
	"testing"

	"go.uber.org/goleak"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/ivanti"
	"scimrelay/connectors/ivanti/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/tenants"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func harness() connectortest.Harness {
	return connectortest.Harness{
		Product:   reopening(ivanti.Product()),
		Simulator: func() simhost.Simulator { return sim.New(nil) },
		Customer: func(name string) map[string]string {
			return map[string]string{"username": "api@" + name + ".test", "password": "key-" + name}
		},
		Wrong: map[string]string{"username": "api@canary-guess.test", "password": "wrong-canary"},
		Paths: []string{"/api/v1/account", "/api/v1/accounts", "/api/v1/account/*", "/api/v1/account/*/customattributes",
			"/api/v1/group", "/api/v1/group/*", "/api/v1/group/*/members"},
		// A 404 that is not in Ivanti's shape is not Ivanti's.
		Classes: map[string]connectors.Class{"404": connectors.Nonsense},
	}
}

func TestConformance(t *testing.T) { connectortest.Run(t, harness()) }

// reopening is the product as it is after somebody has looked at refused credentials and changed
// the target's settings: the suite goes on after a 401, where the connector rests for half an
// hour. A connector is opened anew for the call after one.
func reopening(p connectors.Product) connectors.Product {
	decode := p.Settings
	p.Settings = func(target tenants.Target) (connectors.Settings, []configs.Fault) {
		s, faults := decode(target)
		return settings{s}, faults
	}
	return p
}

type settings struct{ connectors.Settings }

func (s settings) Capabilities() connectors.Capabilities {
	return s.Settings.(connectors.Capable).Capabilities()
}

func (s settings) Open(env connectors.Env) (connectors.Connector, error) {
	r := &reopened{open: func() (vendor, error) {
		c, err := s.Settings.Open(env)
		if err != nil {
			return nil, err
		}
		return c.(vendor), nil
	}}
	var err error
	r.vendor, err = r.open()
	return r, err
}

// vendor is everything the connector can.
type vendor interface {
	connectors.Connector
	connectors.Deactivator
	connectors.MemberEditor
	connectors.Checker
	connectors.Lister
	connectors.Differ
	io.Closer
}

type reopened struct {
	vendor
	open func() (vendor, error)
}

func (r *reopened) after(err error) error {
	if connectors.Is(err, connectors.Auth) {
		_ = r.Close()
		r.vendor, _ = r.open()
	}
	return err
}

func (r *reopened) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	have, err := r.vendor.Find(ctx, want)
	return have, r.after(err)
}

func (r *reopened) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	have, err := r.vendor.Create(ctx, want)
	return have, r.after(err)
}

func (r *reopened) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	have, err := r.vendor.Update(ctx, have, want)
	return have, r.after(err)
}

func (r *reopened) EditMembers(ctx context.Context, group connectors.Remote, add, remove []string) error {
	return r.after(r.vendor.EditMembers(ctx, group, add, remove))
}
