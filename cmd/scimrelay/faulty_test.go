package main

import (
	"strings"
	"testing"
)

// A mistake in one tenant's file must not keep an operator from acting on another's.
func TestOneFaultyFileStopsOnlyItsOwnTenant(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	id := d.tokenID(d.told(exitFine, "token", "create", "--tenant", "acme", "--json"))
	d.write("tenants/dastra.yaml", "id: dastra\nunknown: 1\n")
	d.write("tenants/other.yaml", "id: other\ntargets: [{id: sage, product: sage, base_url: \"http://127.0.0.1:1\", credentials: {public_key: \"${env:SCIMRELAY_IS_NOT_SET}\", private_key: \"${env:SCIMRELAY_IS_NOT_SET}\"}}]\n")
	for _, args := range [][]string{
		{"token", "list", "--tenant", "acme"}, {"token", "deactivate", "--tenant", "acme", id},
		{"tenant", "status", "acme"}, {"tenant", "pause", "acme"}, {"tenant", "check", "acme"}, {"plan", "acme"},
	} {
		if out := d.told(exitFine, args...); strings.Count(out, "warning:") != 1 || !strings.Contains(out, "fault(s) in other tenants' files") {
			t.Errorf("%v: %s", args, out)
		}
	}
	for _, args := range [][]string{{"migrate"}, {"secrets", "status"}, {"audit", "verify"}, {"audit", "list", "--tenant", "dastra"}} {
		if out := d.told(exitFine, args...); strings.Contains(out, "warning") {
			t.Errorf("%v: %s", args, out)
		}
	}
	for _, args := range [][]string{
		{"token", "list", "--tenant", "dastra"}, {"tenant", "status", "other"}, // its own
		{"config", "check"}, {"tenant", "list"}, {"serve"}, // everybody's
	} {
		if out := d.told(exitInvalid, args...); !strings.Contains(out, "dastra.yaml:2:1") && !strings.Contains(out, "SCIMRELAY_IS_NOT_SET") {
			t.Errorf("%v: %s", args, out)
		}
	}
	d.told(exitFailed, "tenant", "status", "nobody")
	d.write("tenants/a-copy.yaml", "id: acme\n")
	if out := d.told(exitInvalid, "tenant", "status", "acme"); !strings.Contains(out, `the tenant "acme" stands already in`) {
		t.Error(out)
	}
}
