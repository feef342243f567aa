package schema

import (
	"scimrelay/scim"
)

// Members is the attribute that names the members of a resource of the type, if it has one.
// No Document holds it: a membership is a row of the store's, and what a request does to it a
// scim.MemberEdit.
func (rt *ResourceType) Members() (*Attribute, bool) { return rt.members, rt.members != nil }

// Groups is the attribute that lists the groups a resource of the type is in, if it has one. No
// Document holds it either: it follows from the groups' members.
func (rt *ResourceType) Groups() (*Attribute, bool) { return rt.groups, rt.groups != nil }

// listOf is the core attribute of the name if it is a list of references.
func listOf(core *Schema, name string, m Mutability) *Attribute {
	a, ok := core.Attribute(name)
	if !ok || a.Type != Complex || !a.MultiValued || a.Mutability != m {
		return nil
	}
	if _, ok := a.Sub("value"); !ok {
		return nil
	}
	return a
}

// putMembers notes who is named. The first place that names members counts.
func (n *normalizer) putMembers(value any) error {
	if n.membersSent {
		return nil
	}
	n.membersSent = true
	if value == nil {
		return nil
	}
	return n.rt.members.EachMember(value, &n.notes, n.members.Add)
}

// EachMember calls do with the id of each member in a client's value of the attribute: an
// array, or what stands for an array of one. What names nobody is 400 invalidValue. There is
// no bound but the body's.
func (a *Attribute) EachMember(value any, notes *Notes, do func(id string)) error {
	switch list := value.(type) {
	case scim.Members:
		for _, m := range list {
			if m.Value == "" {
				return a.nobody()
			}
			do(m.Value)
		}
		return nil
	case []any:
		for _, v := range list {
			id, err := a.memberID(v, notes)
			if err != nil {
				return err
			}
			do(id)
		}
		return nil
	}
	id, err := a.memberID(value, notes)
	if err != nil {
		return err
	}
	if err := notes.Allow(RuleSingleForArray, a.path); err != nil {
		return err
	}
	do(id)
	return nil
}

// memberID is the id in one element. Its type and $ref follow from the id, and its display
// from whoever has it, so what clients send there is not kept (O-23).
func (a *Attribute) memberID(element any, notes *Notes) (id string, err error) {
	switch v := element.(type) {
	case scim.Member:
		id = v.Value
	case string:
		if err := notes.Allow(RuleBareReference, a.path); err != nil {
			return "", err
		}
		id = v
	case scim.Document:
		if id, err = a.memberOf(v, notes); err != nil {
			return "", err
		}
	}
	if id == "" {
		return "", a.nobody()
	}
	return id, nil
}

func (a *Attribute) memberOf(obj scim.Document, notes *Notes) (id string, err error) {
	var few [8]string
	for _, key := range sortedKeys(few[:0], obj) {
		sub, ok := a.Sub(key)
		if !ok {
			if scim.EqualName(key, "display") {
				continue
			}
			if err := notes.Allow(RuleUnknownAttribute, a.path+"."+key); err != nil {
				return "", err
			}
			continue
		}
		v, err := sub.Coerce(obj[key], notes)
		if err != nil {
			return "", err
		}
		if sub.Name == "value" {
			id, _ = v.(string)
		}
	}
	return id, nil
}

func (a *Attribute) nobody() error {
	return scim.BadRequest(scim.TypeInvalidValue, "%s: each needs a value, the id of a resource", a.path)
}
