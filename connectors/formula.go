package connectors

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"scimrelay/configs"
)

// Formula is one expression in the language of mappings over names its user chooses, for
// products that have more to say in expressions than a mapping does. It is compiled once and
// safe for use by several goroutines.
type Formula struct {
	compiled *expression
	names    map[string]bool
}

// CompileFormula compiles the text. The names are what it may read: each with the word of its type
// (string, integer, number, boolean, list, map, any), or with a map of such names of its own, of
// which it must name one, as in fields.mail. The name null is nil.
func CompileFormula(text configs.Text, names map[string]any) (*Formula, *configs.Fault) {
	declared := typesOf(names)
	declared[null] = types.Nil // which has no value when it is computed, and so is nil
	compiled, fault := newToolbox(declared).compile(text)
	if fault != nil {
		if strings.HasPrefix(fault.Message, unknownName) { // what is told of it is about people
			fault.Message, _, _ = strings.Cut(fault.Message, ":")
		}
		return nil, fault
	}
	if compiled.refers || compiled.ignores {
		return nil, &configs.Fault{Position: text.Position, Message: "reference() and " + ignoreFlow + " stand only in a mapping"}
	}
	found := &readNames{names: map[string]bool{}, whole: map[ast.Node]string{}}
	root := compiled.program.Node()
	ast.Walk(&root, found)
	for node, name := range found.whole {
		if _, parts := names[name].(map[string]any); parts {
			return nil, &configs.Fault{Position: text.At(node.Location().From), Message: "say what of " + name + " is meant, as in " + name + ".email"}
		}
		if name != null {
			found.names[name] = true
		}
	}
	return &Formula{compiled, found.names}, nil
}

// null is nil to whoever thinks in JSON, as the authors of a Formula do.
const null = "null"

// unknownName is how expr begins to say that there is no such name.
const unknownName = "unknown name "

func typesOf(names map[string]any) types.Map {
	declared := types.Map{}
	for name, of := range names {
		switch word := of.(type) {
		case map[string]any:
			declared[name] = typesOf(word)
		case string:
			t, ok := typeOf(word)
			if !ok {
				t = types.Any
			}
			declared[name] = t
		}
	}
	return declared
}

// Reads reports whether the formula reads the name, or for one with parts the part, as in
// "fields.mail".
func (f *Formula) Reads(name string) bool { return f.names[name] }

// Names are all names and parts that the formula reads, in no order.
func (f *Formula) Names() []string {
	names := make([]string, 0, len(f.names))
	for name := range f.names {
		names = append(names, name)
	}
	return names
}

// Allows reports whether what the formula gives can be of the type, as far as that is known
// before it is computed.
func (f *Formula) Allows(word string) bool { return f.compiled.allows(word) }

// Value computes the formula. The error says nothing of the values.
func (f *Formula) Value(values map[string]any) (any, error) {
	result, err := f.compiled.run(values)
	if err != nil {
		return nil, errors.New("it cannot be computed")
	}
	if whole, ok := result.(int); ok {
		return int64(whole), nil
	}
	return result, nil
}

// readNames notes which names an expression reads.
type readNames struct {
	names map[string]bool
	whole map[ast.Node]string // identifiers of which no part has been named so far
}

// Visit implements ast.Visitor. Children come before their parents.
func (r *readNames) Visit(at *ast.Node) {
	switch n := (*at).(type) {
	case *ast.IdentifierNode:
		r.whole[n] = n.Value
	case *ast.MemberNode:
		name, ok := r.whole[n.Node]
		part, literal := n.Property.(*ast.StringNode)
		if ok && literal {
			delete(r.whole, n.Node)
			r.names[name+"."+part.Value] = true
		}
	case *ast.CallNode: // the name of a function is none of a value
		delete(r.whole, n.Callee)
	}
}
