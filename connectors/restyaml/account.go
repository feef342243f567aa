package restyaml

import (
	"maps"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
)

// account is where the vendor's answers hold what is known of an account.
type account struct {
	item, items path
	id, key     path
	foldKey     bool
	active      *connectors.Formula // nil is always active
	gone        *connectors.Formula // nil is never gone
	paths       map[string]path     // by field
	words       map[string]string
	required    []string
	ignoreCase  []string
	clearWith   any
}

// account compiles the section.
func (c *compiler) account() account {
	node, f := c.root.Key("account"), c.file.Account
	a := account{words: c.words, required: f.Required, ignoreCase: f.IgnoreCase, paths: map[string]path{}, clearWith: plain(f.ClearWith)}
	a.item, a.items = c.path(node.Key("item"), f.Item), c.path(node.Key("items"), f.Items)
	a.id, a.key = path{"id"}, c.path(node.Key("key"), f.Key)
	if f.ID != "" {
		a.id = c.path(node.Key("id"), f.ID)
	}
	if f.KeyCase != "" {
		c.oneOf(node.Key("key_case"), f.KeyCase, "ignore", "exact")
	}
	a.foldKey = f.KeyCase != "exact"
	raw := map[string]any{"account": "any"}
	if f.Active.Present() {
		a.active = c.formula(f.Active, raw, "boolean")
	} else if kind := connectors.DeactivateKind(c.file.Capabilities.Deactivate); kind != connectors.DeactivateNone && !kind.Spends() {
		c.missing(node, "active", "want the expression that says of an account whether it is switched on, as in account.state == \"active\"")
	}
	if f.Gone.Present() {
		a.gone = c.formula(f.Gone, raw, "boolean")
	}
	for name := range c.words {
		a.paths[name], _ = parsePath(name)
	}
	for _, name := range node.Key("fields").Keys() {
		at := node.Key("fields").Key(name)
		if _, ok := c.words[name]; !ok {
			c.at(node.Key("fields").KeyPosition(name), at.Path(), "mapping.types has no field of the name")
			continue
		}
		if a.paths[name] = c.path(at, f.Fields[name]); len(a.paths[name]) == 0 {
			c.problem(at, "want the path of the field in an account")
			a.paths[name] = path{name}
		}
	}
	c.fieldList(node.Key("required"), f.Required)
	c.fieldList(node.Key("ignore_case"), f.IgnoreCase)
	switch a.clearWith.(type) {
	case []any, map[string]any:
		c.problem(node.Key("clear_with"), "want null, text or a number")
	}
	return a
}

// fieldList checks a list of the mapping's fields.
func (c *compiler) fieldList(node configs.Node, list []string) {
	for i, name := range list {
		if _, ok := c.words[name]; !ok && i < len(node.Items()) {
			c.problem(node.Items()[i], "mapping.types has no field %q", name)
		}
	}
}

// shown is an account as one answer shows it, which may be only a part.
type shown struct {
	object map[string]any
	id     string
	key    string
	fields map[string]any // those whose path leads somewhere
}

// read reads what an answer shows of an account, nothing when it is no object.
func (a account) read(value any) shown {
	object, ok := value.(map[string]any)
	if !ok {
		return shown{}
	}
	s := shown{object: object, id: a.id.plainText(object), key: a.key.plainText(object), fields: map[string]any{}}
	for name, p := range a.paths {
		if found, ok := p.in(object); ok {
			s.fields[name] = typed(plain(found), a.words[name])
		}
	}
	return s
}

// typed brings a value to the declared type where it is only written otherwise: ids are numbers
// to one vendor and text to the next.
func typed(value any, word string) any {
	switch word {
	case "string":
		switch value.(type) {
		case int64, float64, bool:
			return connectors.ScalarText(value)
		}
	case "integer":
		if text, ok := value.(string); ok {
			if whole, ok := integer(text); ok {
				return whole
			}
		}
	case "boolean":
		switch text, _ := value.(string); text {
		case "true":
			return true
		case "false":
			return false
		}
	}
	if value == "" {
		return nil
	}
	return value
}

// remote is the whole of a shown account.
func (a account) remote(s shown) (connectors.Remote, error) {
	active, err := a.says(a.active, s, true)
	if err != nil {
		return connectors.Remote{}, err
	}
	return connectors.Remote{ID: s.id, Key: s.key, Active: active, Fields: s.fields}, nil
}

// says asks the formula about the account; without one the answer is as given.
func (a account) says(f *connectors.Formula, s shown, without bool) (bool, error) {
	if f == nil {
		return without, nil
	}
	result, err := f.Value(values{"account": plain(s.object)})
	truth, ok := result.(bool)
	if err != nil || !ok {
		return false, connectors.Faultf(connectors.Nonsense, "an account is shown without what says whether it is active")
	}
	return truth, nil
}

// tells reports whether the answer shows everything that the formula reads of an account.
func (s shown) tells(f *connectors.Formula) bool {
	return f != nil && len(s.object) > 0 && !slices.ContainsFunc(f.Names(), func(name string) bool {
		part, ok := strings.CutPrefix(name, "account.")
		_, there := s.object[part]
		return !ok || !there
	})
}

// sameKey compares keys by the vendor's rule of letter case.
func (a account) sameKey(x, y string) bool {
	return x != "" && (x == y || a.foldKey && strings.EqualFold(x, y))
}

// over lays what an answer shows over the account as it should be after a write.
func (a account) over(have connectors.Remote, sent map[string]any, s shown) connectors.Remote {
	have = have.With(sent).With(s.fields)
	for name, value := range sent {
		if slices.Equal(a.paths[name], a.key) && connectors.ScalarText(value) != "" {
			have.Key = connectors.ScalarText(value)
		}
	}
	if s.key != "" {
		have.Key = s.key
	}
	return have
}

// untaken names the fields that were sent and are shown with another value all the same.
func (a account) untaken(sent map[string]any, s shown) (notes []string) {
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if value, ok := s.fields[name]; ok && len(a.difference(map[string]any{name: value}, map[string]any{name: sent[name]})) > 0 {
			notes = append(notes, "the vendor did not take the field "+name)
		}
	}
	return notes
}
