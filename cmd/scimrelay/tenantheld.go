package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"scimrelay/configs"
	"scimrelay/store"
	"scimrelay/tenants"
)

// heldFlags are on the commands that decide what is held.
type heldFlags struct {
	orderFlags
	Batch    string `help:"Only what was in this batch when tenant status showed it; what joined later stays held." placeholder:"b-XXXX"`
	Resource string `help:"Only what is held for this person or group; the SCIM id, as tenant status shows it." placeholder:"ID"`
}

// decidedView is what was decided at one target.
type decidedView struct {
	Target      string `json:"target"`
	Batch       string `json:"batch,omitempty"`
	Links       int    `json:"links"`
	Memberships int    `json:"memberships"`
	Left        int    `json:"left"`
}

// decide has the store carry a person's decision out at the targets that are asked for. A batch is
// one target's: the others do not know its name.
func (f heldFlags) decide(ctx context.Context, con console, word string,
	do func(*store.Links, context.Context, store.Decision) (store.Decided, error)) error {
	s, orders, err := f.orders(ctx, con)
	if err != nil {
		return err
	}
	defer s.Close()
	views, decided, known := []decidedView{}, 0, false
	for _, o := range orders {
		done, err := do(s.Links, ctx, store.Decision{Order: o, Batch: f.Batch, Resource: f.Resource})
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil { // what was decided elsewhere is decided
			return errors.Join(printDecided(con.out, views, word, f.JSON), fmt.Errorf("target %s: %w", o.Target, err))
		}
		known = true
		decided += done.Links + done.Removals
		views = append(views, decidedView{o.Target, done.Batch, done.Links, done.Removals, done.Left})
	}
	if !known {
		return fmt.Errorf("there is no batch %q", f.Batch)
	}
	if err := printDecided(con.out, views, word, f.JSON); err != nil {
		return err
	}
	if decided == 0 {
		return errors.New("nothing is held there")
	}
	return nil
}

func printDecided(out io.Writer, views []decidedView, word string, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(views)
	}
	for _, v := range views {
		line := fmt.Sprintf("target %s: %d %s", v.Target, v.Links+v.Memberships, word)
		if v.Memberships > 0 {
			line += fmt.Sprintf(", %d of them memberships", v.Memberships)
		}
		if v.Left > 0 {
			line += fmt.Sprintf("; %d are still held", v.Left)
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

// heldView is what a target's deletion guard holds, and whether there is one.
type heldView struct {
	Guard       string     `json:"guard"` // on or off
	MaxDeletes  string     `json:"max_deletes,omitempty"`
	MaxRemovals string     `json:"max_removals,omitempty"`
	Gone        int        `json:"gone_within_an_hour"`
	Batch       string     `json:"batch,omitempty"`
	Since       *time.Time `json:"since,omitempty"`
	Tripped     *time.Time `json:"deletes_held_since,omitempty"` // everything destructive joins
	Deactivated int        `json:"deactivations,omitempty"`
	Deleted     int        `json:"deletions,omitempty"`
	Groups      int        `json:"groups,omitempty"`
	Memberships int        `json:"memberships,omitempty"`
}

// heldAt looks at what a target's guard holds.
func heldAt(ctx context.Context, s *store.Store, target tenants.Target) (heldView, error) {
	v := heldView{Guard: "on", MaxDeletes: share(target.Guard.MaxDeletes, 10), MaxRemovals: share(target.Guard.MaxRemovals, 25)}
	if target.Guard.Off {
		v = heldView{Guard: "off"}
	}
	h, err := s.Links.Held(ctx, target.Tenant, target.ID)
	if v.Gone = h.Gone; err != nil || h.Empty() {
		return v, err
	}
	v.Batch, v.Since = h.Batch, &h.Since
	if !h.Tripped.IsZero() {
		v.Tripped = &h.Tripped
	}
	v.Deactivated, v.Deleted, v.Groups, v.Memberships = h.People-h.Deleted, h.Deleted, h.Groups, h.Removals
	return v, nil
}

func share(own *configs.Percent, usual configs.Percent) string {
	if own != nil {
		usual = *own
	}
	return usual.String()
}

// print says what is held and how to decide it; nothing where nothing is to be said.
func (v heldView) print(out io.Writer, tenant, target string) {
	if v.Guard == "off" {
		fmt.Fprintln(out, "  the deletion guard is off")
	}
	if v.Batch == "" {
		return
	}
	head := "HELD"
	if v.Tripped != nil {
		head = "DELETES_HELD"
	}
	fmt.Fprintf(out, "  %s since %s: batch %s holds %d deactivations, %d deletions, %d deletions of groups and %d removals from groups\n",
		head, v.Since.Format(time.RFC3339), v.Batch, v.Deactivated, v.Deleted, v.Groups, v.Memberships)
	if v.Tripped != nil {
		fmt.Fprintf(out, "    many leave at once (%d let through within an hour); whoever else leaves joins until somebody decides\n", v.Gone)
	}
	fmt.Fprintf(out, "    decide with: tenant approve-deletes %s --target %s --batch %s --reason …, or reject-deletes\n", tenant, target, v.Batch)
}
