package projection

import (
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// The bounds of one parameter. Nothing a client needs comes near them.
const (
	maxNames  = 200
	maxLength = 512
)

// Split cuts the value of a query parameter into its names. Commas within a filter in
// brackets, as in emails[value eq "a,b"], belong to the name.
func Split(text string) []string {
	var list []string
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[':
			i = closing(text, i)
		case ',':
			list = append(list, text[start:i])
			start = i + 1
		}
	}
	return append(list, text[min(start, len(text)):])
}

// closing is the position of the bracket that closes the one at open, quoted ones left
// aside; the text's end if there is none.
func closing(text string, open int) int {
	quoted := false
	for i := open + 1; i < len(text); i++ {
		switch {
		case quoted && text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ']' && !quoted:
			return i
		}
	}
	return len(text)
}

// items are the names of a parameter without the empty ones, within their bounds.
func items(list []string) ([]string, error) {
	var out []string
	for _, text := range list {
		if len(text) > maxNames*maxLength {
			return nil, scim.BadRequest(scim.TypeInvalidValue, "the names of attributes are longer than %d bytes", maxNames*maxLength)
		}
		for _, name := range Split(text) {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if len(name) > maxLength {
				return nil, scim.BadRequest(scim.TypeInvalidValue, "an attribute's name is longer than %d bytes", maxLength)
			}
			if len(out) >= maxNames {
				return nil, scim.BadRequest(scim.TypeInvalidValue, "more than %d attributes are named", maxNames)
			}
			out = append(out, name)
		}
	}
	return out, nil
}

// names is a tree of what a parameter names. Its keys are the canonical names where a
// schema has them, and else names in lower case.
type names struct {
	whole bool // named itself, not only something below
	core  bool // at the top: the core schema's URN, all that stands outside of extensions
	below map[string]*names
}

// add puts a name into the tree, or reports that the type has no such attribute.
func (n *names) add(rt *schema.ResourceType, text string) bool {
	name, ok := plain(text)
	if !ok {
		return false
	}
	p, ok := rt.Resolve(name)
	switch {
	case !ok:
		return false
	case p.Whole() && p.URN == "":
		n.core = true
	case rt.Knows(p.URN):
		n.child(p.URN).attribute(p)
	case p.URN != "":
		// A URN without a schema is split after its last colon only by guess: the resource
		// may as well hold all of it as an extension.
		n.child(scim.LowerName(p.URN)).attribute(p)
		n.child(scim.LowerName(name)).whole = true
	default:
		n.attribute(p)
	}
	return true
}

// attribute names the path's attribute, its sub-attribute, or everything.
func (n *names) attribute(p schema.Path) {
	name, sub := p.Name, p.SubName
	if p.Attr == nil {
		name, sub = scim.LowerName(name), scim.LowerName(sub)
	}
	if name != "" {
		n = n.child(name)
	}
	if sub != "" {
		n = n.child(sub)
	}
	n.whole = true
}

func (n *names) child(name string) *names {
	if n.below == nil {
		n.below = make(map[string]*names)
	}
	if n.below[name] == nil {
		n.below[name] = &names{}
	}
	return n.below[name]
}

// find is the branch of a name, nil where nothing is named. Names without a definition are
// found in any letter case.
func (n *names) find(name string, defined bool) *names {
	if n == nil || n.below == nil {
		return nil
	}
	if !defined {
		name = scim.LowerName(name)
	}
	return n.below[name]
}

// plain leaves out the filter of a name like emails[type eq "work"].value (V-63).
func plain(text string) (string, bool) {
	open := strings.IndexByte(text, '[')
	if open < 0 {
		return text, true
	}
	end := closing(text, open)
	if end == len(text) {
		return "", false
	}
	return text[:open] + text[end+1:], true
}
