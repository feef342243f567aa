package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"
	"time"

	"scimrelay/configs"
	"scimrelay/store"
)

type auditCommand struct {
	List   auditListCommand   `cmd:"" help:"Show what happened, the newest first."`
	Export auditExportCommand `cmd:"" help:"Print everything that happened, the oldest first, one JSON object on a line."`
	Verify auditVerifyCommand `cmd:"" help:"Check that the audit is as it was sealed; 1 when it is not."`
}

// auditFlags choose among a tenant's events. A tenant that has been removed has them still.
type auditFlags struct {
	configFlag
	Tenant   string `help:"The tenant; _installation for what is about none." required:"" placeholder:"ID"`
	Resource string `help:"Only what is about this person or group; the SCIM id." placeholder:"ID"`
	Kind     string `help:"Only events of this kind, as in token.created, or of a family, as in token" placeholder:"KIND"`
	Since    string `help:"Only events since a time, as in 2026-01-31T12:00:00Z, or for so long, as in 36h." placeholder:"TIME"`
}

// query is what the flags choose.
func (f auditFlags) query(now time.Time) (store.EventQuery, error) {
	q := store.EventQuery{Tenant: f.Tenant, Resource: f.Resource, Kind: f.Kind}
	if f.Since == "" {
		return q, nil
	}
	if ago, err := time.ParseDuration(f.Since); err == nil {
		q.Since = now.Add(-ago)
		return q, nil
	}
	at, err := time.Parse(time.RFC3339, f.Since)
	if err != nil {
		return q, usageError("--since wants a time, as in 2026-01-31T12:00:00Z, or a duration, as in 36h")
	}
	q.Since = at
	return q, nil
}

// openAudit opens the store for looking at it: one that is not there is not made, for an empty
// record would look like one in which nothing has happened.
func (f configFlag) openAudit(ctx context.Context) (configs.Config, *store.Store, error) {
	c, err := f.alone()
	if err != nil {
		return c, nil, err
	}
	if path, _, ok := c.Store.URL.SQLite(); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return c, nil, fmt.Errorf("there is no database %s", path)
		}
	}
	s, err := store.Open(ctx, c.Store.URL.Reveal(), store.Options{})
	return c, s, err
}

// eventView is an event as printed.
type eventView struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Tenant   string    `json:"tenant"`
	Kind     string    `json:"kind"`
	Actor    string    `json:"actor,omitempty"`
	Resource string    `json:"resource,omitempty"`
	Target   string    `json:"target,omitempty"`
	Version  int64     `json:"version,omitempty"`
	VendorID string    `json:"vendor_id,omitempty"`
	Did      string    `json:"did,omitempty"`
	Fault    string    `json:"fault,omitempty"`
	Detail   string    `json:"detail,omitempty"`
}

func viewEvent(tenant string, e store.Event) eventView {
	return eventView{ID: e.ID, At: e.At, Tenant: tenant, Kind: e.Kind, Actor: e.Actor, Resource: e.Resource, Target: e.Target,
		Version: e.Version, VendorID: e.VendorID, Did: e.Did, Fault: e.Fault, Detail: e.Detail}
}

type auditListCommand struct {
	auditFlags
	Limit int  `help:"How many at most." default:"100"`
	JSON  bool `help:"Print JSON." name:"json"`
}

// Run lists the events.
func (c auditListCommand) Run(ctx context.Context, con console) error {
	if c.Limit < 1 {
		return usageError("--limit wants a number above 0")
	}
	_, s, err := c.openAudit(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	q, err := c.query(s.Now())
	if err != nil {
		return err
	}
	q.Limit = c.Limit
	events, err := s.Events.List(ctx, q)
	if err != nil {
		return err
	}
	views := make([]eventView, len(events))
	for i, e := range events {
		views[i] = viewEvent(c.Tenant, e)
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(views)
	}
	table := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "AT\tKIND\tACTOR\tRESOURCE\tVERSION\tTARGET\tVENDOR ID\tDID\tFAULT\tDETAIL")
	for _, v := range views {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", v.At.Format(time.DateTime), v.Kind, v.Actor, v.Resource, v.Version,
			v.Target, v.VendorID, v.Did, v.Fault, v.Detail)
	}
	return table.Flush()
}

type auditExportCommand struct{ auditFlags }

// Run prints the events.
func (c auditExportCommand) Run(ctx context.Context, con console) error {
	_, s, err := c.openAudit(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	q, err := c.query(s.Now())
	if err != nil {
		return err
	}
	out := bufio.NewWriter(con.out)
	lines := json.NewEncoder(out)
	err = s.Events.Each(ctx, q, func(e store.Event) error { return lines.Encode(viewEvent(c.Tenant, e)) })
	return errors.Join(err, out.Flush())
}
