package relay

import (
	"context"
	"maps"
	"slices"

	"scimrelay/connectors"
	"scimrelay/store"
)

// Step is one thing done at a vendor, or that would be done. It names fields, never values.
type Step struct {
	Action string   `json:"action"` // find, create, update, deactivate, reactivate, delete
	Fields []string `json:"fields,omitempty"`
	Fault  string   `json:"fault,omitempty"`
}

// Plan is what a run would do for one person.
type Plan struct {
	Resource string `json:"resource"`
	Steps    []Step `json:"steps"` // the writes only
	Outcome  string `json:"outcome"`
	Fault    string `json:"fault,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

// Rehearse says what a run would do for each link, with the vendor's reads and none of its
// writes. Nothing is recorded.
func (s *Session) Rehearse(ctx context.Context, work []store.Work) ([]Plan, error) {
	var plans []Plan
	for _, w := range work {
		plan, err := s.rehearse(ctx, w)
		if err != nil {
			return plans, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

func (s *Session) rehearse(ctx context.Context, w store.Work) (Plan, error) {
	it := s.read(w)
	linked, err := s.relay.Links.VendorIDs(ctx, w.Link.Tenant, w.Link.Target, slices.Collect(maps.Values(it.record.References)))
	if err != nil {
		return Plan{}, err
	}
	it.resolve(linked)
	plan := Plan{Resource: w.Link.Resource, Steps: []Step{}}
	dry := s.Witnessed(func(step Step) {
		if step.Action != "find" {
			plan.Steps = append(plan.Steps, step)
		}
	}, false)
	r := &run{Session: dry, claims: newClaims(), item: it, link: it.Link}
	if err := r.do(ctx); err != nil {
		return plan, err
	}
	o := r.outcome
	plan.Outcome, plan.Fault, plan.Detail = o.Kind, o.Next.Fault, o.Next.Detail
	return plan, nil
}

// Witnessed is the session with every step told to see. Unless it performs them, writes are
// told and not sent.
func (s *Session) Witnessed(see func(Step), perform bool) *Session {
	copied := *s
	w := witness{Connector: s.Connector, see: see, perform: perform}
	copied.Connector = w
	if power, ok := s.Connector.(connectors.Deactivator); ok {
		copied.Connector = switchingWitness{w, power}
	}
	return &copied
}

// witness stands before a connector, tells what is asked of it and may keep writes from it.
type witness struct {
	connectors.Connector
	see     func(Step)
	perform bool
}

// tell reports a step with what became of it.
func (w witness) tell(action string, fields map[string]any, err error) {
	step := Step{Action: action, Fields: slices.Sorted(maps.Keys(fields))}
	if fault := connectors.FaultOf(err); fault != nil {
		step.Fault = string(fault.Class)
	}
	w.see(step)
}

// Find implements connectors.Connector.
func (w witness) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	have, err := w.Connector.Find(ctx, want)
	w.tell("find", nil, err)
	return have, err
}

// Create implements connectors.Connector.
func (w witness) Create(ctx context.Context, want connectors.Record) (made connectors.Remote, err error) {
	made = connectors.Remote{Key: want.Key, Active: want.Active, Fields: want.Fields}
	if w.perform {
		made, err = w.Connector.Create(ctx, want)
	}
	w.tell("create", connectors.Difference(nil, want.Fields), err)
	return made, err
}

// Update implements connectors.Connector.
func (w witness) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	difference := w.difference(have, want)
	var err error
	if w.perform {
		have, err = w.Connector.Update(ctx, have, want)
	}
	if len(difference) > 0 || err != nil {
		w.tell("update", difference, err)
	}
	return have, err
}

func (w witness) difference(have connectors.Remote, want connectors.Record) map[string]any {
	if power, ok := w.Connector.(connectors.Differ); ok {
		return power.Difference(have, want)
	}
	return connectors.Difference(have.Fields, want.Fields)
}

// Delete implements connectors.Connector.
func (w witness) Delete(ctx context.Context, have connectors.Remote) (err error) {
	if w.perform {
		err = w.Connector.Delete(ctx, have)
	}
	w.tell("delete", nil, err)
	return err
}

// switchingWitness is a witness before a connector that can switch accounts off and on.
type switchingWitness struct {
	witness
	power connectors.Deactivator
}

// Deactivate implements connectors.Deactivator.
func (w switchingWitness) Deactivate(ctx context.Context, have connectors.Remote) (_ connectors.Remote, err error) {
	off := have
	off.Active = false
	if w.perform {
		off, err = w.power.Deactivate(ctx, have)
	}
	w.tell("deactivate", nil, err)
	return off, err
}

// Reactivate implements connectors.Deactivator.
func (w switchingWitness) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (_ connectors.Remote, err error) {
	on := have
	on.Active = true
	if w.perform {
		on, err = w.power.Reactivate(ctx, have, want)
	}
	w.tell("reactivate", w.difference(have, want), err)
	return on, err
}
