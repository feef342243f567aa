package relay_test

import (
	"testing"

	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// clumsy is a vendor whose connector has a mistake in what it says of one group.
type clumsy struct{ *relaytest.Vendor }

func (c clumsy) Gives(group connectors.Group) bool {
	if group.Name == "Cursed" {
		panic("a null where nobody expected one")
	}
	return c.Vendor.Gives(group)
}

func giving(t *testing.T) *relaytest.World {
	t.Helper()
	w := relaytest.New(t)
	w.Session.Connector, w.Vendor.Entitles = clumsy{w.Vendor}, true
	w.Session.Capabilities.Groups, w.Session.Capabilities.Entitlements = false, true
	w.Session = relay.NewSession(w.Relay, *w.Session)
	return w
}

// setAside is a link whose run has ended in a mistake of ours.
func setAside(t *testing.T, w *relaytest.World, id string) {
	t.Helper()
	if k, _ := w.Link(id); k.State != "escrow" || k.Fault != "internal" || k.Applied == k.Wanted || k.Attempts > 0 {
		t.Errorf("link %+v", k)
	}
}

// C08: a mistake in what is asked once the vendor has answered ends one link's run, and not the
// process.
func TestAMistakeAfterTheLastCallSetsOneLinkAside(t *testing.T) {
	t.Parallel()
	w := giving(t)
	ana, ben := w.Person("ana", nil), w.Person("ben", nil)
	w.Group("Cursed", ana)
	w.Turn()
	setAside(t, w, ana)
	synced(t, w, ben)
	at := vendorID(t, w, ana)
	wantDone(t, w, ana, "link.intent", "link.failed "+at+" created internal", "link.failed "+at+" internal") // again with its group
	account(t, w, "ana", true)
}

// C08: nor does one in what is asked before the first call, of a link that is only looked at again.
func TestAMistakeBeforeTheFirstCallSetsOneLinkAside(t *testing.T) {
	t.Parallel()
	w := giving(t)
	ana, ben := w.Person("ana", nil), w.Person("ben", nil)
	group := w.Group("Crew", ana)
	w.Turn()
	synced(t, w, ana)
	w.ChangeGroup(group, "Cursed", nil, scim.MemberEdit{})
	w.Turn()
	setAside(t, w, ana)
	w.Change(ben, "ben", scim.Document{"title": "T"})
	w.Turn()
	synced(t, w, ben)
}

// A group that is stored and cannot be read is the fault of who is in it, and of nobody else. Who
// must go, goes all the same.
func TestAGroupThatCannotBeReadStopsNobodyElse(t *testing.T) {
	t.Parallel()
	w := giving(t)
	ana, ben, gone := w.Person("ana", nil), w.Person("ben", nil), w.Person("gone", nil)
	w.Turn()
	write := store.Write{Tenant: relaytest.Tenant, Targets: []string{relaytest.Target}, Actor: "test"}
	_, err := w.Store.Directory.Create(t.Context(), write, scim.TypeGroup, "broken", store.Revision{Body: []byte(`{"displayName":`),
		Keys: store.Keys{Name: "broken"}, Members: scim.MemberEdit{Add: []string{ana, gone}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Change(ana, "ana", scim.Document{"title": "T"})
	w.Change(ben, "ben", scim.Document{"title": "T"})
	w.Change(gone, "gone", scim.Document{"active": false})
	w.Turn()
	setAside(t, w, ana)
	synced(t, w, ben)
	account(t, w, "gone", false)
}
