package configs

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// scalar decodes a bool, a number or text; an empty value leaves what is there.
func (d *decoder) scalar(n Node, v reflect.Value) {
	if !n.Present() {
		return
	}
	switch kind := v.Kind(); {
	case v.Type() == reflect.TypeFor[time.Duration]():
		panic("configs: Decode wants configs.Duration, not time.Duration")
	case kind == reflect.String:
		if text, ok := d.plain(n); ok {
			v.SetString(text)
		}
	case kind == reflect.Bool:
		b, ok := n.Node.(*ast.BoolNode)
		if !ok {
			d.fault(n, "want true or false, found %s", kindOf(n.Node))
			return
		}
		v.SetBool(b.Value)
	case v.CanInt():
		d.integer(n, v)
	case v.CanUint():
		d.unsigned(n, v)
	case v.CanFloat():
		d.float(n, v)
	default:
		panic("configs: Decode cannot fill a " + v.Type().String())
	}
}

func (d *decoder) integer(n Node, v reflect.Value) {
	digits, ok := d.digits(n)
	if !ok {
		return
	}
	i, err := strconv.ParseInt(digits, 10, v.Type().Bits())
	if err != nil {
		d.fault(n, "the number is too large")
		return
	}
	v.SetInt(i)
}

func (d *decoder) unsigned(n Node, v reflect.Value) {
	digits, ok := d.digits(n)
	if !ok {
		return
	}
	i, err := strconv.ParseUint(digits, 10, v.Type().Bits())
	if err != nil {
		d.fault(n, "the number is negative or too large")
		return
	}
	v.SetUint(i)
}

// digits insists on decimals: YAML versions disagree on what 010 means.
func (d *decoder) digits(n Node) (string, bool) {
	if _, ok := n.Node.(*ast.IntegerNode); !ok {
		d.fault(n, "want a whole number, found %s", kindOf(n.Node))
		return "", false
	}
	text := n.Node.GetToken().Value
	digits := strings.TrimLeft(text, "+-")
	if digits != "0" && strings.HasPrefix(digits, "0") || strings.Contains(digits, "_") {
		d.fault(n, "want a whole number in plain decimal digits")
		return "", false
	}
	return text, true
}

func (d *decoder) float(n Node, v reflect.Value) {
	switch n.Node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
	default:
		d.fault(n, "want a number, found %s", kindOf(n.Node))
		return
	}
	f, err := strconv.ParseFloat(n.Node.GetToken().Value, v.Type().Bits())
	if err != nil {
		d.fault(n, "want a number in plain decimal digits")
		return
	}
	v.SetFloat(f)
}

// plain is the text of a string value. A reference to a secret is no text: it would end up in
// places that do not hide it.
func (d *decoder) plain(n Node) (string, bool) {
	text, ok := textOf(n.Node)
	switch {
	case !ok && isScalar(n.Node):
		d.fault(n, "want text, found %s: put it in quotes", kindOf(n.Node))
		return "", false
	case !ok:
		d.fault(n, "want text, found %s", kindOf(n.Node))
		return "", false
	case strings.Contains(text, "${"):
		d.fault(n, "a ${…} reference stands only where a secret does")
		return "", false
	}
	return text, true
}

func (d *decoder) text(n Node, to encoding.TextUnmarshaler) {
	if !n.Present() {
		return
	}
	text, ok := d.plain(n)
	if !ok {
		return
	}
	if err := to.UnmarshalText([]byte(text)); err != nil {
		d.fault(n, "%v", err)
	}
}

// anything decodes to what encoding/json would, but for whole numbers, which become int.
func (d *decoder) anything(n Node, v reflect.Value) {
	if !n.Present() {
		return
	}
	var to reflect.Value
	switch n.Node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		to = reflect.New(reflect.TypeFor[map[string]any]())
	case *ast.SequenceNode:
		to = reflect.New(reflect.TypeFor[[]any]())
	case *ast.BoolNode:
		to = reflect.New(reflect.TypeFor[bool]())
	case *ast.IntegerNode:
		to = reflect.New(reflect.TypeFor[int]())
	case *ast.FloatNode:
		to = reflect.New(reflect.TypeFor[float64]())
	default:
		to = reflect.New(reflect.TypeFor[string]())
	}
	d.value(n, to.Elem())
	v.Set(to.Elem())
}

func textOf(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	default:
		return "", false
	}
}

func isScalar(n ast.Node) bool {
	_, ok := n.(ast.ScalarNode)
	return ok
}

// kindOf says in the reader's words what stands in the file, never its value.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case nil, *ast.NullNode:
		return "nothing"
	default:
		return "something else"
	}
}
