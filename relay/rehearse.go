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
	Action string   `json:"action"` // find, create, update, deactivate, reactivate, delete, members
	Fields []string `json:"fields,omitempty"`
	Add    int      `json:"add,omitempty"` // members who come
	Remove int      `json:"remove,omitempty"`
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
	items := []item{s.meaning(w)}
	if err := s.complete(ctx, nil, items); err != nil {
		return Plan{}, err
	}
	it := items[0]
	plan := Plan{Resource: w.Link.Resource, Steps: []Step{}}
	dry := s.Witnessed(plan.add, false)
	r := &run{Session: dry, claims: newClaims(), item: it, link: it.Link, dry: true}
	if err := r.do(ctx); err != nil {
		return plan, err
	}
	o := r.outcome
	plan.Outcome, plan.Fault, plan.Detail = o.Kind, o.Next.Fault, o.Next.Detail
	return plan, nil
}

// add notes a write; the many calls about a group's members are one step.
func (p *Plan) add(step Step) {
	if last := len(p.Steps) - 1; step.Action == "members" && last >= 0 && p.Steps[last].Action == step.Action {
		p.Steps[last].Add += step.Add
		p.Steps[last].Remove += step.Remove
		return
	}
	if step.Action != "find" {
		p.Steps = append(p.Steps, step)
	}
}

// Witnessed is the session with every step told to see. Unless it performs them, writes are
// told and not sent.
func (s *Session) Witnessed(see func(Step), perform bool) *Session {
	return s.watched(func(d deed) { see(d.Step) }, perform)
}

func (s *Session) watched(see func(deed), perform bool) *Session {
	copied := *s
	w := witness{Connector: s.Connector, see: see, perform: perform}
	switcher, switches := s.Connector.(connectors.Deactivator)
	editor, edits := s.Connector.(connectors.MemberEditor)
	switch {
	case switches && edits:
		copied.Connector = struct {
			witness
			switching
			editingWitness
		}{w, switching{w, switcher}, editingWitness{w, editor}}
	case switches:
		copied.Connector = struct {
			witness
			switching
		}{w, switching{w, switcher}}
	case edits:
		copied.Connector = struct {
			witness
			editingWitness
		}{w, editingWitness{w, editor}}
	default:
		copied.Connector = w
	}
	return &copied
}

// witness stands before a connector, tells what is asked of it and may keep writes from it.
type witness struct {
	connectors.Connector
	see     func(deed)
	perform bool
}

// tell reports a step with what became of it.
func (w witness) tell(action, vendorID string, fields map[string]any, err error) {
	w.see(ended(step(action, fields), vendorID, err))
}

func step(action string, fields map[string]any) Step {
	return Step{Action: action, Fields: slices.Sorted(maps.Keys(fields))}
}

// write performs a write and tells of it, also when the connector panics: nobody knows then whether
// it was carried out. The id is read when the write has ended.
func (w witness) write(s Step, id *string, call func() error) (err error) {
	if !w.perform {
		w.see(ended(s, *id, nil))
		return nil
	}
	err = connectors.Faultf(connectors.Internal, "the call was cut off")
	defer func() { w.see(ended(s, *id, err)) }()
	err = call()
	return err
}

// Find implements connectors.Connector.
func (w witness) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	have, err := w.Connector.Find(ctx, want)
	w.tell("find", have.ID, nil, err)
	return have, err
}

// Create implements connectors.Connector.
func (w witness) Create(ctx context.Context, want connectors.Record) (made connectors.Remote, err error) {
	made = connectors.Remote{Key: want.Key, Active: want.Active, Fields: want.Fields}
	fields := connectors.Difference(nil, want.OnCreate)
	maps.Copy(fields, connectors.Difference(nil, want.Fields))
	err = w.write(step("create", fields), &made.ID, func() (err error) {
		made, err = w.Connector.Create(ctx, want)
		return err
	})
	return made, err
}

// Update implements connectors.Connector.
func (w witness) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	difference, id, now := w.Difference(have, want), have.ID, have
	see := w.see
	w.see = func(d deed) {
		if len(difference) > 0 || d.Fault != "" {
			see(d)
		}
	}
	err := w.write(step("update", difference), &id, func() (err error) {
		now, err = w.Connector.Update(ctx, have, want)
		return err
	})
	return now, err
}

// Difference implements connectors.Differ, also for one that stands before another witness.
func (w witness) Difference(have connectors.Remote, want connectors.Record) map[string]any {
	if power, ok := w.Connector.(connectors.Differ); ok {
		return power.Difference(have, want)
	}
	return connectors.Difference(have.Fields, want.Fields)
}

// Delete implements connectors.Connector.
func (w witness) Delete(ctx context.Context, have connectors.Remote) error {
	return w.write(step("delete", nil), &have.ID, func() error { return w.Connector.Delete(ctx, have) })
}

// switching is what a witness adds before a connector that can switch accounts off and on.
type switching struct {
	by    witness
	power connectors.Deactivator
}

// Deactivate implements connectors.Deactivator.
func (w switching) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	off := have
	off.Active = false
	err := w.by.write(step("deactivate", nil), &have.ID, func() (err error) {
		off, err = w.power.Deactivate(ctx, have)
		return err
	})
	return off, err
}

// Reactivate implements connectors.Deactivator.
func (w switching) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	on := have
	on.Active = true
	err := w.by.write(step("reactivate", w.by.Difference(have, want)), &have.ID, func() (err error) {
		on, err = w.power.Reactivate(ctx, have, want)
		return err
	})
	return on, err
}

// editingWitness is what a witness adds before a connector that edits groups' members.
type editingWitness struct {
	by    witness
	power connectors.MemberEditor
}

// EditMembers implements connectors.MemberEditor.
func (w editingWitness) EditMembers(ctx context.Context, group connectors.Remote, add, remove []string) error {
	return w.by.write(Step{Action: "members", Add: len(add), Remove: len(remove)}, &group.ID, func() error {
		return w.power.EditMembers(ctx, group, add, remove)
	})
}
