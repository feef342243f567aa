package main

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"go.opentelemetry.io/otel/metric"

	"scimrelay/connectors/webhook"
	"scimrelay/notify"
	"scimrelay/notify/smtp"
	"scimrelay/store"
	"scimrelay/tenants"
)

// lookForNotices is how often a process looks for notices to send.
const lookForNotices = 5 * time.Second

func (g *gateway) buildNotices() (*notify.Loop, error) {
	attempts, err := g.telemetry.Metrics.Meter("scimrelay").Int64Counter("scimrelay.notices.sent",
		metric.WithDescription("Attempts to deliver a message of notices, by channel and outcome."))
	if err != nil {
		return nil, err
	}
	sender := g.noticeSender(webhook.Caller{Now: g.store.Now, Log: g.log, Traces: g.telemetry.Traces, Meters: g.telemetry.Metrics, Public: !g.config.Private()})
	return &notify.Loop{Ledger: g.store.Notices, Routes: g.noticeRoutes(), Sender: sender, Now: g.store.Now,
		Jitter: mathrand.Float64, Every: lookForNotices, Log: g.log, Attempts: attempts}, nil
}

func (in installation) noticeRoutes() notify.Routes {
	return notify.Routes{Tenants: in.tenants, Operator: in.config.Notify.Operator, Mail: in.config.Notify.SMTP.On()}
}

func (in installation) noticeSender(poster notify.Poster) notify.Sender {
	s := notify.Sender{Composer: notify.Composer{Tenants: in.tenants, Link: in.config.Server.PublicURL}, Poster: poster}
	if in.config.Notify.SMTP.On() {
		s.Mailer = smtp.Sender{Config: in.config.Notify.SMTP}
	}
	return s
}

// printUndelivered shows what a tenant has not been told and why, nothing when it knows all.
func printUndelivered(ctx context.Context, con console, s *store.Store, tenant string) error {
	outlets, err := s.Notices.Undelivered(ctx, tenant)
	if err != nil {
		return err
	}
	for _, o := range outlets {
		if _, err := fmt.Fprintf(con.out, "notices by %s: %s\n", o.Channel, backlog(o, s.Now())); err != nil {
			return err
		}
	}
	return nil
}

func backlog(o store.Backlog, now time.Time) string {
	text := fmt.Sprintf("%d waiting", o.Waiting)
	switch {
	case !o.Disabled.IsZero():
		text += fmt.Sprintf(", the receiver said on %s that it is gone; correct the address, or run tenant notify once it is back",
			o.Disabled.Format("2006-01-02 15:04 UTC"))
	case o.Attempts > 0:
		text += fmt.Sprintf(", tried %d times, again at %s: %s", o.Attempts, o.NextAt.Format("2006-01-02 15:04 UTC"), o.Detail)
	case o.Waiting > 0 && o.NextAt.After(now):
		text += ", sent together at " + o.NextAt.Format("2006-01-02 15:04 UTC")
	}
	if o.GivenUp > 0 {
		text += fmt.Sprintf("; %d given up in the past 7 days", o.GivenUp)
		if o.Attempts == 0 && o.Detail != "" {
			text += ": " + o.Detail
		}
	}
	return text
}

// placesOf are a target's addresses that have not been seen yet.
func placesOf(routes notify.Routes, target tenants.Target, seen []store.Outlet) (fresh []notify.Place) {
	for _, p := range routes.Target(target) {
		if !slices.Contains(seen, p.Outlet) {
			fresh = append(fresh, p)
		}
	}
	return fresh
}
