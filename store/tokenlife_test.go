package store_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/store/storetest"

	"scimrelay/store"
	"scimrelay/tenants"
)

// oneTenant is a directory of acme.
type oneTenant struct{}

// Tenant implements tenants.Directory.
func (oneTenant) Tenant(id string) (*tenants.Tenant, bool) {
	return &tenants.Tenant{ID: id, Auth: tenants.Auth{Bearer: true}}, id == "acme"
}

// replicas are three processes on one database, whose clock a test puts forward.
type replicas struct {
	t      *testing.T
	stores []*store.Store
	doors  []*tenants.Authenticator
	hasher tenants.Hasher
	ahead  atomic.Int64
	looks  *atomic.Int64
}

func newReplicas(t *testing.T, url string) *replicas {
	t.Helper()
	r := &replicas{t: t}
	var err error
	if r.hasher, err = tenants.NewHasher([]byte(strings.Repeat("k", 32))); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s := openAt(t, url, store.Options{Now: r.now, Busy: 30 * time.Second})
		r.stores = append(r.stores, s)
		r.doors = append(r.doors, &tenants.Authenticator{Tenants: oneTenant{}, Tokens: s.Tokens, Hasher: r.hasher, Now: r.now,
			Used: func(k tenants.Token, at time.Time) {
				r.must(s.Tokens.Used(t.Context(), k.Tenant, k.KeyID, "client entra", at))
			}})
	}
	return r
}

func (r *replicas) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *replicas) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// issue makes a token of the tenant and puts it where place says.
func (r *replicas) issue(kind string, place func(tenants.TokenSet, tenants.Token, time.Time) (tenants.TokenSet, error)) (id, secret string) {
	r.t.Helper()
	fresh, secret, err := r.hasher.Issue(rand.Reader, "acme", r.now())
	r.must(err)
	r.step(0, kind, fresh.KeyID, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) { return place(set, fresh, now) })
	return fresh.KeyID, secret
}

func (r *replicas) step(at int, kind, id string, apply func(tenants.TokenSet, time.Time) (tenants.TokenSet, error)) {
	r.t.Helper()
	r.must(r.stores[at].Tokens.Change(r.t.Context(), store.TokenChange{Tenant: "acme", Actor: "cli:ana", Kind: kind, KeyID: id, Detail: "client entra", Apply: apply}))
}

// within one second of a change, every replica lets the token in, or none does.
func (r *replicas) within(d time.Duration, secret string, in bool) {
	r.t.Helper()
	r.ahead.Add(int64(d))
	for i, door := range r.doors {
		r.looks.Add(1)
		_, err := door.Authenticate(r.t.Context(), "acme", []string{"Bearer " + secret})
		if in && err != nil || !in && !errors.Is(err, tenants.ErrUnauthorized) {
			r.t.Errorf("replica %d, want in %v: %v", i, in, err)
		}
	}
}

// X53: every step in a token's life is known to all replicas within a second, and in the audit
// with who did it and for which identity provider.
func TestATokensLifeIsTheSameOnEveryReplica(t *testing.T) {
	t.Parallel()
	looks := board.Begin(t, "X53").Sum("tokens shown to replicas", 60)
	for name, url := range map[string]string{"sqlite": storetest.Fresh(t, t.TempDir()), "postgres": databases.New(t)} {
		t.Run(name, func(t *testing.T) {
			r := newReplicas(t, url)
			r.looks = looks
			id, secret := r.issue("token.created", tenants.TokenSet.Create)
			r.within(0, secret, true)
			r.step(1, "token.deactivated", id, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) { return set.Deactivate(id, now) })
			r.within(time.Second, secret, false)
			r.step(2, "token.activated", id, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) { return set.Activate(id, now) })
			r.within(time.Second, secret, true)
			second, successor := r.issue("token.renewed", func(set tenants.TokenSet, fresh tenants.Token, now time.Time) (tenants.TokenSet, error) {
				return set.Renew(id, fresh, time.Hour, now)
			})
			r.within(time.Second, secret, true)
			r.within(0, successor, true)
			r.within(time.Hour, secret, false) // the overlap is over
			r.within(0, successor, true)
			r.step(1, "token.deleted", second, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) { return set.Delete(second, now) })
			r.within(time.Second, successor, false)
			_, last := r.issue("token.created", tenants.TokenSet.Create)
			r.within(time.Second, last, true)
			r.within(tenants.Lifetime, last, false)

			var story []string
			err := r.stores[0].Events.Each(t.Context(), store.EventQuery{Tenant: "acme", Kind: "token"}, func(e store.Event) error {
				story = append(story, strings.TrimPrefix(e.Kind, "token."))
				if by := e.Actor == "cli:ana" || e.Kind == "token.first_used" && strings.HasPrefix(e.Actor, "token:"); !by || !strings.Contains(e.Detail, "token ") {
					t.Errorf("%+v", e)
				}
				return nil
			})
			r.must(err)
			want := "created first_used deactivated activated overlapping renewed first_used expired deleted created first_used"
			if got := strings.Join(story, " "); got != want {
				t.Errorf("the audit has %s, want %s", got, want)
			}
		})
	}
}
