package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"scimrelay/store"
	"scimrelay/tenants"
)

type auditVerifyCommand struct {
	configFlag
	Tenant  string `help:"Only this tenant." placeholder:"ID"`
	Anchors string `help:"A file of anchors to hold the chains against, instead of the configured one." type:"path" placeholder:"FILE"`
	JSON    bool   `help:"Print JSON." name:"json"`
}

// unsealedLong is how long an event may wait to be sealed without a word.
const unsealedLong = 5 * time.Minute

// verdictView is what was found of one tenant.
type verdictView struct {
	Tenant   string       `json:"tenant"`
	OK       bool         `json:"ok"`
	Sealed   int          `json:"sealed"`
	Unsealed int          `json:"unsealed"`
	Seals    int64        `json:"seals"`
	Hash     string       `json:"hash,omitempty"`
	Anchored int64        `json:"anchored"`
	Broken   []breachView `json:"broken,omitempty"`
	More     int          `json:"more,omitempty"` // breaches that are not listed
	Warnings []string     `json:"warnings,omitempty"`
}

// breachView is one thing that is not as it was sealed.
type breachView struct {
	Event string `json:"event,omitempty"`
	Seal  int64  `json:"seal,omitempty"`
	What  string `json:"what"`
}

// reportView is the whole answer.
type reportView struct {
	OK      bool          `json:"ok"`
	Tenants []verdictView `json:"tenants"`
	Forged  []string      `json:"forged,omitempty"` // anchors that are not genuine
	Torn    []string      `json:"torn,omitempty"`   // and such as cannot be read
}

// Run checks the tenants' chains and events.
func (c auditVerifyCommand) Run(ctx context.Context, con console) error {
	config, s, err := c.openAudit(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	report := reportView{Tenants: []verdictView{}}
	var kept anchorFile
	if path := cmp.Or(c.Anchors, config.Audit.Anchors); path != "" {
		if kept, err = readAnchors(path, config.Audit.Key); err != nil {
			return err
		}
	}
	report.Forged, report.Torn, report.OK = kept.forged, kept.torn, len(kept.forged) == 0
	checked, err := c.tenants(ctx, s, kept.heads)
	if err != nil {
		return err
	}
	files, _ := tenants.OpenFaulty(config.Tenants.Dir, nil) // whatever is wrong with them
	for _, tenant := range checked {
		v, err := s.Events.Verify(ctx, tenant, kept.heads)
		if err != nil {
			return err
		}
		if !hasTenant(files, v) {
			continue
		}
		view := viewVerdict(v, s.Now())
		report.OK = report.OK && view.OK
		report.Tenants = append(report.Tenants, view)
	}
	report.OK = report.OK && len(report.Tenants) > 0
	if err := c.print(con, report); err != nil {
		return err
	}
	return c.verdict(report)
}

// hasTenant reports whether there is anything to say of a tenant: a name that was mistyped has neither
// a record, nor an anchor, nor a file.
func hasTenant(files *tenants.Registry, v store.Verdict) bool {
	return len(files.Files(v.Tenant)) > 0 || v.Tenant == store.Installation || v.Sealed+v.Waiting+v.Broken > 0 || v.Head.Seq+v.Anchored > 0
}

// verdict fails unless something was found and all of it was as it was sealed.
func (c auditVerifyCommand) verdict(report reportView) error {
	switch {
	case report.OK:
		return nil
	case len(report.Tenants) > 0 || len(report.Forged) > 0:
		return errors.New("the audit is not as it was sealed")
	case c.Tenant != "":
		return fmt.Errorf("there is nothing of a tenant %q: no record, no anchor and no file", c.Tenant)
	}
	return errors.New("there is nothing to check: the database has no events, and there are no anchors")
}

// tenants are those to check: one whose record is gone altogether has its anchors still.
func (c auditVerifyCommand) tenants(ctx context.Context, s *store.Store, heads []store.Head) ([]string, error) {
	if c.Tenant != "" {
		return []string{c.Tenant}, nil
	}
	all, err := s.Events.Tenants(ctx)
	for _, h := range heads {
		all = append(all, h.Tenant)
	}
	slices.Sort(all)
	return slices.Compact(all), err
}

func viewVerdict(v store.Verdict, now time.Time) verdictView {
	view := verdictView{Tenant: v.Tenant, OK: v.Broken == 0, Sealed: v.Sealed, Unsealed: v.Waiting, Seals: v.Head.Seq,
		Anchored: v.Anchored, More: v.Broken - len(v.Breaches)}
	if v.Head.Seq > 0 {
		view.Hash = hex.EncodeToString(v.Head.Hash[:])
	}
	for _, b := range v.Breaches {
		view.Broken = append(view.Broken, breachView{b.Event, b.Seal, b.What})
	}
	for _, b := range v.Late {
		view.Warnings = append(view.Warnings, fmt.Sprintf("event %s, seal %d: %s", b.Event, b.Seal, b.What))
	}
	if age := now.Sub(v.Oldest); v.Waiting > 0 && age > unsealedLong {
		view.Warnings = append(view.Warnings, fmt.Sprintf("an event waits to be sealed since %s: no gateway runs, or none can seal",
			v.Oldest.Format(time.RFC3339)))
	}
	return view
}

func (c auditVerifyCommand) print(con console, report reportView) error {
	if c.JSON {
		return json.NewEncoder(con.out).Encode(report)
	}
	for _, line := range report.Forged {
		fmt.Fprintln(con.out, "broken anchor:", line)
	}
	for _, line := range report.Torn {
		fmt.Fprintln(con.out, "warning: anchor:", line)
	}
	for _, v := range report.Tenants {
		if err := v.print(con.out); err != nil {
			return err
		}
	}
	return nil
}

func (v verdictView) print(out io.Writer) error {
	word := "is as it was sealed"
	if !v.OK {
		word = "IS NOT as it was sealed"
	}
	_, err := fmt.Fprintf(out, "tenant %s %s: %d events in %d seals, %d anchored, %d events not sealed yet\n",
		v.Tenant, word, v.Sealed, v.Seals, v.Anchored, v.Unsealed)
	for _, b := range v.Broken {
		where := ""
		if b.Event != "" {
			where += " event " + b.Event
		}
		if b.Seal > 0 {
			where += fmt.Sprintf(" seal %d", b.Seal)
		}
		fmt.Fprintf(out, "  broken:%s: %s\n", where, b.What)
	}
	if v.More > 0 {
		fmt.Fprintf(out, "  broken: %d more\n", v.More)
	}
	for _, w := range v.Warnings {
		fmt.Fprintln(out, "  warning:", w)
	}
	return err
}
