package connectors

import (
	"fmt"
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// call is a call in an expression that is being checked.
type call struct {
	sandbox *sandbox
	node    *ast.CallNode
	name    string
}

// given reports whether there is an argument and it is not nil.
func (c call) given(i int) bool { return given(c.node.Arguments, i) }

func given(arguments []ast.Node, i int) bool {
	if i >= len(arguments) {
		return false
	}
	_, left := arguments[i].(*ast.NilNode)
	return !left
}

// literal is the text that stands in the file as this argument.
func (c call) literal(i int) (string, bool) { return literal(c.node.Arguments, i) }

func literal(arguments []ast.Node, i int) (string, bool) {
	if i >= len(arguments) {
		return "", false
	}
	text, ok := arguments[i].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return text.Value, true
}

// wants refuses an argument that may be left out and is known to be of another type.
func (c call) wants(i int, noun string, kind reflect.Kind) {
	if !c.given(i) {
		return
	}
	nature := c.node.Arguments[i].Nature()
	if nature.Type != nil && nature.Kind != reflect.Interface && nature.Kind != kind {
		c.refuse(i, "want a %s, or nil", noun)
	}
}

// refuse says what is wrong with an argument, or with the call when there is no such argument.
func (c call) refuse(i int, format string, args ...any) {
	node := ast.Node(c.node)
	if i >= 0 && i < len(c.node.Arguments) {
		node = c.node.Arguments[i]
	}
	c.sandbox.refuse(node, c.name+": "+fmt.Sprintf(format, args...))
}
