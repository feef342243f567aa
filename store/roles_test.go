package store_test

import (
	"database/sql"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"

	"github.com/google/uuid"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/tenants"
)

// grants are the statements that docs/operating.md tells the operator to run.
func grants(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sql\n(.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("docs/operating.md has no statements")
	}
	return string(block[1])
}

// X59: the gateway works with a role that can add to the audit and change nothing of it.
func TestTheGatewayNeedsNoRightToChangeTheAudit(t *testing.T) {
	t.Parallel()
	tries := board.Begin(t, "X59").Sum("statements that the gateway's role may not say", 10)
	owner := databases.New(t)
	admin, err := sql.Open("pgx", owner)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	made, err := store.Open(t.Context(), owner, store.Options{}) // the schema is the owner's
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(grants(t)); err != nil {
		t.Fatal(err)
	}
	app := strings.Replace(owner, "postgres://postgres@", "postgres://scimrelay_app@", 1)
	s := openAt(t, app, store.Options{})
	everything(t, s)
	if v, err := s.Events.Verify(t.Context(), "acme", nil); err != nil || v.Broken > 0 || v.Waiting > 0 || v.Sealed < 5 {
		t.Errorf("%+v, %v", v, err)
	}
	db, err := sql.Open("pgx", app)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`UPDATE events SET actor = 'nobody'`, `DELETE FROM events`, `TRUNCATE events`, `UPDATE seals SET seq = seq + 1`, `DELETE FROM seals`,
		`TRUNCATE seals`, `ALTER TABLE events DROP COLUMN actor`, `DROP TABLE seals`, `CREATE TABLE mine (id BIGINT)`,
		`UPDATE goose_db_version SET version_id = 0`,
	} {
		tries.Add(1)
		if _, err := db.Exec(statement); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// everything writes by every role of the store.
func everything(t *testing.T, s *store.Store) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := store.Write{Tenant: "acme", Targets: []string{"sage"}, Actor: "test"}
	id := uuid.NewString()
	_, err := s.Directory.Create(t.Context(), w, scim.TypeUser, id, named("ana"))
	must(err)
	group := named("shop")
	group.Members.Add = []string{id}
	groupID := uuid.NewString()
	_, err = s.Directory.Create(t.Context(), w, scim.TypeGroup, groupID, group)
	must(err)
	_, err = s.Directory.Update(t.Context(), w, scim.TypeUser, id, func(scim.Resource) (store.Revision, error) { return named("anna"), nil })
	must(err)
	must(s.Tokens.Change(t.Context(), store.TokenChange{Tenant: "acme", Actor: "test", Kind: "token.created", KeyID: "key00001",
		Apply: func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) {
			return set.Create(tenants.Token{Tenant: "acme", KeyID: "key00001", Hash: []byte("hash"), Created: now}, now)
		}}))
	must(s.Tokens.Used(t.Context(), "acme", "key00001", "", s.Now()))
	_, err = s.Settings.Ensure(t.Context(), "name", "value")
	must(err)
	must(s.Settings.Replace(t.Context(), "name", "value", "other"))
	_, err = s.Targets.Seed(t.Context(), "acme", "sage")
	must(err)
	must(s.Targets.Mend(t.Context(), "acme", "sage", "settings"))
	must(s.Targets.Recheck(t.Context()))
	must(s.Targets.Pause(t.Context(), store.Order{Tenant: "acme", Target: "sage", Actor: "test"}, true))
	must(s.Targets.Pause(t.Context(), store.Order{Tenant: "acme", Target: "sage", Actor: "test"}, false))
	lease, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Minute)
	must(err)
	work, err := s.Links.Due(t.Context(), "acme", "sage", 100)
	must(err)
	var outcomes []store.Outcome
	for _, k := range work {
		k.Link.Applied, k.Link.VendorID = k.Link.Wanted, "v-"+k.Link.Resource
		outcomes = append(outcomes, store.Outcome{Next: k.Link, Linked: true, Kind: "link.applied", Did: "created", ActedOn: k.Link.VendorID})
	}
	must(s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}))
	must(s.Directory.Delete(t.Context(), w, scim.TypeGroup, groupID, nil))
	must(s.Directory.Delete(t.Context(), w, scim.TypeUser, id, nil))
	must(s.Targets.Release(t.Context(), lease))
	_, err = s.Events.Seal(t.Context())
	must(err)
}
