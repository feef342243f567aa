package connectors

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"scimrelay/configs"
)

// maxNodes bounds an expression's size, and with it what one evaluation can cost.
const maxNodes = 500

// expression is one compiled expression.
type expression struct {
	program *vm.Program
	result  reflect.Type // nil when only known at run time
	reads   []read
	refers  bool // calls reference()
}

// compile checks the text against the types of env and compiles it. The position is where
// the text starts; the fault points at the place in it.
//
// It compiles twice: once with every type known, which finds mistakes, and once with none,
// which gives the program. The typed program would panic on attributes a person lacks.
func compile(text string, at configs.Position, env types.Map) (*expression, *configs.Fault) {
	checked := append(functionOptions(true), expr.Env(env), expr.MaxNodes(maxNodes), expr.Optimize(false))
	typed, err := expr.Compile(text, checked...)
	if err != nil {
		return nil, faultIn(err, at)
	}
	// Walked afterwards, not as a patch: with a patch expr no longer checks what calls are given.
	root, guard := typed.Node(), &sandbox{found: map[ast.Node]read{}}
	ast.Walk(&root, guard)
	if err := guard.refused(text); err != nil {
		return nil, faultIn(err, at)
	}
	program, err := expr.Compile(text, append(functionOptions(false), expr.MaxNodes(maxNodes))...)
	if err != nil {
		return nil, faultIn(err, at)
	}
	e := &expression{program: program, reads: guard.list(), refers: guard.refers}
	if nature := root.Nature(); nature.Type != nil && nature.Kind != reflect.Interface {
		e.result = nature.Type
	}
	return e, nil
}

// faultIn places expr's error in the file. Expr counts columns from 0, files from 1.
func faultIn(err error, at configs.Position) *configs.Fault {
	message := err.Error()
	var in *file.Error
	if errors.As(err, &in) {
		message = in.Message
		switch {
		case at.Line == 0:
		case in.Line <= 1:
			at.Column += in.Column
		default:
			at.Line, at.Column = at.Line+in.Line-1, in.Column+1
		}
	}
	return &configs.Fault{Position: at, Message: message}
}

// run evaluates the expression. The error of expr may quote values, so it stops here.
func (e *expression) run(env map[string]any) (any, error) {
	result, err := expr.Run(e.program, env)
	if err != nil {
		return nil, errors.New("it cannot be computed for this person")
	}
	if text, ok := result.(string); ok && len(text) > maxText {
		return nil, fmt.Errorf("the text is longer than %d bytes", maxText)
	}
	return result, nil
}

// sandbox refuses what could run long or grow large, and notes which attributes are read.
type sandbox struct {
	found  map[ast.Node]read
	refers bool
	node   ast.Node
	reason string
}

// Visit implements ast.Visitor. Children come before their parents.
func (s *sandbox) Visit(at *ast.Node) {
	switch n := (*at).(type) {
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		s.refuse(n, "let and ; are not available here")
	case *ast.BinaryNode:
		if n.Operator == ".." {
			s.refuse(n, "ranges are not available here")
		}
	case *ast.BuiltinNode:
		if n.Name == "reduce" {
			s.refuse(n, "reduce is not available here")
		}
	case *ast.PredicateNode:
		if nested(n) {
			s.refuse(n, "a condition inside a condition over a list is not available here")
		}
	case *ast.IdentifierNode:
		switch n.Value {
		case "user", "group": // each is known only where it means something
			s.found[n] = read{}
		case "$env":
			s.refuse(n, "$env is not available here")
		}
	case *ast.MemberNode:
		s.member(n)
	case *ast.CallNode:
		s.called(n)
	}
}

func (s *sandbox) refuse(n ast.Node, reason string) {
	if s.node == nil {
		s.node, s.reason = n, reason
	}
}

func (s *sandbox) refused(text string) error {
	for n, r := range s.found {
		if r.attribute == "" {
			s.refuse(n, "name an attribute, as in user.userName or group.displayName")
		}
	}
	if s.node == nil {
		return nil
	}
	located := &file.Error{Location: s.node.Location(), Message: s.reason}
	return located.Bind(file.NewSource(text))
}

// nested finds a condition over a list inside another, whose cost would multiply.
func nested(of *ast.PredicateNode) bool {
	count := 0
	var counter countPredicates = func() { count++ }
	ast.Walk(&of.Node, counter)
	return count > 0
}

type countPredicates func()

// Visit implements ast.Visitor.
func (c countPredicates) Visit(at *ast.Node) {
	if _, ok := (*at).(*ast.PredicateNode); ok {
		c()
	}
}

// allows says whether a value of the expression's type can stand where the word wants it.
func (e *expression) allows(word string) bool {
	if e.result == nil || e.result == reflect.TypeFor[reference]() {
		return true
	}
	kind := e.result.Kind()
	whole := kind >= reflect.Int && kind <= reflect.Uint64
	switch word {
	case "string":
		return kind == reflect.String
	case "boolean":
		return kind == reflect.Bool
	case "integer":
		return whole
	case "number":
		return whole || kind == reflect.Float64
	case "list":
		return kind == reflect.Slice
	case "map":
		return kind == reflect.Map
	default:
		return true
	}
}

// typeOf is the expr type of a word of a mapping file.
func typeOf(word string) (types.Type, bool) {
	switch word {
	case "string":
		return types.String, true
	case "integer":
		return types.Int, true
	case "number":
		return types.Float64, true
	case "boolean":
		return types.Bool, true
	case "list":
		return types.Array(types.Any), true
	case "map":
		return types.TypeOf(map[string]any{}), true
	case "any":
		return types.Any, true
	default:
		return nil, false
	}
}

// words lists the types a mapping file may name.
func words() string {
	return strings.Join([]string{"string", "integer", "number", "boolean", "list", "map", "any"}, ", ")
}
