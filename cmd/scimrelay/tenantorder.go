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

// orders opens the store and gives one order for each target that is meant.
func (f orderFlags) orders(ctx context.Context, con console) (*store.Store, []store.Order, error) {
	_, tenant, s, err := f.open(ctx, con)
	if err != nil {
		return nil, nil, err
	}
	var orders []store.Order
	for _, target := range tenant.Targets {
		if f.Target == "" || f.Target == target.ID {
			orders = append(orders, store.Order{Tenant: tenant.ID, Target: target.ID, Actor: f.actor(), Reason: f.Reason})
		}
	}
	switch {
	case len(orders) == 0 && f.Target != "":
		return nil, nil, errors.Join(fmt.Errorf("tenant %s has no target %q", tenant.ID, f.Target), s.Close())
	case len(orders) == 0:
		return nil, nil, errors.Join(fmt.Errorf("tenant %s has no targets", tenant.ID), s.Close())
	}
	return s, orders, nil
}

// carry carries an order out at the tenant's targets, or at the one that is named, and prints what
// it did. Nothing to do anywhere is a failure that says nothing.
func (f orderFlags) carry(ctx context.Context, con console, nothing string, do func(*store.Store, store.Order) (orderView, error)) error {
	s, orders, err := f.orders(ctx, con)
	if err != nil {
		return err
	}
	defer s.Close()
	views, any := []orderView{}, false
	for _, o := range orders {
		v, err := do(s, o)
		if err != nil { // what was done elsewhere is done
			return errors.Join(f.print(con, views), fmt.Errorf("target %s: %w", o.Target, err))
		}
		v.Target, any = o.Target, any || v.Changed
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
