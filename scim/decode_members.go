package scim

import (
	"bytes"
	"slices"
	"strings"
)

// place is where in a body a value stands, as far as it tells whether it may be members: the
// members of a resource, the value of an operation, or the members in such a value.
type place int

const (
	anywhere     place = iota
	atBody             // the body itself
	atOperations       // the Operations of a PATCH
	atOperation        // one of them
	atOperand          // its value: an array of members, or an object with some
	atMembers
)

// member is the place of the value under a key of an object, of which doc is read so far.
func (p place) member(key string, doc Document) place {
	switch {
	case (p == atBody || p == atOperand) && EqualName(key, "members"):
		return atMembers
	case p == atBody && EqualName(key, "Operations"):
		return atOperations
	case p == atOperation && EqualName(key, "value") && aimOf(doc) != atElse:
		return atOperand
	}
	return anywhere
}

// element is the place of an array's elements.
func (p place) element() place {
	if p == atOperations {
		return atOperation
	}
	return anywhere
}

// aim is what the path of an operation, as far as it is known, leads to.
type aim int

const (
	atElse aim = iota
	atResource
	atTheMembers
	unknown // there is no path yet
)

func aimOf(operation Document) aim {
	for key, v := range operation {
		if !EqualName(key, "path") {
			continue
		}
		path, ok := v.(string)
		if HasNamePrefix(path, SchemaGroup) {
			path = strings.TrimLeft(path[len(SchemaGroup):], ":.")
		}
		switch {
		case v == nil, ok && path == "":
			return atResource
		case EqualName(path, "members"):
			return atTheMembers
		}
		return atElse
	}
	return unknown
}

// settle reads an operation's value once more as what it is, when it turned out after it that
// it was never about members: a mail address has a value and a type too, and a display to keep.
func (d *decoder) settle(operation Document, operand span, depth int) error {
	for key, v := range operation {
		if !EqualName(key, "value") {
			continue
		}
		_, isObject := v.(Document)
		switch aim := aimOf(operation); {
		case aim == atTheMembers, isObject && aim != atElse:
			return nil
		}
		body := bytes.TrimLeft(d.body[operand.from:operand.to], " \t\r\n:")
		again, err := newDecoder(body, d.limits).value(anywhere, depth)
		if err != nil {
			return err
		}
		operation[key] = again
	}
	return nil
}

// members reads an array that is most likely one of members. It becomes Members if it is
// nothing else, and otherwise a list in which those that are members are each a Member.
func (d *decoder) members(depth int) (any, error) {
	var list Members
	mixed := []any{}
	for kind := d.tokens.PeekKind(); kind != ']'; kind = d.tokens.PeekKind() {
		if kind != '{' {
			v, err := d.value(anywhere, depth+1)
			if err != nil {
				return nil, err
			}
			list, mixed = nil, append(list.appendTo(mixed), v)
			continue
		}
		m, doc, err := d.memberObject(depth + 1)
		switch {
		case err != nil:
			return nil, err
		case doc != nil:
			if err := d.count(1 + len(doc)); err != nil {
				return nil, err
			}
			list, mixed = nil, append(list.appendTo(mixed), doc)
		case len(mixed) > 0:
			mixed = append(mixed, m)
		default:
			if len(list) == cap(list) { // doubling, for append grows long lists by a quarter only
				list = slices.Grow(list, max(16, len(list)))
			}
			list = append(list, m)
		}
	}
	if err := d.delimiter(); err != nil {
		return nil, err
	}
	if len(list) > 0 {
		return list, nil
	}
	return mixed, nil
}

func (l Members) appendTo(list []any) []any {
	for _, m := range l {
		list = append(list, m)
	}
	return list
}

// memberKeys are the keys a Member may have; what is under the last two is not kept.
var memberKeys = [...]string{"value", "type", "$ref", "display"}

const (
	valueKey = iota
	typeKey
)

// maxMembers is how many members one body may name: far beyond any group, and it keeps a body of
// nothing but brackets from costing many times its size.
const maxMembers = 500_000

// memberPart is one key of an object that may be a member, and its value.
type memberPart struct{ key, value span }

// memberObject reads one element of an array of members: a Member if that is all it is,
// otherwise the object.
func (d *decoder) memberObject(depth int) (m Member, doc Document, err error) {
	if d.named++; d.named > maxMembers {
		return m, nil, tooMany(maxMembers, "members", d.tokens.InputOffset())
	}
	if err := d.enter(depth); err != nil {
		return m, nil, err
	}
	var parts [len(memberKeys)]memberPart
	known := true // false for a type that is none of ours
	for d.tokens.PeekKind() != '}' {
		key, err := d.raw()
		if err != nil {
			return m, nil, err
		}
		i, err := d.memberKey(key)
		if err != nil {
			return m, nil, err
		}
		if i < 0 || !d.fits(i) {
			doc, err := d.otherObject(parts[:], key, depth)
			return m, doc, err
		}
		if parts[i].key.to > 0 {
			return m, nil, d.duplicate(memberKeys[i])
		}
		value, err := d.raw()
		if err != nil {
			return m, nil, err
		}
		parts[i] = memberPart{key, value}
		if ok, err := d.keep(&m, i, value); err != nil {
			return m, nil, err
		} else if !ok {
			known = false
		}
	}
	if parts[valueKey].key.to == 0 || !known {
		doc, err := d.otherObject(parts[:], span{}, depth)
		return m, doc, err
	}
	return m, nil, d.delimiter()
}

// memberKey is the index in memberKeys of a key, or -1.
func (d *decoder) memberKey(raw span) (int, error) {
	switch string(d.body[raw.from:raw.to]) {
	case `"value"`:
		return valueKey, nil
	case `"type"`:
		return typeKey, nil
	}
	key, err := d.text(raw)
	if err != nil {
		return -1, err
	}
	return slices.IndexFunc(memberKeys[:], func(name string) bool { return EqualName(name, key) }), nil
}

// fits reports whether the next value is what a Member has under that key: a string, or null
// where it says nothing (E-50).
func (d *decoder) fits(key int) bool {
	kind := d.tokens.PeekKind()
	return kind == '"' || kind == 'n' && key != valueKey
}

// keep puts a part into the member. It is false for a type that no member has.
func (d *decoder) keep(m *Member, key int, raw span) (bool, error) {
	if d.body[raw.from] == 'n' {
		return true, nil
	}
	if key == valueKey {
		var err error
		m.Value, err = d.text(raw)
		return true, err
	}
	content, err := d.content(raw)
	if err != nil || key != typeKey {
		return true, err
	}
	for _, t := range []string{TypeUser, TypeGroup} {
		if EqualName(string(content), t) {
			m.Type = t
			return true, nil
		}
	}
	return false, nil
}

// otherObject goes on reading an object that turned out to be no member, from the value of
// its key next if it has one.
func (d *decoder) otherObject(parts []memberPart, next span, depth int) (Document, error) {
	doc := Document{}
	seen := keySet{start: len(d.keys)}
	for _, p := range parts {
		if p.key.to == 0 {
			continue
		}
		key, err := d.text(p.key)
		if err != nil {
			return nil, err
		}
		seen.add(d, key)
		doc[key] = nil
		if d.body[p.value.from] == '"' {
			if doc[key], err = d.text(p.value); err != nil {
				return nil, err
			}
		}
	}
	return doc, d.rest(doc, &seen, next, depth)
}

func (d *decoder) rest(doc Document, seen *keySet, next span, depth int) error {
	for next.to > 0 || d.tokens.PeekKind() != '}' {
		var key string
		var err error
		if next.to > 0 {
			if key, err = d.text(next); err == nil && seen.add(d, key) {
				err = d.duplicate(key)
			}
			next = span{}
		} else {
			key, err = d.key(seen, len(doc))
		}
		if err != nil {
			return err
		}
		if doc[key], err = d.value(anywhere, depth+1); err != nil {
			return err
		}
	}
	d.keys = d.keys[:seen.start]
	return d.delimiter()
}
