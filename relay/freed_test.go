package relay_test

import (
	"testing"
	"time"

	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// Two groups pass a name on: whoever takes it waits until it is free, and no longer.
func TestANameThatIsPassedOnIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	old := w.Group("Sales")
	w.Turn()
	w.ChangeGroup(old, "Marketing", nil, scim.MemberEdit{})
	fresh := w.Group("Sales")
	for range 3 {
		w.Turn()
		w.Clock.Advance(time.Second)
	}
	synced(t, w, old)
	synced(t, w, fresh)
	if got := w.Vendor.Groups(); len(got) != 2 {
		t.Errorf("groups %v", got)
	}
}
