package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/scim"
	"scimrelay/scim/server"
)

// E-57: thousands of members in one request, and the limit in the detail beyond what is taken.
func TestManyMembersInOneRequest(t *testing.T) {
	t.Parallel()
	proves(t, "E-57")
	const many = 8_000
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		w.crowd(t, c.tenant, many)
		id := c.group(t, "Everybody")
		ids := make([]string, many)
		for i := range ids {
			ids[i] = crowdID(i + 1)
		}
		c.do(t, patch("/Groups/"+id, operations(`{"op":"Add","path":"members","value":[`+values(ids)+`]}`))).want(t, http.StatusNoContent)
		if n := len(c.do(t, get("/Groups/"+id)).want(t, http.StatusOK).members()); n != many {
			t.Errorf("%d members", n)
		}
		c.do(t, patch("/Groups/"+id, operations(`{"op":"Remove","path":"members","value":[`+values(ids[1:])+`]}`))).want(t, http.StatusNoContent)
		if left := c.do(t, get("/Groups/"+id)).members(); len(left) != 1 || left[0] != ids[0] {
			t.Errorf("%d members are left", len(left))
		}
	})
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) { s.Limits.Body, s.Limits.Group = 1<<10, 4<<10 })
	c := w.tenant(t)
	id := c.group(t, "Small")
	long := operations(`{"op":"Add","path":"members","value":[` + values(make([]string, 400)) + `]}`)
	if got := c.do(t, patch("/Groups/"+id, long)).want(t, http.StatusRequestEntityTooLarge); !strings.Contains(got.text("detail"), "4096") {
		t.Errorf("the limit is not in %s", got.body)
	}
}

// endless is a store that a scan never comes to the end of.
type endless struct {
	server.Finder
	step []scim.Resource
	left int // steps before it falls silent
	gone *atomic.Int64
}

func (e *endless) After(ctx context.Context, tenant, kind, id string, limit int) ([]scim.Resource, error) {
	if e.left--; e.left < 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	e.gone.Add(1)
	return e.step[:limit], nil
}

// a search that looks at too much is refused by that name, for asking it again would not
// help; one that could not look at all is the store's trouble.
func TestASearchThatIsTooBroad(t *testing.T) {
	t.Parallel()
	steps := board.Begin(t, "I62").Sum("thousands of people that broad searches looked at", 20)
	proves(t, "R-51")
	step := make([]scim.Resource, 1000)
	for i := range step {
		step[i] = scim.Resource{ID: crowdID(i), Type: scim.TypeUser, Version: 1, Body: []byte(`{"schemas":["` + scim.SchemaUser + `"],"userName":"x"}`)}
	}
	for name, c := range map[string]struct {
		steps, status int
		kind          string
	}{"too much": {30, http.StatusBadRequest, scim.TypeTooMany}, "nothing": {0, http.StatusServiceUnavailable, ""}} {
		w := newWorld(t, stores["sqlite"](t), func(s *server.Server) {
			s.Finder, s.Limits.Time = &endless{s.Finder, step, c.steps, steps}, 5*time.Second
		})
		if got := w.tenant(t).do(t, get(`/Users?filter=title co "x"`)); got.status != c.status || got.text("scimType") != c.kind {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	w := newWorld(t, stores["sqlite"](t))
	terms := `title eq "x"` + strings.Repeat(` or title eq "x"`, 60)
	if got := w.tenant(t).do(t, get("/Users?filter="+terms)).want(t, http.StatusBadRequest); got.text("scimType") != scim.TypeTooMany {
		t.Errorf("sixty terms: %s", got.body)
	}
}

// a cursor gives no right by itself.
func TestACursorEndsWithItsToken(t *testing.T) {
	t.Parallel()
	proves(t, "R-129")
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t)
		for i := range 5 {
			c.created(t, fmt.Sprint("user-", i))
		}
		next := c.do(t, get("/Users?cursor&count=2")).want(t, http.StatusOK).text("nextCursor")
		w.revoke(t, c.tenant, c.secret)
		c.do(t, get("/Users?count=2&cursor="+next)).want(t, http.StatusUnauthorized)
		renewed := *c
		renewed.secret = w.token(t, c.tenant)
		if got := renewed.do(t, get("/Users?count=2&cursor="+next)).want(t, http.StatusBadRequest); got.text("scimType") != scim.TypeInvalidCursor {
			t.Errorf("another token: %s", got.body)
		}
	})
}

// A tenant whose client sends half a long body and falls silent holds one place, and nobody else
// waits for it.
func TestASilentLongBodyHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) { s.Limits.Body, s.Limits.Group = 1<<10, 1<<20 })
	c, other := w.tenant(t), w.tenant(t)
	user, id, theirs := c.created(t, "ines"), c.group(t, "Mine"), other.group(t, "Theirs")
	for i := range 3 {
		conn, err := net.Dial("tcp", w.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		fmt.Fprintf(conn, "PUT %s%s/scim/v2/Groups/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
			"Content-Length: 500000\r\nExpect: 100-continue\r\n\r\n", server.Prefix, other.tenant, theirs, other.secret)
		if i > 0 { // the first one is being read: the others wait for it
			continue
		}
		line, err := bufio.NewReader(conn).ReadString('\n') // said when the body begins to be read
		if err != nil || !strings.Contains(line, "100 Continue") {
			t.Fatalf("%q, %v", line, err)
		}
	}
	long := `{"schemas":["` + scim.SchemaGroup + `"],"displayName":"Mine","members":[` + values(slices.Repeat([]string{user}, 200)) + `]}`
	if got := c.do(t, put("/Groups/"+id, long)).want(t, http.StatusOK); len(got.members()) != 1 {
		t.Errorf("members %v", got.members())
	}
}
