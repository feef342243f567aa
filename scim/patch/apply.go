package patch

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
)

// Current is the resource that a PATCH is applied to.
type Current struct {
	// ID is what it is called; an operation that sets another one is refused (O-22).
	ID       string
	Document scim.Document
	// Members gives the members of a group. It is called only for a selector that cannot be
	// told without them, such as members[type eq "Group"]. Nil is for a resource without any.
	Members func() ([]scim.Member, error)
}

// Result is a resource after a PATCH.
type Result struct {
	Document scim.Document // normalised
	// Changed is false when the operations left the Document as it was (R-64, E-44): then the
	// version and lastModified stay, unless Members has an effect, which is the store's to say.
	Changed bool
	// Members is what the operations, in their order, do to a group's members.
	Members scim.MemberEdit
	// MembersNamed tells that an operation was about members, be it to no effect.
	MembersNamed bool
	// Leniencies are those of schema.Normalized, with the rules of this package too.
	Leniencies []string
	// Password tells that an operation set a password. It is kept nowhere.
	Password bool
}

// Apply applies a PatchOp message to a resource of the type. Neither current nor body is
// changed; on an error nothing has happened. Errors are those of current.Members, and 400
// with the scimType of RFC 7644 table 9, whose detail names the operation, counted from 1.
func Apply(rt *schema.ResourceType, current Current, body scim.Document, rules Rules) (Result, error) {
	w := &work{rt: rt, rules: rules, current: current, doc: clone(current.Document).(scim.Document), notes: schema.NewNotes(rules.schema())}
	if !rt.Canonical(w.doc) {
		n, err := rt.NormalizeChange(w.doc, w.doc)
		if err != nil {
			return Result{}, err
		}
		w.doc = n.Document
	}
	ops, err := parse(body, &w.notes)
	if err != nil {
		return Result{}, err
	}
	for i, op := range ops {
		if err := w.apply(op); err != nil {
			return Result{}, located(i, err)
		}
	}
	n, err := rt.NormalizeChange(current.Document, w.doc)
	if err != nil {
		return Result{}, err
	}
	return Result{
		Document:     n.Document,
		Changed:      !equal(current.Document, n.Document),
		Members:      w.members.changes.Edit(),
		MembersNamed: w.members.named,
		Leniencies:   w.notes.List(),
		Password:     w.password,
	}, nil
}

// located tells the caller which operation was refused.
func located(i int, err error) error {
	var refusal *scim.Error
	if !errors.As(err, &refusal) {
		return err
	}
	e := *refusal
	e.Detail = fmt.Sprintf("operation %d: %s", i+1, e.Detail)
	return &e
}

// work is the copy that the operations change, one after the other.
type work struct {
	rt       *schema.ResourceType
	rules    Rules
	current  Current
	doc      scim.Document
	members  membership
	notes    schema.Notes
	password bool
}

// change is one operation brought down to one attribute.
type change struct {
	kind   kind
	target filter.Target
	value  any
	given  bool // a value was sent, be it null
	// implied marks an attribute found in a value without path: what may not be written is
	// then ignored, for Okta sends ids and groups along.
	implied bool
}

func (w *work) apply(op operation) error {
	if op.kind != remove && !op.hasValue {
		return scim.BadRequest(scim.TypeInvalidValue, "%s needs a value", op.kind)
	}
	if op.path == "" {
		return w.pathless(op)
	}
	target, err := filter.ParseTarget(w.rt, op.path, &w.notes)
	if err != nil {
		return err
	}
	if target.Path.URN == "" && target.Path.Whole() {
		return w.pathless(op)
	}
	return w.change(change{kind: op.kind, target: w.known(target, op.path), value: op.value, given: op.hasValue})
}

// known takes a path for the whole extension if the resource has one under just that URN.
func (w *work) known(target filter.Target, path string) filter.Target {
	if !target.Path.Untyped() {
		return target
	}
	if key, ok := schema.MemberKey(w.doc, path); ok {
		target.Path = schema.Path{URN: key}
	}
	return target
}

// pathless spreads a value over the attributes its keys name, in the order of the keys.
func (w *work) pathless(op operation) error {
	if op.kind == remove {
		return scim.BadRequest(scim.TypeNoTarget, "remove needs a path to an attribute")
	}
	if w.rules.NoPathless {
		return scim.BadRequest(scim.TypeInvalidSyntax, "%s needs a path", op.kind)
	}
	obj, ok := only(op.value).(scim.Document)
	if !ok {
		return scim.BadRequest(scim.TypeInvalidValue, "%s without path needs an object", op.kind)
	}
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		if err := w.named(op.kind, key, obj[key]); err != nil {
			return err
		}
	}
	return nil
}

// named applies one key of a value without path. The key may be any path: Entra writes
// "name.givenName" and whole URNs there (E-34).
func (w *work) named(kind kind, key string, value any) error {
	target, err := filter.ParseTarget(w.rt, key, &w.notes)
	if err != nil {
		name, _, filtered := strings.Cut(key, "[")
		if _, known := w.rt.Resolve(name); known && filtered {
			return err
		}
		return w.notes.Allow(schema.RuleUnknownAttribute, key)
	}
	target = w.known(target, key)
	if _, isObject := value.(scim.Document); isObject && target.Path.Untyped() && !w.has(target.Path.URN) {
		// As in a POST, an object under a URN of the client's own is the whole extension (E-23).
		target.Path = schema.Path{URN: key}
	}
	if err := w.allowKey(target, key); err != nil {
		return err
	}
	if target.Path.URN == "" && target.Path.Whole() {
		return w.pathless(operation{kind: kind, value: value})
	}
	return w.change(change{kind: kind, target: target, value: value, given: true, implied: true})
}

// allowKey judges a key that is more than an attribute's name.
func (w *work) allowKey(target filter.Target, key string) error {
	if p := target.Path; p.Whole() || target.Where == nil && p.SubName == "" && scim.EqualName(key, p.Name) {
		return nil
	}
	return w.notes.Allow(RuleNamedKey, target.Path.Name)
}

func (w *work) has(urn string) bool {
	_, ok := schema.MemberKey(w.doc, urn)
	return ok
}

// only takes the one element out of an array.
func only(value any) any {
	if list, ok := value.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return value
}
