package store_test

import (
	"crypto/rand"
	"database/sql"
	"sync"
	"testing"
	"time"

	"scimrelay/store"
	"scimrelay/tenants"
)

// X53: a token that is taken out of use while another process renews it stays out of use. The
// renewal has read it and has judged it when the other change comes.
func TestATokenThatIsRevokedBesideARenewalDoesNotComeBack(t *testing.T) {
	t.Parallel()
	for kind, revoke := range map[string]func(tenants.TokenSet, string, time.Time) (tenants.TokenSet, error){
		"token.deactivated": tenants.TokenSet.Deactivate,
		"token.deleted":     tenants.TokenSet.Delete,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := databases.New(t)
			db, err := sql.Open("pgx", url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			r := newReplicas(t, url)
			id, _ := r.issue("token.created", tenants.TokenSet.Create)
			fresh, _, err := r.hasher.Issue(rand.Reader, "acme", r.now())
			r.must(err)
			change := func(at int, kind, id string, apply func(tenants.TokenSet, time.Time) (tenants.TokenSet, error)) <-chan error {
				ended := make(chan error, 1)
				go func() {
					ended <- r.stores[at].Tokens.Change(t.Context(), store.TokenChange{Tenant: "acme", Actor: "cli:ana", Kind: kind, KeyID: id, Apply: apply})
				}()
				return ended
			}
			judged, goOn := make(chan struct{}), make(chan struct{})
			once := sync.OnceFunc(func() { close(judged); <-goOn })
			renewed := change(0, "token.renewed", fresh.KeyID, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) {
				defer once()
				return set.Renew(id, fresh, time.Hour, now)
			})
			<-judged
			revoked := change(1, kind, id, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) { return revoke(set, id, now) })
			until(t, "the other change is done, or waits for this one", func() bool { return len(revoked) > 0 || locked(t, db) })
			close(goOn)
			r.must(<-renewed)
			r.must(<-revoked)
			token, err := r.stores[2].Tokens.Token(t.Context(), id)
			if err != nil || token.Status == tenants.Active {
				t.Errorf("%+v, %v", token, err)
			}
		})
	}
}
