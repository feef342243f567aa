package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"scimrelay/store"
)

// orderFlags are on the commands by which an administrator changes what a target does: who and
// why go into the events.
type orderFlags struct {
	tenantFlags
	actorFlag
	Target string `help:"Only this target." placeholder:"ID"`
	Reason string `help:"Why, for the audit." required:"" placeholder:"TEXT"`
	JSON   bool   `help:"Print JSON." name:"json"`
}

// orderView is what an order did at one target.
type orderView struct {
	Target  string `json:"target"`
	Changed bool   `json:"changed"`
	Links   *int   `json:"links,omitempty"`

	said string
}

// carry carries an order out at the tenant's targets, or at the one that is named, and prints what
// it did. Nothing to do anywhere is a failure that says nothing.
func (f orderFlags) carry(ctx context.Context, con console, nothing string, do func(*store.Store, store.Order) (orderView, error)) error {
	_, tenant, s, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, known := tenant.Find(f.Target); f.Target != "" && !known {
		return fmt.Errorf("tenant %s has no target %q", tenant.ID, f.Target)
	}
	views, any := []orderView{}, false
	for _, target := range tenant.Targets {
		if f.Target != "" && f.Target != target.ID {
			continue
		}
		v, err := do(s, store.Order{Tenant: tenant.ID, Target: target.ID, Actor: f.actor(), Reason: f.Reason})
		if err != nil {
			return err
		}
		v.Target, any = target.ID, any || v.Changed
		views = append(views, v)
	}
	if err := f.print(con, views); err != nil || any {
		return err
	}
	return errors.New(nothing)
}

func (f orderFlags) print(con console, views []orderView) error {
	if f.JSON {
		return json.NewEncoder(con.out).Encode(views)
	}
	for _, v := range views {
		if _, err := fmt.Fprintf(con.out, "target %s %s\n", v.Target, v.said); err != nil {
			return err
		}
	}
	return nil
}

// either says what changed, or why nothing did.
func either(changed bool, did, not string) orderView {
	if changed {
		return orderView{Changed: true, said: did}
	}
	return orderView{said: not}
}
