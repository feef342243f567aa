package patch

import (
	"slices"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// list changes a multi-valued attribute as a whole.
func (w *work) list(obj scim.Document, c change) error {
	a := c.target.Path.Attr
	if c.kind == remove && c.given && c.value != nil {
		return w.removeValues(obj, a, c.value)
	}
	if c.kind == remove {
		return w.unset(obj, a)
	}
	if list, ok := c.value.([]any); ok && slices.Contains(list, nil) {
		return scim.BadRequest(scim.TypeInvalidValue, "%s: null is no value", a) // R-70k
	}
	if c.kind == add && cleared(c.value) {
		return nil
	}
	if cleared(c.value) {
		return w.unset(obj, a)
	}
	v, err := a.Coerce(c.value, &w.notes)
	if err != nil {
		return err
	}
	values, _ := v.([]any)
	if c.kind == replace {
		if values == nil {
			return w.unset(obj, a)
		}
		return set(obj, a, values)
	}
	return w.addValues(obj, a, values)
}

// addValues appends what is not there yet. A value that is there under the same type takes
// the new one's other sub-attributes, for there is one of each pair of value and type
// (RFC 7643 section 2.4). A new primary dethrones the old.
func (w *work) addValues(obj scim.Document, a *schema.Attribute, values []any) error {
	list, _ := obj[a.Name].([]any)
	known := make(map[identity]int, len(list)+len(values))
	for i, v := range list {
		known[identify(a, v)] = i
	}
	crowned := -1
	for _, v := range values {
		id := identify(a, v)
		i, ok := known[id]
		if ok {
			list[i] = united(list[i], v)
		} else {
			i = len(list)
			known[id] = i
			list = append(list, v)
		}
		if schema.IsPrimary(v) {
			crowned = i
		}
	}
	if err := a.CheckCount(len(list)); err != nil {
		return err
	}
	if crowned >= 0 {
		dethrone(list, func(i int) bool { return i == crowned })
	}
	if len(list) == 0 {
		return nil
	}
	obj[a.Name] = list
	return nil
}

// identity is equal for two elements that are the same value: the same pair of value and
// type, or without a value the same in everything.
type identity struct{ value, kind, whole string }

func identify(a *schema.Attribute, element any) identity {
	obj, ok := element.(scim.Document)
	if !ok {
		return identity{value: literal(a, element)}
	}
	if sub, ok := a.Sub("value"); ok && obj["value"] != nil {
		id := identity{value: literal(sub, obj["value"])}
		if kind, ok := a.Sub("type"); ok && obj["type"] != nil {
			id.kind = literal(kind, obj["type"])
		}
		return id
	}
	encoded, _ := scim.Encode(obj) // an element of a Document always encodes
	return identity{whole: string(encoded)}
}

func literal(a *schema.Attribute, value any) string {
	if text, ok := value.(string); ok {
		return a.Key(text)
	}
	encoded, _ := scim.Encode(scim.Document{"": value})
	return string(encoded)
}

// united is the old element with the new one's sub-attributes in it.
func united(old, added any) any {
	o, ok := old.(scim.Document)
	n, ok2 := added.(scim.Document)
	if !ok || !ok2 {
		return added
	}
	for key, v := range n {
		o[key] = v
	}
	return o
}

// dethrone makes every element but those that keep is true for not primary.
func dethrone(list []any, keep func(i int) bool) {
	for i, v := range list {
		if schema.IsPrimary(v) && !keep(i) {
			v.(scim.Document)["primary"] = false
		}
	}
}

// removeValues removes only the values listed: a server that took this for "remove all"
// would empty a group for one member who leaves (B-07).
func (w *work) removeValues(obj scim.Document, a *schema.Attribute, value any) error {
	if err := w.allowListed(a); err != nil {
		return err
	}
	listed, ok := value.([]any)
	if !ok {
		listed = []any{value}
	}
	if err := a.CheckCount(len(listed)); err != nil {
		return err
	}
	list, _ := obj[a.Name].([]any)
	kept := make([]any, 0, len(list))
	named, err := w.listed(a, listed)
	if err != nil {
		return err
	}
	for _, element := range list {
		if !named.contains(a, element) {
			kept = append(kept, element)
		}
	}
	if len(kept) == len(list) {
		return nil
	}
	if len(kept) == 0 {
		return w.unset(obj, a)
	}
	obj[a.Name] = kept
	return nil
}

func (w *work) allowListed(a *schema.Attribute) error {
	if w.rules.NoListedRemove {
		return scim.BadRequest(scim.TypeInvalidValue, "%s: remove takes no values; select them in the path", a)
	}
	return nil
}

// listing is the values a remove names: by their value alone, by value and type, or by all
// they say.
type listing struct {
	values map[string]bool
	pairs  map[identity]bool
	wholes []scim.Document
}

func (w *work) listed(a *schema.Attribute, list []any) (listing, error) {
	l := listing{values: make(map[string]bool), pairs: make(map[identity]bool)}
	value, hasValue := a.Sub("value")
	for _, v := range list {
		if text, ok := v.(string); ok && hasValue {
			v = scim.Document{"value": text}
		}
		element, err := a.CoerceElement(v, &w.notes)
		if err != nil {
			return listing{}, err
		}
		obj, isObject := element.(scim.Document)
		switch {
		case element == nil:
		case !isObject:
			l.pairs[identify(a, element)] = true
		case hasValue && obj["value"] != nil && obj["type"] == nil:
			l.values[literal(value, obj["value"])] = true
		case hasValue && obj["value"] != nil:
			l.pairs[identify(a, obj)] = true
		default:
			l.wholes = append(l.wholes, obj)
		}
	}
	return l, nil
}

func (l listing) contains(a *schema.Attribute, element any) bool {
	if l.pairs[identify(a, element)] {
		return true
	}
	obj, ok := element.(scim.Document)
	if !ok {
		return false
	}
	if value, ok := a.Sub("value"); ok && obj["value"] != nil && l.values[literal(value, obj["value"])] {
		return true
	}
	return slices.ContainsFunc(l.wholes, func(whole scim.Document) bool { return says(obj, whole) })
}

// says reports whether the element has everything that whole has.
func says(element, whole scim.Document) bool {
	for key, v := range whole {
		if !equal(element[key], v) {
			return false
		}
	}
	return true
}
