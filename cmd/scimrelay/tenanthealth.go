package main

import (
	"fmt"
	"time"

	"scimrelay/quarantine"
	"scimrelay/store"
	"scimrelay/tenants"
)

// healthView is what a status shows of a target that is not simply active.
type healthView struct {
	Phase  string `json:"phase"`
	Reason string `json:"reason,omitempty"`
	// K is the step of the ladder of probes, SeriesCount the rests since SeriesBegan.
	K           int        `json:"k"`
	SeriesBegan *time.Time `json:"series_began,omitempty"`
	SeriesCount int        `json:"series_count,omitempty"`
	NextProbe   *time.Time `json:"next_probe,omitempty"`
	GivenUp     *time.Time `json:"given_up,omitempty"` // when it will be
	Why         string     `json:"why,omitempty"`      // it is disabled
	Incident    *time.Time `json:"incident,omitempty"` // since when its vendor is down for all
	Canary      bool       `json:"canary,omitempty"`
	Host        string     `json:"host,omitempty"`
	Concurrency int        `json:"concurrency,omitempty"` // while it recovers
}

// viewHealth is nil for a target that is simply active.
func viewHealth(in installation, s *store.Store, of tenants.Target, status store.Status) *healthView {
	h, policy := status.Health, policyOf(in.config.Quarantine)
	if h.Phase == quarantine.Active {
		return nil
	}
	v := &healthView{Phase: string(h.Phase), Reason: string(h.Reason), K: h.Step, SeriesCount: h.Count, Why: h.Why(),
		SeriesBegan: known(h.Began), GivenUp: known(policy.Ends(h)), Incident: known(h.Incident), Canary: h.Canary, Host: status.Host}
	if rest := h.Rest(); h.Phase == quarantine.Quarantined && rest.Before(s.Now().Add(100*quarantine.Day)) {
		v.NextProbe = known(rest)
	}
	if h.Phase == quarantine.Recovering {
		normal := of.Rate.Concurrency
		if product, ok := in.products.Product(of.Product); normal == 0 && ok {
			normal = product.Capabilities.Rate.Concurrency
		}
		v.Concurrency = policy.Concurrency(h, normal)
	}
	return v
}

// known is the time, nil for none.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (v *healthView) print(con console) {
	if v == nil {
		return
	}
	line := func(what string, at *time.Time) {
		if at != nil {
			fmt.Fprintf(con.out, "  %s %s\n", what, at.UTC().Format(time.RFC3339))
		}
	}
	if v.SeriesBegan != nil {
		fmt.Fprintf(con.out, "  k %d, rest %d of a series that began %s\n", v.K, v.SeriesCount, v.SeriesBegan.UTC().Format(time.RFC3339))
	}
	line("next probe", v.NextProbe)
	line("given up", v.GivenUp)
	line("waits with all of "+v.Host+" since", v.Incident)
	if v.Concurrency > 0 {
		fmt.Fprintf(con.out, "  recovering, %d at once\n", v.Concurrency)
	}
	if v.Why != "" {
		fmt.Fprintf(con.out, "  %s\n", v.Why)
	}
}
