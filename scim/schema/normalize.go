package schema

import (
	"slices"
	"strings"

	"scimrelay/scim"
)

// Normalized is a client's resource in canonical form.
type Normalized struct {
	// Document is ready to be stored: canonical names, types and schemas, no null, no id,
	// no meta, no password.
	Document scim.Document
	// Leniencies name each rule that let the client's dialect through, with the attribute,
	// as in "string-boolean:active". They never hold a value.
	Leniencies []string
	// Password tells that the body set a password. It is kept nowhere.
	Password bool
	// Members are the members the body names, all of them to Add. For a PUT they are everybody,
	// named or not, so the caller sets Clear.
	Members scim.MemberEdit
	// MembersSent tells that the body had members, be it none.
	MembersSent bool
}

// Normalize validates a resource of the type and brings it into canonical form. The cases
// it serves are those of RFC 7643 section 2 and of the clients' dialects; the refusals are
// 400 invalidSyntax for schemas and 400 invalidValue for values. doc is not changed.
// What the rules do without is refused too. Normalizing a Document that was normalised gives
// the same Document.
func (rt *ResourceType) Normalize(doc scim.Document, rules Rules) (Normalized, error) {
	n := &normalizer{rt: rt, out: make(scim.Document, len(doc)+1), notes: NewNotes(rules)}
	return n.normalize(doc)
}

// NormalizeChange does what Normalize does for a stored resource of which a change made after.
// What was wrong before and was left alone is no reason to refuse the change: a schema that
// asks for more since yesterday must not keep a leaver's account active.
func (rt *ResourceType) NormalizeChange(before, after scim.Document) (Normalized, error) {
	n := &normalizer{rt: rt, out: make(scim.Document, len(after)+1), before: before}
	return n.normalize(after)
}

func (n *normalizer) normalize(doc scim.Document) (Normalized, error) {
	rt := n.rt
	schemas, _ := Member(doc, "schemas")
	if err := rt.checkSchemas(schemas, &n.notes); err != nil {
		return Normalized{}, err
	}
	var few [32]string
	for _, key := range sortedKeys(few[:0], doc) {
		if err := n.member(key, doc[key]); err != nil {
			return Normalized{}, err
		}
	}
	for _, late := range n.late {
		if err := n.put(late.urn, late.attr, late.value, false); err != nil {
			return Normalized{}, err
		}
	}
	if err := n.declared(schemas); err != nil {
		return Normalized{}, err
	}
	if err := n.finish(); err != nil {
		return Normalized{}, err
	}
	return Normalized{
		Document: n.out, Leniencies: n.notes.List(), Password: n.password,
		Members: n.members.Edit(), MembersSent: n.membersSent,
	}, nil
}

type normalizer struct {
	rt       *ResourceType
	before   scim.Document // nil for a resource that is new
	out      scim.Document
	notes    Notes
	password bool
	late     []late

	members     scim.MemberChanges
	membersSent bool
}

// late is a value found in an unusual place; one in the usual place goes before it.
type late struct {
	urn   string
	attr  *Attribute
	value any
}

// member places one top-level member of the body.
func (n *normalizer) member(key string, value any) error {
	if scim.EqualName(key, "schemas") {
		return nil
	}
	if a, ok := n.rt.Attribute(key); ok {
		return n.put("", a, value, true)
	}
	if value == nil {
		return nil
	}
	if scim.HasNamePrefix(key, "urn:") {
		return n.urn(key, value)
	}
	if schema, a, ok := n.rt.bare(key); ok {
		n.late = append(n.late, late{schema.URN, a, value})
		return n.notes.Allow(RuleBareExtension, a.Name)
	}
	return n.notes.Allow(RuleUnknownAttribute, key)
}

// put coerces a value into the object with the key urn, the resource itself when empty.
// With overwrite false an attribute already there wins.
func (n *normalizer) put(urn string, a *Attribute, value any, overwrite bool) error {
	if a.Mutability == ReadOnly {
		return nil // id, meta and groups come back in every PUT of Okta's
	}
	if urn == "" && a == n.rt.members {
		return n.putMembers(value)
	}
	v, err := a.Coerce(value, &n.notes)
	if err != nil && n.untouched(urn, a, value) {
		n.notes.Add(RuleUnfit, a.path)
		v, err = value, nil
	}
	if err != nil || v == nil {
		return err
	}
	if a.Returned == Never {
		n.password = true
		n.notes.Add(RulePasswordDropped, a.Name)
		return nil
	}
	obj := n.out
	if urn != "" {
		obj = child(n.out, urn)
	}
	if _, taken := obj[a.Name]; taken && !overwrite {
		return nil
	}
	obj[a.Name] = v
	return nil
}

// finish checks what the resource as a whole must have and writes schemas.
func (n *normalizer) finish() error {
	if err := n.rt.checkRequired(n.before, n.out); err != nil {
		return err
	}
	schemas := []any{n.rt.Core.URN}
	for _, e := range n.rt.Extensions {
		if _, ok := n.out[e.Schema.URN]; ok {
			schemas = append(schemas, e.Schema.URN)
		}
	}
	n.out["schemas"] = append(schemas, n.foreign()...)
	return nil
}

// foreign lists the URNs of the extensions without a schema, in order.
func (n *normalizer) foreign() []any {
	var urns []any
	for key := range n.out {
		if !scim.HasNamePrefix(key, "urn:") {
			continue
		}
		if _, ok := n.rt.named(key); !ok {
			urns = append(urns, key)
		}
	}
	slices.SortFunc(urns, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return urns
}

// child is the object under the key, made if there is none.
func child(doc scim.Document, key string) scim.Document {
	obj, ok := doc[key].(scim.Document)
	if !ok {
		obj = scim.Document{}
		doc[key] = obj
	}
	return obj
}

// sortedKeys appends the object's keys to buf, in order, so that the same body always
// meets the same refusal. A buffer of the caller's stack spares an allocation.
func sortedKeys(buf []string, obj scim.Document) []string {
	for key := range obj {
		buf = append(buf, key)
	}
	slices.Sort(buf)
	return buf
}
