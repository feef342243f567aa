package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"scimrelay/connectors/webhook"
	"scimrelay/notify"
	"scimrelay/store"
)

type tenantNotifyCommand struct {
	tenantFlags
	operatorFlags
	Target   string `help:"Only whom this target tells." placeholder:"ID"`
	Operator bool   `help:"The gateway's operator as well."`
}

// noticeTest is one run of the command.
type noticeTest struct {
	console
	in     installation
	store  *store.Store
	by     operatorFlags
	sender notify.Sender
	seen   []store.Outlet
	failed bool
}

// Run sends a test message to every address once, whatever the hour has heard already. A
// webhook that had said it is gone and takes the message is sent to again, which is an event.
func (c tenantNotifyCommand) Run(ctx context.Context, con console) error {
	in, tenant, s, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, known := tenant.Find(c.Target); c.Target != "" && !known {
		return fmt.Errorf("tenant %s has no target %q", tenant.ID, c.Target)
	}
	run := &noticeTest{console: con, in: in, store: s, by: c.operatorFlags, sender: in.noticeSender(webhook.Caller{Now: time.Now, Public: !in.config.Private()})}
	// Without a mail server an address is no route, and has to be shown all the same.
	routes := in.noticeRoutes()
	routes.Mail = true
	for _, target := range tenant.Targets {
		if c.Target != "" && c.Target != target.ID {
			continue
		}
		for _, p := range placesOf(routes, target, run.seen) {
			if err := run.try(ctx, p, tenant.ID, target.ID); err != nil {
				return err
			}
		}
	}
	if c.Operator {
		for _, p := range routes.Of(store.OperatorOutlets) {
			if err := run.try(ctx, p, tenant.ID, ""); err != nil {
				return err
			}
		}
	}
	return errors.Join(run.result(tenant.ID), printUndelivered(ctx, con, s, tenant.ID))
}

func (r *noticeTest) result(tenant string) error {
	switch {
	case len(r.seen) == 0:
		return fmt.Errorf("nobody is told of tenant %s: set notify.email or notify.webhook of its targets", tenant)
	case r.failed:
		return errors.New("not everything arrived")
	}
	return nil
}

// try sends one test and says what became of it.
func (r *noticeTest) try(ctx context.Context, p notify.Place, tenant, target string) error {
	r.seen = append(r.seen, p.Outlet)
	id, err := newID()
	if err != nil {
		return err
	}
	word := "operator"
	if target != "" {
		word = target
	}
	if failure := r.sender.Send(ctx, notify.Test(p, id, tenant, target, r.store.Now()), p.Address); failure != nil {
		r.failed = true
		_, err := fmt.Fprintf(r.out, "%s: FAIL %s: %v\n", word, r.place(p), failure)
		return err
	}
	if _, err := fmt.Fprintf(r.out, "%s: ok   %s has taken message %s\n", word, r.place(p), id); err != nil {
		return err
	}
	order := store.Order{Tenant: tenant, Target: target, Actor: r.by.actor(), Reason: r.by.Reason}
	if p.Outlet.Tenant == store.OperatorOutlets { // it is no tenant's
		order.Tenant = store.Installation
	}
	return r.store.Notices.Enable(ctx, p.Outlet, order)
}

// place names an address. Of a webhook only the host: the rest of its URL may be a key.
func (r *noticeTest) place(p notify.Place) string {
	if p.Channel == store.ChannelEmail {
		if host := r.in.config.Notify.SMTP.Host; host != "" {
			return "e-mail to " + p.Email + ": the mail server " + host
		}
		return "e-mail to " + p.Email
	}
	host := "of no host"
	if u, err := url.Parse(p.URL); err == nil {
		host = u.Scheme + "://" + u.Host
	}
	if len(p.Secrets) == 0 {
		return "webhook at " + host + ", unsigned,"
	}
	return "webhook at " + host
}
