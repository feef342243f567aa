package server_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"scimrelay/scim"
)

// crowd puts n users straight into the database, as a directory that was provisioned long ago:
// user-0000001 with external id ext-0000001, a work mail, and the id that crowdID gives.
func (w *world) crowd(tb testing.TB, tenant string, n int) {
	tb.Helper()
	w.fill(tb, `INSERT INTO resources (tenant, id, type, version, created, modified, deleted, active, name, external_id, work_mail, match_key, body)`,
		n, func(number string) string {
			return fmt.Sprintf(`'%s', '%s' || %s, 'User', 1, 1700000000000, 1700000000000, FALSE, TRUE, 'user-' || %[3]s, 'ext-' || %[3]s,
				'mail-' || %[3]s || '@acme.example', '', '{"active":true,"displayName":"User ' || %[3]s || '","emails":[{"primary":true,"type":"work","value":"mail-' || %[3]s ||
				'@acme.example"}],"externalId":"ext-' || %[3]s || '","name":{"familyName":"Moreau","givenName":"Ines"},"schemas":["%[4]s"],"title":"Head of Purchasing","userName":"user-' || %[3]s || '"}'`,
				tenant, crowdIDs, number, scim.SchemaUser)
		})
}

// crowdIDs is what the ids of a crowd begin with.
const crowdIDs = "0190b6a0-7c1e-7b1e-8f11-00000"

func crowdID(i int) string { return fmt.Sprintf("%s%07d", crowdIDs, i) }

// join puts the first n of the crowd into the group.
func (w *world) join(tb testing.TB, tenant, group string, n int) {
	tb.Helper()
	w.fill(tb, `INSERT INTO memberships (tenant, grp, member, type, version, present)`, n, func(number string) string {
		return fmt.Sprintf(`'%s', '%s', '%s' || %s, 'User', 1, TRUE`, tenant, group, crowdIDs, number)
	})
}

// fill inserts n rows that the database makes itself.
func (w *world) fill(tb testing.TB, insert string, n int, columns func(number string) string) {
	tb.Helper()
	driver, source := "pgx", w.storeURL
	number, series := `lpad(CAST(i AS TEXT), 7, '0')`, fmt.Sprintf(`generate_series(1, %d) AS s(i)`, n)
	if path, ok := strings.CutPrefix(w.storeURL, "sqlite://"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
		number, series = `printf('%07d', i)`, fmt.Sprintf(`(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s)`, n)
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(tb.Context(), insert+` SELECT `+columns(number)+` FROM `+series); err != nil {
		tb.Fatal(err)
	}
	if driver == "pgx" { // what autovacuum does in a directory that is not a minute old
		if _, err := db.ExecContext(tb.Context(), `ANALYZE`); err != nil {
			tb.Fatal(err)
		}
	}
}
