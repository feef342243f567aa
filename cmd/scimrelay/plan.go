package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"

	"scimrelay/connectors"
	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/store"
	"scimrelay/telemetry"
	"scimrelay/tenants"
)

// desk is an installation opened for a command that looks at vendors.
type desk struct {
	tenant *tenants.Tenant
	store  *store.Store
	opener *relay.Opener
	traces *telemetry.Telemetry
}

func (f tenantFlags) desk(ctx context.Context, con console) (*desk, error) {
	in, tenant, s, err := f.open(ctx, con)
	if err != nil {
		return nil, err
	}
	tel, err := telemetry.Start(ctx, telemetry.Options{Version: version})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	opener, err := in.opener(s, slog.New(slog.DiscardHandler), tel)
	if err != nil {
		return nil, errors.Join(err, s.Close(), sendLast(tel))
	}
	return &desk{tenant: tenant, store: s, opener: opener, traces: tel}, nil
}

// close lets go of what was opened, and sends the traces of what was done. Without a collector
// the command has done its work all the same.
func (d *desk) close() {
	_, _ = d.store.Close(), sendLast(d.traces)
}

// sessions calls each with every target of the tenant, opened.
func (d *desk) sessions(each func(*relay.Session) error) error {
	for _, target := range d.tenant.Targets {
		session, _, err := d.opener.Open(d.tenant.ID, target.ID)
		if err == nil {
			err = each(session)
		}
		if err != nil {
			return fmt.Errorf("target %s: %w", target.ID, err)
		}
	}
	return nil
}

type planCommand struct {
	tenantFlags
	All  bool `help:"Show people for whom nothing would be done, too."`
	JSON bool `help:"Print JSON, a line for each person." name:"json"`
}

// planned is a plan with the target it is for.
type planned struct {
	Target string `json:"target"`
	relay.Plan
}

// Run rehearses every link of the tenant. To look before the first write, pause the tenant,
// let the identity provider push, and plan. It fails when a vendor could be asked about nobody.
func (c planCommand) Run(ctx context.Context, con console) error {
	d, err := c.desk(ctx, con)
	if err != nil {
		return err
	}
	defer d.close()
	var silent []string
	err = d.sessions(func(session *relay.Session) error {
		count, people, unasked := map[string]int{}, 0, 0
		err := d.walk(ctx, session, func(p relay.Plan) error {
			people++
			if aboutVendor(p.Fault) {
				unasked++
			}
			for _, step := range p.Steps {
				count[step.Action]++
			}
			return c.print(con, session.Target.ID, p)
		})
		if err == nil && !c.JSON {
			_, err = fmt.Fprintf(con.out, "target %s: %d create, %d update, %d deactivate, %d reactivate, %d delete\n", session.Target.ID,
				count["create"], count["update"], count["deactivate"], count["reactivate"], count["delete"])
		}
		if people > 0 && unasked == people {
			silent = append(silent, session.Target.ID)
		}
		return err
	})
	if err == nil && len(silent) > 0 {
		err = fmt.Errorf("the vendor could be asked about nobody: target %s", strings.Join(silent, ", "))
	}
	return err
}

// aboutVendor reports whether a fault is one that keeps everybody's account from being looked at.
func aboutVendor(class string) bool {
	switch connectors.Class(class) {
	case connectors.Auth, connectors.Plan, connectors.Throttled, connectors.Transient, connectors.Unknown, connectors.Nonsense,
		connectors.Unrecognised, connectors.Internal:
		return true
	}
	return false
}

const planStep = 100

// walk rehearses all links of the target.
func (d *desk) walk(ctx context.Context, session *relay.Session, each func(relay.Plan) error) error {
	for after := ""; ; {
		work, err := d.store.Links.AllWork(ctx, session.Target.Tenant, session.Target.ID, after, planStep)
		if err != nil || len(work) == 0 {
			return err
		}
		plans, err := session.Rehearse(ctx, work)
		if err != nil {
			return err
		}
		for _, p := range plans {
			if err := each(p); err != nil {
				return err
			}
		}
		after = work[len(work)-1].Link.Resource
	}
}

func (c planCommand) print(con console, target string, p relay.Plan) error {
	if len(p.Steps) == 0 && p.Fault == "" && !c.All {
		return nil
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(planned{target, p})
	}
	_, err := fmt.Fprintf(con.out, "%s %s: %s\n", target, p.Resource, line(append(words(p.Steps), p.Fault, p.Detail)...))
	return err
}

func words(steps []relay.Step) (words []string) {
	for _, s := range steps {
		word := s.Action
		if len(s.Fields) > 0 {
			word += "(" + strings.Join(s.Fields, ", ") + ")"
		}
		if s.Add+s.Remove > 0 {
			word += fmt.Sprintf("(+%d -%d)", s.Add, s.Remove)
		}
		words = append(words, word)
	}
	return words
}

type syncCommand struct {
	tenantFlags
	operatorFlags
	User string `arg:"" help:"The person: SCIM id or user name."`
}

// Run brings one person to every target now and prints each step. It fails when a vendor
// refuses.
func (c syncCommand) Run(ctx context.Context, con console) error {
	d, err := c.desk(ctx, con)
	if err != nil {
		return err
	}
	defer d.close()
	id, err := d.find(ctx, c.User)
	if err != nil {
		return err
	}
	err = d.store.Events.Append(ctx, d.tenant.ID, store.Event{Kind: "resource.synced", Actor: c.actor(), Resource: id, Detail: c.Reason})
	if err != nil {
		return err
	}
	failed := false
	err = d.sessions(func(session *relay.Session) error {
		turns := &queue.Turns{Leases: d.store.Targets, Links: d.store.Links, Owner: uuid.NewString(), Now: d.store.Now}
		outcome, err := turns.Once(ctx, session.Witnessed(func(s relay.Step) {
			fmt.Fprintln(con.out, line(session.Target.ID+":", strings.Join(words([]relay.Step{s}), ""), became(s)))
		}, true), id)
		if err != nil {
			return c.advised(err)
		}
		failed = failed || outcome.Next.Fault != ""
		_, err = fmt.Fprintln(con.out, line(session.Target.ID+":", outcome.Kind, outcome.Next.Fault, outcome.Next.Detail))
		return err
	})
	if err == nil && failed {
		err = errors.New("the person is not as wanted at every vendor")
	}
	return err
}

// advised says what to do about a target that may not be called.
func (c syncCommand) advised(err error) error {
	switch {
	case errors.Is(err, queue.ErrPaused):
		return fmt.Errorf("%w; \"scimrelay tenant resume %s\" lets it go on", err, c.Tenant)
	case errors.Is(err, queue.ErrResting):
		return fmt.Errorf("%w; \"scimrelay tenant release %s --reason …\" lets it be tried now", err, c.Tenant)
	}
	return err
}

// became is what came of a step: a search that found nobody is no failure, and looks like one
// unless the other says that it found somebody.
func became(s relay.Step) string {
	if s.Action == "find" && s.Fault == "" {
		return "found"
	}
	return s.Fault
}

// line joins the parts that are not empty.
func line(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " ")
}

// find looks a person up by id, then by user name.
func (d *desk) find(ctx context.Context, user string) (id string, err error) {
	for _, by := range []struct {
		field store.Field
		value string
	}{{store.ByID, user}, {store.ByName, schema.Fold(user)}} {
		found, err := d.store.Directory.Find(ctx, d.tenant.ID, scim.TypeUser, by.field, by.value)
		if err != nil {
			return "", err
		}
		if len(found) == 1 {
			return found[0].ID, nil
		}
	}
	return "", fmt.Errorf("tenant %s has no user %q", d.tenant.ID, user)
}
