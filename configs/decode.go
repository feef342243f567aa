package configs

import (
	"encoding"
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// Decode reads the part into what into points at and returns everything wrong with it at once:
// unknown keys, missing ones, wrong types, bad durations and secrets. It keeps the values into
// already holds for keys the file leaves out, so defaults are set before.
//
// A struct's keys are its `yaml:"name"` tags, or the field's name in lower case; the option
// `required` makes an absent key a fault and `inline` spreads an embedded struct. A field may be
// a bool, number, string, Duration, Percent, Secret, URL, Node (kept for later), anything that
// implements encoding.TextUnmarshaler, and pointers, slices, maps by string, structs and `any`
// of those. Any other type is a programmer's mistake and panics.
func (n Node) Decode(into any) Faults {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic(fmt.Sprintf("configs: Decode wants a pointer, not %T", into))
	}
	d := &decoder{}
	d.value(n, v.Elem())
	return d.faults
}

// valuer is a type of this package that reads itself and says what is wrong in a few words,
// which never quote the value.
type valuer interface {
	decode(n Node) (problem string)
}

type decoder struct {
	faults Faults
}

// fault reports a problem with the part, named by its path in the file.
func (d *decoder) fault(n Node, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path := n.Path(); path != "" {
		message = path + ": " + message
	}
	d.faults = append(d.faults, Fault{n.Position(), message})
}

func (d *decoder) value(n Node, v reflect.Value) {
	switch to := v.Addr().Interface().(type) {
	case *Node:
		*to = n
		return
	case valuer:
		if n.Node == nil {
			return
		}
		if problem := to.decode(n); problem != "" {
			d.fault(n, "%s", problem)
		}
		return
	case encoding.TextUnmarshaler:
		d.text(n, to)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Pointer:
		d.pointer(n, v)
	case reflect.Slice:
		d.slice(n, v)
	case reflect.Map:
		d.mapping(n, v)
	case reflect.Interface:
		d.anything(n, v)
	default:
		d.scalar(n, v)
	}
}

// structure decodes a mapping. An absent one still misses its required keys.
func (d *decoder) structure(n Node, v reflect.Value) {
	if n.Present() && !isMapping(n.Node) {
		d.fault(n, "want keys and values, found %s", kindOf(n.Node))
		return
	}
	fields := fieldsOf(v)
	present := map[string]bool{}
	for _, kv := range pairs(n.Node) {
		key := keyText(kv)
		field, ok := fields.named(key)
		if !ok {
			d.faults.Add(n.at(kv.Key.GetToken()), "unknown key %q: known here are %s", key, fields.names())
			continue
		}
		child := Node{File: n.File, Node: kv.Value}
		present[key] = child.Present()
		d.value(child, field.value)
	}
	for _, field := range fields {
		if field.required && !present[field.name] {
			d.fault(n, "%s is required", field.name)
		}
	}
}

func (d *decoder) pointer(n Node, v reflect.Value) {
	if !n.Present() {
		return
	}
	to := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		to.Elem().Set(v.Elem())
	}
	d.value(n, to.Elem())
	v.Set(to)
}

func (d *decoder) slice(n Node, v reflect.Value) {
	if !n.Present() {
		return
	}
	if _, ok := n.Node.(*ast.SequenceNode); !ok {
		d.fault(n, "want a list, found %s", kindOf(n.Node))
		return
	}
	items := n.Items()
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, list.Index(i))
	}
	v.Set(list)
}

func (d *decoder) mapping(n Node, v reflect.Value) {
	if v.Type().Key().Kind() != reflect.String {
		panic("configs: Decode wants maps by string, not " + v.Type().String())
	}
	if !n.Present() {
		return
	}
	if !isMapping(n.Node) {
		d.fault(n, "want keys and values, found %s", kindOf(n.Node))
		return
	}
	values := pairs(n.Node)
	into := reflect.MakeMapWithSize(v.Type(), len(values))
	for _, kv := range values {
		to := reflect.New(v.Type().Elem()).Elem()
		d.value(Node{File: n.File, Node: kv.Value}, to)
		into.SetMapIndex(reflect.ValueOf(keyText(kv)).Convert(v.Type().Key()), to)
	}
	v.Set(into)
}

func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	default:
		return false
	}
}
