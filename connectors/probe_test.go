package connectors_test

import (
	"context"
	"testing"

	"scimrelay/connectors"
)

// examined is a connector that can do nothing but check.
type examined struct {
	connectors.Connector
	report connectors.Report
	err    error
}

// Check implements connectors.Checker.
func (e examined) Check(context.Context) (connectors.Report, error) { return e.report, e.err }

func TestAReportThatIsNotFineIsNoGoodProbe(t *testing.T) {
	t.Parallel()
	found := func(fine ...bool) (r connectors.Report) {
		for _, ok := range fine {
			r.Findings = append(r.Findings, connectors.Finding{Name: "credentials", OK: ok, Detail: "refused"})
		}
		return r
	}
	for name, c := range map[string]struct {
		examined
		want connectors.Class
	}{
		"fine":                           {examined{report: found(true, true)}, ""},
		"refused as a finding only":      {examined{report: found(true, false)}, connectors.Denied},
		"refused as a fault":             {examined{report: found(false), err: connectors.Faultf(connectors.Auth, "refused")}, connectors.Auth},
		"away, after what has been fine": {examined{report: found(true), err: connectors.Faultf(connectors.Transient, "away")}, connectors.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := connectors.Probe(t.Context(), c.examined)
			if !connectors.Probes(c.examined) || c.want == "" && err != nil || c.want != "" && !connectors.Is(err, c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
