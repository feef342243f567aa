package connectors

import (
	"encoding/json"
	"maps"
	"math"
	"slices"

	"scimrelay/scim"
)

// Mapping turns a person or a group into a vendor's record: the product's mapping file with a
// target's own rules laid over it. It is compiled once and safe for use by several goroutines.
type Mapping struct {
	kind       string // the type of resource
	group      *Mapping
	key        field
	fields     []field
	onCreate   []field
	read       []read
	extensions extensions // those that are read
	defaults   map[string]any
}

// field is one vendor field and how it is computed.
type field struct {
	name     string
	word     string // its declared type
	fallback any    // its value when the expression gives nothing
	own      bool   // made by a rule of the target's
	*expression
}

// For is the mapping of resources of the type, nil when the product has none.
func (m *Mapping) For(kind string) *Mapping {
	if kind == scim.TypeGroup {
		return m.group
	}
	return m
}

// KeySources names the SCIM attributes that the natural key is made from.
func (m *Mapping) KeySources() string { return m.key.sources() }

// Record maps the document of the resource with the id. What the vendor's field cannot hold
// is a Fault of class Invalid that names the field and the SCIM attributes, never a value. The
// key, where it could be made, comes with the fault: finding an account needs nothing else.
func (m *Mapping) Record(id string, doc scim.Document) (Record, error) {
	record := Record{Type: m.kind, Resource: id, Active: isActive(doc), Fields: make(map[string]any, len(m.fields)),
		OnCreate: make(map[string]any, len(m.onCreate)), References: map[string]string{}}
	if err := m.fill(&record, m.env(id, doc)); err != nil {
		return Record{Type: m.kind, Resource: id, Key: record.Key, Active: record.Active}, err
	}
	return record, nil
}

// env is what expressions read of the resource.
func (m *Mapping) env(id string, doc scim.Document) map[string]any {
	noun, values := "user", userValues
	if m.kind == scim.TypeGroup {
		noun, values = "group", groupValues
	}
	attributes := values(doc, m.extensions)
	attributes["id"] = id
	return map[string]any{noun: attributes, "defaults": m.defaults}
}

func (m *Mapping) fill(record *Record, env map[string]any) error {
	key, err := m.key.value(env)
	if err != nil {
		return err
	}
	record.Key, _ = key.(string)
	if record.Key == "" {
		return Faultf(Invalid, "there is no match key: it is made from %s", m.key.sources())
	}
	for _, f := range m.fields {
		value, err := f.value(env)
		switch to, refers := value.(reference); {
		case err != nil:
			return err
		case refers:
			record.References[f.name] = to.id
		case value != nil || !f.ignores:
			record.Fields[f.name] = value
		}
	}
	for _, f := range m.onCreate {
		value, err := f.value(env)
		if err != nil {
			return err
		}
		if value != nil {
			record.OnCreate[f.name] = value
		}
	}
	return nil
}

// value computes the field and brings it to the few types a Record holds.
func (f field) value(env map[string]any) (any, error) {
	result, err := f.run(env)
	if err != nil {
		return nil, Faultf(Invalid, "field %s (from %s): %v", f.name, f.sources(), err)
	}
	value, ok := normalise(result)
	if !ok || !fits(value, f.word) {
		return nil, Faultf(Invalid, "field %s (from %s): the value is not of type %s", f.name, f.sources(), f.word)
	}
	if value == nil {
		return f.fallback, nil
	}
	return value, nil
}

// normalise reduces what an expression may give to string, bool, int64, float64, reference,
// nil and lists and maps of these. Empty text is nil: no directory means it otherwise.
func normalise(v any) (any, bool) {
	switch x := v.(type) {
	case nil, bool, int64, reference:
		return x, true
	case string:
		if x == "" {
			return nil, true
		}
		return x, len(x) <= maxText
	case int:
		return int64(x), true
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x), true
		}
		return x, !math.IsNaN(x) && !math.IsInf(x, 0)
	case json.Number:
		if i, err := x.Int64(); err == nil {
			return i, true
		}
		f, err := x.Float64()
		return f, err == nil
	case []any:
		return normaliseList(x)
	case map[string]any:
		return normaliseMap(x)
	default:
		return nil, false
	}
}

func normaliseList(list []any) (any, bool) {
	out := make([]any, len(list))
	for i, item := range list {
		value, ok := normalise(item)
		if _, marks := value.(reference); !ok || marks {
			return nil, false
		}
		out[i] = value
	}
	return out, true
}

func normaliseMap(object map[string]any) (any, bool) {
	out := make(map[string]any, len(object))
	for _, name := range slices.Collect(maps.Keys(object)) {
		value, ok := normalise(object[name])
		if _, marks := value.(reference); !ok || marks {
			return nil, false
		}
		out[name] = value
	}
	return out, true
}

func fits(value any, word string) bool {
	switch value.(type) {
	case nil, reference:
		return true
	case string:
		return word == "string" || word == "any" || word == ""
	case bool:
		return word == "boolean" || word == "any" || word == ""
	case int64:
		return word == "integer" || word == "number" || word == "any" || word == ""
	case float64:
		return word == "number" || word == "any" || word == ""
	case []any:
		return word == "list" || word == "any" || word == ""
	default:
		return word == "map" || word == "any" || word == ""
	}
}
