package sage_test

import (
	"testing"

	"scimrelay/connectors"
)

// Sage's 400 means much: that the list by the new e-mail is empty proves nothing about somebody
// who is just being renamed. "Gone" here becomes a second account, or a leaver who stays.
func TestABare400ForSomebodyWhoIsRenamedIsNotGone(t *testing.T) {
	o := newOffice(t)
	made := o.create("1", "ana@acme.test")
	renamed := o.record("1", "anna@acme.test", nil)
	renamed.VendorID = made.ID
	o.Turn(`{"rules": [{"method": "GET", "path": "/api/v4/users/*", "status": 400}]}`)
	if have, err := o.Connector.Find(t.Context(), renamed); connectors.Is(err, connectors.NotFound) {
		t.Errorf("an account that is there is said to be gone: %v, %v", have.ID, err)
	}
}
