package scimtarget

import (
	"strings"

	"scimrelay/scim"
)

// operation is one step of a PATCH.
type operation map[string]any

// message is the body of a PATCH.
func message(operations []operation) map[string]any {
	return map[string]any{"schemas": []string{scim.MessagePatch}, "Operations": operations}
}

// style is whose way of writing a PATCH a server understands: the RFC's; Entra's, with capital
// letters, booleans as text and the manager as a bare id; Okta's, with everything that needs no
// filter in one value without a path.
type style string

// operations brings a resource with the fields have to the changes, and switches it on or off
// where active says so.
func (s style) operations(have, changes map[string]any, active *bool) (steps []operation) {
	pathless := map[string]any{}
	if active != nil {
		if s == styleOkta {
			pathless["active"] = *active
		} else {
			steps = append(steps, s.step("replace", "active", s.literal(*active)))
		}
	}
	done := map[string]bool{}
	for _, field := range sorted(changes) {
		p := placeOf(field)
		switch {
		case p.kind != "" && !done[p.element()]:
			done[p.element()] = true
			steps = append(steps, s.element(p, have, changes)...)
		case p.kind != "":
		case changes[field] == nil:
			steps = append(steps, s.step("remove", p.path(), nil))
		case s == styleOkta:
			writeInto(pathless, p, changes[field])
		default:
			steps = append(steps, s.step(verb(have[field]), p.path(), s.whole(p, changes[field])))
		}
	}
	if len(pathless) > 0 {
		steps = append([]operation{{"op": "replace", "value": pathless}}, steps...)
	}
	return steps
}

// verb adds what was not there: some servers replace only what is.
func verb(before any) string {
	if before == nil {
		return "add"
	}
	return "replace"
}

func writeInto(doc map[string]any, p place, v any) {
	if p.urn != "" {
		doc = inner(doc, p.urn, true)
	}
	writeAt(doc, p, v)
}

// element changes one element of a list and leaves the others alone: parts of one that is there
// by a filter on its type, one that is not there as a whole.
func (s style) element(p place, have, changes map[string]any) (steps []operation) {
	of := p.name + "." + p.kind
	before, after := within(have, of), within(have, of)
	for _, field := range within(changes, of).names() {
		if after[field] = changes[field]; changes[field] == nil {
			delete(after, field)
		}
	}
	switch {
	case len(before) == 0 && len(after) == 0:
		return nil
	case len(after) == 0:
		return []operation{s.step("remove", p.element(), nil)}
	case len(before) == 0 && s != styleEntra:
		element := map[string]any{"type": p.kind}
		for field, v := range after {
			element[placeOf(field).sub] = v
		}
		return []operation{s.step("add", p.name, []any{element})}
	}
	for _, field := range within(changes, of).names() {
		if part := placeOf(field); changes[field] == nil {
			steps = append(steps, s.step("remove", part.path(), nil))
		} else {
			steps = append(steps, s.step(verb(have[field]), part.path(), changes[field]))
		}
	}
	return steps
}

// parts are the fields of one element.
type parts map[string]any

func within(fields map[string]any, element string) parts {
	of := parts{}
	for field, v := range fields {
		if field == element || strings.HasPrefix(field, element+".") {
			of[field] = v
		}
	}
	return of
}

func (p parts) names() []string { return sorted(p) }

// whole is the value of a place that is written as one.
func (s style) whole(p place, v any) any {
	if p.isManager() && s != styleEntra {
		return map[string]any{p.sub: v}
	}
	return s.literal(v)
}

func (s style) literal(v any) any {
	on, isBool := v.(bool)
	switch {
	case !isBool || s != styleEntra:
		return v
	case on:
		return "True"
	default:
		return "False"
	}
}

func (s style) step(op, path string, v any) operation {
	if s == styleEntra {
		op = strings.ToUpper(op[:1]) + op[1:]
	}
	step := operation{"op": op, "path": path}
	if v != nil {
		step["value"] = v
	}
	return step
}

// members adds and removes members by their ids.
func (s style) members(add, remove []string) (steps []operation) {
	if len(add) > 0 {
		steps = append(steps, s.step("add", "members", references(add)))
	}
	if len(remove) > 0 && s == styleEntra {
		return append(steps, s.step("remove", "members", references(remove)))
	}
	for _, id := range remove {
		steps = append(steps, s.step("remove", "members[value eq "+quoted(id)+"]", nil))
	}
	return steps
}

func references(ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = map[string]any{"value": id}
	}
	return list
}
