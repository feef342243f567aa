package server_test

import (
	"net/http"
	"strings"
	"testing"

	"scimrelay/scim"
)

// Whoever must lose access loses it: "false" is one byte longer than "true", and a user as large
// as a body may be must not be kept active by it.
func TestTheLargestUserCanBeDeactivated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	id := c.created(t, "ines")
	c.do(t, patch("/Users/"+id, operations(`{"op":"add","value":{"active":true,"title":"`+strings.Repeat("x", 600)+`"}}`))).want(t, http.StatusOK)
	stored, err := w.store.Directory.Get(t.Context(), c.tenant, scim.TypeUser, id)
	if err != nil {
		t.Fatal(err)
	}
	w.server.Limits.Body = int64(len(stored.Body)) // it grew until there
	c.do(t, patch("/Users/"+id, operations(`{"op":"replace","path":"active","value":false}`))).want(t, http.StatusOK)
}
