package sage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
)

func TestARoleLostInACrashIsRepaired(t *testing.T) {
	o := newOffice(t, noTable)
	o.turn(`{"rules": [{"method": "PUT", "path": "/api/v4/users/*/roles", "status": 500}]}`)
	want := o.record("7f0c", "ana@acme.test", nil)
	made, err := o.sage.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Unknown) || made.ID != "101" {
		t.Fatalf("create gave %q, %v", made.ID, err)
	}
	o.turn(`{}`)
	o.open()
	if _, err := o.sage.Update(t.Context(), o.find(want), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{3}, o.native("ana@acme.test")["roles"]); diff != "" {
		t.Fatal(diff)
	}
	before := o.count()
	if _, err := o.sage.Update(t.Context(), o.find(want), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"GET /users 200"}, o.calls(before)); diff != "" {
		t.Errorf("the role is looked at again:\n%s", diff)
	}
}

func TestAccountsOfOtherHandsKeepTheirRoles(t *testing.T) {
	o := newOffice(t, noTable)
	o.create("somebody", "ana@acme.test")
	o.open()
	want := o.record("7f0c", "ana@acme.test", nil)
	before := o.count()
	if _, err := o.sage.Update(t.Context(), o.find(want), want); err != nil {
		t.Fatal(err)
	}
	if calls := strings.Join(o.calls(before), " "); strings.Contains(calls, "roles") {
		t.Error(calls)
	}
	if got := o.native("ana@acme.test")["extId"]; got != "gw:somebody" {
		t.Errorf("the foreign id became %v", got)
	}
}
