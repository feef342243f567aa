package relay_test

import (
	"context"
	"testing"

	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// P8: somebody loses access while their run looks for the account. No call begins any more that
// would give it, nothing is blamed, and the next chunk does what is wanted now at once.
func TestWhoLosesAccessAtTheLastMomentIsNotGivenIt(t *testing.T) {
	t.Parallel()
	gone := scim.Document{"active": false}
	for name, before := range map[string]func(w *relaytest.World) (id string){
		"a new person": func(w *relaytest.World) string { return w.Person("ann", nil) },
		"one who comes back": func(w *relaytest.World) string {
			id := w.Person("ann", gone)
			w.Turn()
			w.Change(id, "ann", scim.Document{"title": "back"})
			return id
		},
	} {
		for how, leave := range map[string]func(w *relaytest.World, id string){
			"deactivated": func(w *relaytest.World, id string) { w.Change(id, "ann", gone) },
			"deleted":     func(w *relaytest.World, id string) { w.Delete(id) },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				w := relaytest.New(t)
				id, left := before(w), false
				w.Vendor.Calls()
				w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
					if op == relaytest.Find && !left {
						left = true
						leave(w, id)
					}
					return nil
				}
				w.Turn()
				w.Turn() // as the queue does, which looks again for what is due
				// Who is made active and switched off again has had access for a moment.
				for _, c := range w.Vendor.Calls(relaytest.Reactivate, relaytest.Deactivate) {
					t.Errorf("%s after they had lost access", c.Operation)
				}
				if account, there := w.Vendor.Account("ann"); there && account.Active {
					t.Errorf("%+v", account)
				}
				if k, there := w.Link(id); there && (k.Wanted != k.Applied || k.Attempts != 0 || k.Fault != "" || !k.Intent.IsZero()) {
					t.Errorf("%+v", k)
				}
			})
		}
	}
}
