package bulk

import (
	"maps"
	"slices"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// reduced is the data of a POST without what refers to resources that do not exist yet, and
// the operations of a PATCH that will add it.
func (r *run) reduced(i int) (data scim.Document, rest []any) {
	d := reducer{absent: make(map[string]bool)}
	for _, j := range r.refs[i] {
		if r.ids[j] == "" {
			d.absent[r.req.Operations[j].BulkID] = true
		}
	}
	if len(d.absent) == 0 {
		return r.req.Operations[i].Data, nil
	}
	return d.resource(r.req.Operations[i].Data), d.rest
}

// reducer takes out of a resource what refers to absent resources: the elements of a list
// one by one, any other attribute as a whole.
type reducer struct {
	absent map[string]bool
	rest   []any
}

func (d *reducer) resource(data scim.Document) scim.Document {
	out := make(scim.Document, len(data))
	for _, key := range slices.Sorted(maps.Keys(data)) {
		obj, ok := extension(key, data[key])
		if !ok {
			d.attribute(out, key, key, data[key])
			continue
		}
		kept := make(scim.Document, len(obj))
		for _, name := range slices.Sorted(maps.Keys(obj)) {
			d.attribute(kept, name, key+":"+name, obj[name])
		}
		if len(kept) > 0 {
			out[key] = kept
		}
	}
	return out
}

// extension is the object of a whole extension. Under the URN of one attribute stands that
// attribute's value, which for a reference has a value.
func extension(key string, v any) (scim.Document, bool) {
	obj, ok := v.(scim.Document)
	if !ok || !scim.HasNamePrefix(key, "urn:") {
		return nil, false
	}
	_, hasValue := schema.MemberKey(obj, "value")
	return obj, !hasValue
}

// attribute puts into an object what may stay of an attribute's value.
func (d *reducer) attribute(into scim.Document, name, path string, v any) {
	list, ok := v.([]any)
	if !ok {
		if d.mentions(v, refers(name)) {
			d.rest = append(d.rest, scim.Document{"op": "replace", "path": path, "value": v})
		} else {
			into[name] = v
		}
		return
	}
	var kept, removed []any
	for _, element := range list {
		if d.mentions(element, refers(name)) {
			removed = append(removed, element)
		} else {
			kept = append(kept, element)
		}
	}
	if len(removed) > 0 {
		d.rest = append(d.rest, scim.Document{"op": "add", "path": path, "value": removed})
	}
	if len(kept) > 0 {
		into[name] = kept
	}
}

// mentions reports whether a value refers to an absent resource.
func (d *reducer) mentions(v any, bare bool) bool {
	found := false
	walker(func(bulkID string) (string, bool) {
		found = found || d.absent[bulkID]
		return "", false
	}).value(v, bare)
	return found
}
