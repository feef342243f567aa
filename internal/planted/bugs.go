package planted

// Bugs are the ten of reliability rules 1.3.
func Bugs() []Bug {
	return []Bug{
		{
			Name:  "nothing but the ring wakes a target",
			File:  "queue/sweep.go",
			Old:   "s.Bell.add(key, call{class: Default, sweep: true})",
			New:   "_ = key",
			Found: Suite{"./e2e", "TestEveryCallMayFailOrBeTheLast"},
		},
		{
			Name:  "rings of a target collapse for ever",
			File:  "queue/bell.go",
			Old:   `return fmt.Sprintf("%s:%d", key, fence)`,
			New:   `return fmt.Sprintf("%s", key)`,
			Found: Suite{"./queue", "TestRedisMayLoseEverythingOrFallSilent|TestACommitted|TestAWant|TestWhatASlice"},
		},
		{
			Name:  "no search before a creation",
			File:  "relay/reconcile.go",
			Old:   "have, err := r.find(ctx)\n",
			New:   "var have *connectors.Remote\n\tvar err error\n\tif r.link.VendorID != \"\" {\n\t\thave, err = r.find(ctx)\n\t}\n",
			Found: Suite{"./e2e", "TestEveryCallMayFailOrBeTheLast"},
		},
		{
			Name:  "a lease without a fence",
			File:  "store/outcomes.go",
			Old:   "owner = $6 AND fence = $7`",
			New:   "$6 = $6 AND $7 = $7`",
			Found: Suite{"./store", "TestSQLite/a_late_owner"},
		},
		{
			Name:  "a query without its tenant",
			File:  "store/directory.go",
			Old:   "WHERE tenant = $1 AND id = $2",
			New:   "WHERE $1 = $1 AND id = $2",
			Found: Suite{"./scim/server", "TestAForeignIDIsAnUnknownOne"},
		},
		{
			Name:  "a quarantine that lives in memory only",
			File:  "store/outcomes.go",
			Old:   "string(state), toMillis(health.Until)",
			New:   `"{}", int64(0)`,
			Found: Suite{"./queue", ""},
		},
		{
			Name:  "401 where the store is away",
			File:  "tenants/authenticate.go",
			Old:   `return fmt.Errorf("tenants: look up token %s: %w: %w", shown.name, ErrUnavailable, err)`,
			New:   `return fmt.Errorf("tenants: look up token %s: %w: %w", shown.name, ErrUnauthorized, err)`,
			Found: Suite{"./tenants", "TestAStoreThatFailsIsNoRefusal"},
		},
		{
			Name:  "commits that are not synced",
			File:  "store/engine.go",
			Old:   "synchronous(FULL)",
			New:   "synchronous(NORMAL)",
			Found: Suite{"./store", "TestAnAcknowledgedWriteIsSynced"},
		},
		{
			Name:  "no guard on deletions",
			File:  "quarantine/burst.go",
			Old:   "case leaving > burstMany:\n\t\treturn true",
			New:   "case leaving > 0:\n\t\treturn false",
			Found: Suite{"./e2e", "TestABurst"},
		},
		{
			Name:  "answers of vendors are quoted",
			File:  "connectors/internal/rest/exchange.go",
			Old:   "return nil, plainCause(err)",
			New:   "return nil, err",
			Found: Suite{"./connectors/internal/rest", "TestNothingOfThePersonIsTold|TestBrokenAnswersAreNotQuoted"},
		},
	}
}
