package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/connectors"
	scimsim "scimrelay/connectors/scimtarget/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// hostile opens the simulator's sample target at a vendor that answers as the handler does, and
// looks for somebody there.
func hostile(t *testing.T, s simhost.Simulator, handler http.HandlerFunc) error {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	p := newPlant(t, s, func(target *tenants.Target) {
		target.BaseURL = strings.Replace(target.BaseURL, "127.0.0.1:9100", strings.TrimPrefix(server.URL, "http://"), 1)
		target.Rate = tenants.Rate{PerSecond: 1e6, Burst: 100_000, Concurrency: 4}
	})
	p.opener.Env = connectors.Env{Now: time.Now}
	session := p.session()
	_, err := session.Connector.Find(t.Context(), wanted(t, session))
	return err
}

func wanted(t *testing.T, session *relay.Session) connectors.Record {
	t.Helper()
	record, err := session.Mapping.For(scim.TypeUser).Record("id-1", personDoc("ana", 1))
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// V29: a vendor that has another page whenever it is asked is read for so long and no longer, and
// what it says is no absence.
func TestAListThatNeverEndsIsNonsense(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "V29")
	var pages atomic.Int64
	scimList := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		if !strings.HasSuffix(r.URL.Path, "/Users") {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"none"}`)
			return
		}
		fmt.Fprintf(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"Resources":[],"nextCursor":"c%d"}`, pages.Add(1))
	}
	err := hostile(t, scimsim.New(time.Now), scimList)
	check.Work("pages of a list without end", int(pages.Load()), 100)
	if !connectors.Is(err, connectors.Nonsense) || pages.Load() > 10_000 {
		t.Errorf("after %d pages: %v", pages.Load(), err)
	}
}
