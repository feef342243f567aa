package relay_test

import (
	"fmt"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// remap gives the target another mapping of the title and tells the store.
func remap(t *testing.T, w *relaytest.World, settings, title string) {
	t.Helper()
	m, faults := connectors.CompileMapping(connectors.Source{Product: []byte("key: user.userName\nfields: {name: user.displayName, title: '" + title + "'}\n")})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	w.Session.Mapping = m
	w.Mend(settings)
}

func TestANewMappingReachesWhoseRecordsChange(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	remap(t, w, "", "user.title")
	const people = 1200 // more than are marked at once
	for i := range people {
		attributes := scim.Document{"title": "Clerk"}
		if i == 7 {
			attributes["nickName"] = "Seven"
		}
		w.Person(fmt.Sprint("user", i), attributes)
	}
	w.Turn()
	remap(t, w, "first", "user.title") // the first the store hears of
	w.Turn()
	w.Vendor.Calls()

	remap(t, w, "second", "user.nickName ?? user.title")
	w.Turn()
	calls := w.Vendor.Calls()
	if len(calls) != 2 || calls[0].Key != "user7" || calls[1].Operation != relaytest.Update {
		t.Fatalf("%d calls: %v", len(calls), calls)
	}
	if account, _ := w.Vendor.Account("user7"); account.Fields["title"] != "Seven" {
		t.Errorf("%v", account.Fields)
	}
	remap(t, w, "second", "user.nickName ?? user.title")
	if counts, err := w.Store.Links.Count(t.Context(), relaytest.Tenant, relaytest.Target); err != nil || counts.Pending != 0 {
		t.Errorf("%+v, %v", counts, err)
	}
}

func TestANewScopeTakesAccountsAwayAndGivesThem(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Person("ana", scim.Document{"title": "Clerk"})
	w.Person("ben", scim.Document{"title": "Head"})
	scope := func(settings, text string) {
		t.Helper()
		s, faults := connectors.CompileScope(configs.Text{Value: text})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		w.Session.Scope = s
		w.Mend(settings)
		w.Turn()
	}
	scope("first", `user.title == "Clerk"`)
	scope("first", `user.title == "Clerk"`)
	scope("second", `user.title == "Head"`)
	ana, _ := w.Vendor.Account("ana")
	ben, there := w.Vendor.Account("ben")
	if ana.Active || !there || !ben.Active {
		t.Errorf("ana active %v, ben there %v", ana.Active, there)
	}
}
