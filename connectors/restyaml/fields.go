package restyaml

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
)

// maxDigits bounds what is read as a whole number.
const maxDigits = 18

func integer(text string) (int64, bool) {
	if len(text) > maxDigits {
		return 0, false
	}
	whole, err := strconv.ParseInt(text, 10, 64)
	return whole, err == nil
}

// convert brings fields to their declared types. Ids of references come as text.
func (a account) convert(fields map[string]any) (map[string]any, error) {
	converted := make(map[string]any, len(fields))
	for name, value := range fields {
		converted[name] = typed(value, a.words[name])
		if _, text := converted[name].(string); text && a.words[name] == "integer" {
			return nil, connectors.Faultf(connectors.Invalid, "field %s: the vendor needs a whole number", name)
		}
	}
	return converted, nil
}

// creation is every field a new account gets, and needs.
func (a account) creation(want connectors.Record) (map[string]any, error) {
	all := want.Creation()
	for _, name := range a.required {
		if value := all[name]; value == nil || value == "" {
			return nil, connectors.Faultf(connectors.Invalid, "the vendor needs the field %s, and the directory gives no value for it", name)
		}
	}
	return a.convert(all)
}

// change is what brings the account to want: nothing when there is no difference.
func (a account) change(have connectors.Remote, want connectors.Record) (map[string]any, error) {
	fields, err := a.convert(want.Fields)
	if err != nil {
		return nil, err
	}
	for _, name := range a.required {
		if value, there := fields[name]; there && value == nil {
			delete(fields, name)
		}
	}
	return a.difference(have.Fields, fields), nil
}

// difference is connectors.Difference, letter case aside where it means nothing to the vendor.
func (a account) difference(have, want map[string]any) map[string]any {
	changed := connectors.Difference(have, want)
	for name := range changed {
		isKey := slices.Equal(a.paths[name], a.key)
		if !slices.Contains(a.ignoreCase, name) && (!a.foldKey || !isKey) {
			continue
		}
		if x, y := connectors.ScalarText(have[name]), connectors.ScalarText(changed[name]); x != "" && strings.EqualFold(x, y) {
			delete(changed, name)
		}
	}
	return changed
}

// emptied marks what a template must send to clear a field.
func (a account) emptied(changed map[string]any) map[string]any {
	marked := maps.Clone(changed)
	for name, value := range marked {
		if value == nil {
			marked[name] = cleared{a.clearWith}
		}
	}
	return marked
}

// after is every field as it is once the changes are made.
func (a account) after(have connectors.Remote, changed map[string]any) map[string]any {
	return have.With(a.emptied(changed)).Fields
}

// private are the texts of accounts and records, and their words: a full name is no secret that a
// first name would not tell. No error may show them. What comes from the target's own defaults, as
// a role does, says nothing of anybody.
func (c *connector) private(have connectors.Remote, want connectors.Record) []string {
	list := connectors.Private(have, want)
	for _, text := range list {
		list = append(list, strings.Fields(text)...)
	}
	ours := append(connectors.TextsIn(c.defaults), "")
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(text string) bool { return slices.Contains(ours, text) })
}
