package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"scimrelay/scim"
)

// extension is a patch that adds n attributes with the value to an extension of the client's.
func extension(round, n int, value string) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"a%d-%d":%q`, round, i, value)
	}
	return operations(`{"op":"add","value":{"urn:ietf:params:scim:schemas:extension:acme:2.0:User":{` + strings.Join(members, ",") + `}}}`)
}

// What many patches have put together is more than one body may hold, and is read all the same.
func TestAUserThatGrewStaysReadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	id := c.created(t, "ines")
	for round := range 20 {
		c.do(t, patch("/Users/"+id, extension(round, 250, "x"))).want(t, http.StatusOK)
	}
	c.do(t, patch("/Users/"+id, operations(`{"op":"add","path":"title","value":"T"}`))).want(t, http.StatusOK)
	if n := c.do(t, get("/Users?filter=title pr")).want(t, http.StatusOK).value("totalResults"); n != 1.0 {
		t.Errorf("found %v", n)
	}
}

func TestAUserGrowsNoLargerThanABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	id := c.created(t, "ines")
	large := strings.Repeat("x", 7000)
	c.do(t, patch("/Users/"+id, extension(1, 140, large))).want(t, http.StatusOK)
	before := c.do(t, get("/Users/"+id))
	got := c.do(t, patch("/Users/"+id, extension(2, 140, large))).want(t, http.StatusRequestEntityTooLarge)
	if !strings.Contains(got.text("detail"), "1048576") {
		t.Errorf("the limit is not in %s", got.body)
	}
	if after := c.do(t, get("/Users/"+id)); after.body != before.body {
		t.Error("the user has changed")
	}
	c.do(t, patch("/Users/"+id, operations(`{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:acme:2.0:User"}`))).want(t, http.StatusOK)
	if found := c.do(t, get("/Users/"+id)).value("schemas"); fmt.Sprint(found) != "["+scim.SchemaUser+"]" {
		t.Errorf("schemas %v", found)
	}
}
