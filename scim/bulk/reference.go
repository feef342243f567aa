package bulk

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// prefix begins every reference.
const prefix = "bulkId:"

// reference is the bulkId that a string refers to.
func reference(text string) (bulkID string, ok bool) {
	bulkID, ok = strings.CutPrefix(text, prefix)
	return bulkID, ok && bulkID != ""
}

// walker is asked about each reference of a piece of data, and answers with what shall
// stand there; false leaves it.
type walker func(bulkID string) (string, bool)

// data walks through the data of an operation. It copies what it changes.
func (w walker) data(op Operation) scim.Document {
	if op.Method != http.MethodPatch {
		obj, _ := w.object(op.Data)
		return obj
	}
	key, ok := schema.MemberKey(op.Data, "Operations")
	list, isList := op.Data[key].([]any)
	if !ok || !isList {
		return op.Data
	}
	walked := make([]any, len(list))
	for i, v := range list {
		walked[i] = v
		if change, ok := v.(scim.Document); ok {
			walked[i] = w.change(change)
		}
	}
	return with(op.Data, key, walked)
}

// change walks through one operation of a PATCH, its path included.
func (w walker) change(change scim.Document) scim.Document {
	v, _ := schema.Member(change, "path")
	path, _ := v.(string)
	if walked, changed := w.path(path); changed {
		key, _ := schema.MemberKey(change, "path")
		change = with(change, key, walked)
	}
	if key, ok := schema.MemberKey(change, "value"); ok {
		if walked, changed := w.value(change[key], refers(path)); changed {
			change = with(change, key, walked)
		}
	}
	return change
}

// path walks through the quoted texts of a PATCH path, as in members[value eq "bulkId:a"].
func (w walker) path(path string) (string, bool) {
	var out []byte
	rest := path
	for {
		open := strings.IndexByte(rest, '"')
		if open < 0 {
			break
		}
		quoted := rest[open:]
		quoted = quoted[:quotedLength(quoted)]
		out = append(out, rest[:open]...)
		rest = rest[open+len(quoted):]
		out = append(out, w.quoted(quoted)...)
	}
	out = append(out, rest...)
	return string(out), string(out) != path
}

// quotedLength is how long the quoted text is with which s begins.
func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

func (w walker) quoted(text string) string {
	plain, err := jsontext.AppendUnquote(nil, text)
	if err != nil {
		return text // the parser of paths will say what is wrong
	}
	bulkID, ok := reference(string(plain))
	if !ok {
		return text
	}
	id, ok := w(bulkID)
	if !ok {
		return text
	}
	quoted, err := jsontext.AppendQuote(nil, id)
	if err != nil {
		return text
	}
	return string(quoted)
}

// value walks through a value and reports whether it changed. Bare tells that a string
// here would be a reference.
func (w walker) value(v any, bare bool) (any, bool) {
	switch v := v.(type) {
	case string:
		if bulkID, ok := reference(v); ok && bare {
			if id, ok := w(bulkID); ok {
				return id, true
			}
		}
	case []any:
		return w.list(v, bare)
	case scim.Document:
		return w.object(v)
	}
	return v, false
}

func (w walker) list(list []any, bare bool) ([]any, bool) {
	changed := false
	for i, v := range list {
		walked, differs := w.value(v, bare)
		if !differs {
			continue
		}
		if !changed {
			list, changed = slices.Clone(list), true
		}
		list[i] = walked
	}
	return list, changed
}

func (w walker) object(obj scim.Document) (scim.Document, bool) {
	out, changed := obj, false
	for key, v := range obj {
		walked, differs := w.value(v, refers(key))
		if !differs {
			continue
		}
		if !changed {
			out, changed = with(obj, key, walked), true
		}
		out[key] = walked
	}
	return out, changed
}

// refers reports whether a string under a key, or at a PATCH path, is the id of a resource:
// its last name is value, or one of those that clients write without an object (E-38).
func refers(name string) bool {
	if open, end := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']'); open >= 0 && open < end {
		name = name[:open] + name[end+1:]
	}
	name = name[strings.LastIndexAny(name, ":.")+1:]
	return scim.EqualName(name, "value") || scim.EqualName(name, "manager") || scim.EqualName(name, "members")
}

// with is a copy of the object with another value under the key.
func with(obj scim.Document, key string, value any) scim.Document {
	out := make(scim.Document, len(obj))
	for k, v := range obj {
		out[k] = v
	}
	out[key] = value
	return out
}
