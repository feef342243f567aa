package notify

import (
	"time"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// Test is a message that says only that it has arrived, about a target, or about nothing where
// the target is empty. The store knows nothing of it.
func Test(p Place, id, tenant, target string, now time.Time) store.Delivery {
	return store.Delivery{Outlet: p.Outlet, ID: id, Begun: now, Notices: []store.KeptNotice{{
		ID: id, At: now, Notice: store.Notice{Tenant: tenant, Target: target, Notice: quarantine.Notice{Kind: kindTest, Series: now}},
	}}}
}
