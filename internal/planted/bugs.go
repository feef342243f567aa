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
			Name:  "a change during its turn is taken for done",
			File:  "store/outcomes.go",
			Old:   "THEN excluded.applied - 1 ELSE excluded.applied END,",
			New:   "THEN excluded.applied - 1 ELSE CASE WHEN excluded.applied = excluded.wanted THEN links.wanted ELSE excluded.applied END END,",
			Found: Suite{"./e2e", "TestChangesThatLandDuringTheirTurn"},
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
			File:  "store/health.go",
			Old:   "owner = $14 AND fence = $15 AND health_version = $16`",
			New:   "$14 = $14 AND $15 = $15 AND health_version = $16`",
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
			File:  "store/health.go",
			Old:   "return []any{string(text), step, toMillis(s.Rest())",
			New:   "s, text = quarantine.State{}, []byte(`{}`)\n\treturn []any{string(text), step, toMillis(s.Rest())",
			Found: Suite{"./queue", "TestAVendorThat|TestRevoked|TestLeavers"},
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
			File:  "store/sqlite.go",
			Old:   "synchronous(FULL)",
			New:   "synchronous(NORMAL)",
			Found: Suite{"./store", "TestAnAcknowledgedWriteIsSynced"},
		},
		{
			Name:  "no guard on deletions",
			File:  "quarantine/guard.go",
			Old:   "case g.Off, all <= 1:",
			New:   "case g.Off, all >= 0:",
			Found: Suite{"./relay", "Guard|Burst|Leav"},
		},
		{
			Name:  "what was sent is quoted in errors",
			File:  "connectors/internal/rest/reason.go",
			Old:   "return Redact(reason(body, 0), append(sentValues(p, call), call.Private...)...)",
			New:   "return reason(body, 0)",
			Found: Suite{"./connectors/internal/rest", "TestNothingOfThePersonIsTold|TestBrokenAnswersAreNotQuoted"},
		},
	}
}
