package schema

import (
	"encoding/json"
	"strings"

	"scimrelay/scim"
)

// maxValues is how many values one attribute, or one list in a foreign extension, may
// have: far beyond any directory, and it keeps PATCH on lists from becoming quadratic.
const maxValues = 1000

// Coerce brings a client's value of the attribute into canonical form: names, types and
// shape, with the text itself untouched (E-27). Nil is the answer for whatever means
// "unassigned": null, an empty array, an empty object. A value that cannot be understood is
// 400 invalidValue. The answer shares no map or slice with value.
func (a *Attribute) Coerce(value any, notes *Notes) (any, error) {
	if value == nil {
		return nil, nil
	}
	if !a.MultiValued {
		return a.coerceSingle(value, notes)
	}
	list, ok := value.([]any)
	if !ok {
		if err := notes.Allow(RuleSingleForArray, a.path); err != nil {
			return nil, err
		}
		list = []any{value}
	}
	return a.coerceList(list, notes)
}

// CoerceElement does what Coerce does for one element of a multi-valued attribute.
func (a *Attribute) CoerceElement(value any, notes *Notes) (any, error) {
	if value == nil {
		return nil, nil
	}
	return a.coerceSingle(value, notes)
}

func (a *Attribute) coerceList(list []any, notes *Notes) (any, error) {
	if err := a.CheckCount(len(list)); err != nil {
		return nil, err
	}
	out := make([]any, 0, len(list))
	primaries := 0
	for _, v := range list {
		element, err := a.CoerceElement(v, notes)
		if err != nil {
			return nil, err
		}
		if element == nil {
			continue
		}
		if IsPrimary(element) {
			primaries++
		}
		out = append(out, element)
	}
	if primaries > 1 {
		return nil, scim.BadRequest(scim.TypeInvalidValue, "%s: only one value may be primary", a.path)
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// CheckCount refuses more values than an attribute may have with 400 invalidValue.
func (a *Attribute) CheckCount(n int) error {
	if n > maxValues {
		return scim.BadRequest(scim.TypeInvalidValue, "%s has more than %d values", a.path, maxValues)
	}
	return nil
}

// IsPrimary reports whether the element of a multi-valued attribute is the primary one.
func IsPrimary(element any) bool {
	obj, ok := element.(scim.Document)
	return ok && obj["primary"] == true
}

func (a *Attribute) coerceSingle(value any, notes *Notes) (any, error) {
	if list, ok := value.([]any); ok && !a.MultiValued {
		v, err := a.unwrap(list, notes)
		if v == nil || err != nil {
			return nil, err
		}
		value = v
	}
	if a.Type == Complex {
		return a.coerceObject(value, notes)
	}
	return a.coerceSimple(value, notes)
}

// unwrap takes the one value out of an array where a single value belongs, and out of the
// {"$ref":null,"value":…} that older Entra jobs put around it (E-43).
func (a *Attribute) unwrap(list []any, notes *Notes) (any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	if len(list) > 1 {
		return nil, scim.BadRequest(scim.TypeInvalidValue, "%s takes one value, not an array", a.path)
	}
	if err := notes.Allow(RuleArrayForSingle, a.path); err != nil {
		return nil, err
	}
	obj, ok := list[0].(scim.Document)
	if !ok || a.Type == Complex {
		return list[0], nil
	}
	v, ok := Member(obj, "value")
	if !ok {
		return nil, a.wrongType()
	}
	return v, nil
}

func (a *Attribute) coerceObject(value any, notes *Notes) (any, error) {
	if text, ok := value.(string); ok && a.holdsValue() {
		if text != "" {
			if err := notes.Allow(RuleBareReference, a.path); err != nil {
				return nil, err
			}
		}
		value = scim.Document{"value": text}
	}
	obj, ok := value.(scim.Document)
	if !ok {
		return nil, a.wrongType()
	}
	out := make(scim.Document, len(obj))
	var few [16]string
	for _, key := range sortedKeys(few[:0], obj) {
		sub, ok := a.Sub(key)
		if !ok {
			if err := notes.Allow(RuleUnknownAttribute, a.path+"."+key); err != nil {
				return nil, err
			}
			continue
		}
		if sub.Mutability == ReadOnly && a.Mutability != ReadOnly {
			continue
		}
		v, err := sub.Coerce(obj[key], notes)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out[sub.Name] = v
		}
	}
	return a.dropEmpty(out, notes), nil
}

// dropEmpty turns an object that holds nothing, or a reference to nobody, into nil.
func (a *Attribute) dropEmpty(obj scim.Document, notes *Notes) any {
	if a.holdsValue() && obj["value"] == "" {
		notes.Add(RuleEmptyReference, a.path)
		delete(obj, "value")
	}
	if len(obj) == 0 {
		return nil
	}
	return obj
}

func (a *Attribute) coerceSimple(value any, notes *Notes) (any, error) {
	switch v := value.(type) {
	case bool:
		if a.Type == Boolean {
			return value, nil
		}
	case json.Number:
		if a.Type == Decimal || a.Type == Integer && isInteger(v) {
			return value, nil
		}
	case string:
		if a.Type == Boolean {
			return a.coerceBoolean(v, notes)
		}
		if a.holdsText(v) {
			return value, nil
		}
	}
	return nil, a.wrongType()
}

// coerceBoolean reads the "True" and "False" that Entra sends (E-24).
func (a *Attribute) coerceBoolean(text string, notes *Notes) (any, error) {
	v, ok := ParseBoolean(text)
	if !ok {
		return nil, a.wrongType()
	}
	return v, notes.Allow(RuleStringBoolean, a.path)
}

// ParseBoolean reads "true" and "false" in any letter case.
func ParseBoolean(text string) (value, ok bool) {
	switch {
	case strings.EqualFold(text, "true"):
		return true, true
	case strings.EqualFold(text, "false"):
		return false, true
	}
	return false, false
}

func (a *Attribute) holdsText(text string) bool {
	switch a.Type {
	case String, Reference:
		return true
	case Binary:
		return isBase64(text)
	case DateTime:
		_, ok := ParseTime(text)
		return ok
	}
	return false
}

// wrongType names the attribute and what it takes, never what was sent.
func (a *Attribute) wrongType() error {
	want := map[Type]string{
		String: "a string", Reference: "a string", Boolean: "a boolean", Complex: "an object",
		Integer: "an integer", Decimal: "a number", Binary: "base64", DateTime: "a dateTime with a time",
	}[a.Type]
	return scim.BadRequest(scim.TypeInvalidValue, "%s must be %s", a.path, want)
}
