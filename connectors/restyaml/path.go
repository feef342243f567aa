package restyaml

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"scimrelay/connectors"
)

// maxSteps bounds how deep a path leads.
const maxSteps = 10

// path leads to a value in a vendor's JSON: names joined by dots, and positions in lists, as in
// "data.0.user". The empty path is the whole.
type path []string

// parsePath reads a path; the problem is empty when there is none.
func parsePath(text string) (p path, problem string) {
	if text == "" {
		return nil, ""
	}
	p = strings.Split(text, ".")
	if len(p) > maxSteps {
		return nil, "the path leads too deep"
	}
	for _, step := range p {
		if step == "" || strings.TrimSpace(step) != step {
			return nil, "want a path of names joined by dots, as in user.profile.mail"
		}
	}
	return p, ""
}

// in finds what the path leads to, and whether it is there.
func (p path) in(value any) (any, bool) {
	for _, step := range p {
		switch at := value.(type) {
		case map[string]any:
			inner, ok := at[step]
			if !ok {
				return nil, false
			}
			value = inner
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			value = at[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// plainText is what the path leads to as text, empty when that is none.
func (p path) plainText(value any) string {
	found, _ := p.in(value)
	return connectors.ScalarText(found)
}

// put lays a value where the path leads, making objects on the way.
func (p path) put(into map[string]any, value any) {
	for _, step := range p[:len(p)-1] {
		inner, ok := into[step].(map[string]any)
		if !ok {
			inner = map[string]any{}
			into[step] = inner
		}
		into = inner
	}
	into[p[len(p)-1]] = value
}

// lists reports whether the path leads through a list, which put cannot make.
func (p path) lists() bool {
	for _, step := range p {
		if _, err := strconv.Atoi(step); err == nil {
			return true
		}
	}
	return false
}

// String gives the path as files write it.
func (p path) String() string { return strings.Join(p, ".") }

// plain brings decoded JSON to the types a Record holds and a formula compares.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		f, err := v.Float64()
		if err != nil {
			return nil
		}
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int64(f)
		}
		return f
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, inner := range v {
			object[name] = plain(inner)
		}
		return object
	case int:
		return int64(v)
	default:
		return v
	}
}
