package tenants_test

import (
	"strings"
	"testing"

	"scimrelay/tenants"
)

func TestATenantsFileMayGiveItsOwnRate(t *testing.T) {
	t.Parallel()
	tenant, faults := tenants.Parse("t.yaml", []byte("id: t\nrequests: {per_second: 50, burst: 200}\n"))
	if err := faults.Err(); err != nil || tenant.Requests != (tenants.Requests{PerSecond: 50, Burst: 200}) {
		t.Errorf("%+v, %v", tenant.Requests, err)
	}
	for _, half := range []string{"{per_second: 50}", "{burst: 3}", "{per_second: -1, burst: 1}", "{per_second: 0, burst: 10}"} {
		_, faults := tenants.Parse("t.yaml", []byte("id: t\nrequests: "+half+"\n"))
		if err := faults.Err(); err == nil || !strings.Contains(err.Error(), "t.yaml:2:") {
			t.Errorf("%s: %v", half, err)
		}
	}
}
