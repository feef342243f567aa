package connectors

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm/runtime"
)

// sandbox refuses what could run long or grow large, asks every function what it thinks of its
// arguments, and notes which attributes are read.
type sandbox struct {
	functions map[string]function
	found     map[ast.Node]read
	calls     map[string]int
	node      ast.Node
	reason    string
}

func newSandbox(functions map[string]function) *sandbox {
	return &sandbox{functions: functions, found: map[ast.Node]read{}, calls: map[string]int{}}
}

// Visit implements ast.Visitor. Children come before their parents.
func (s *sandbox) Visit(at *ast.Node) {
	switch n := (*at).(type) {
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		s.refuse(n, "let and ; are not available here")
	case *ast.BinaryNode:
		s.binary(n)
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
		s.call(n)
	}
}

func (s *sandbox) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "..":
		s.refuse(n, "ranges are not available here")
	case "matches":
		pattern, literal := n.Right.(*ast.StringNode)
		if !literal {
			s.refuse(n.Right, "the pattern must stand here as a text, not be computed")
		} else if _, err := compilePattern(pattern.Value); err != nil {
			s.refuse(n.Right, err.Error())
		}
	}
}

func (s *sandbox) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return
	}
	s.calls[callee.Value]++
	s.narrow(callee.Value, n.Arguments)
	for _, check := range s.functions[callee.Value].checks {
		check(call{s, n, callee.Value})
	}
}

func (s *sandbox) refuse(n ast.Node, reason string) {
	if s.node == nil {
		s.node, s.reason = n, reason
	}
}

// refused is the first thing wrong with the whole, placed in its text.
func (s *sandbox) refused(root ast.Node, text string) error {
	for n, r := range s.found {
		if r.attribute == "" {
			s.refuse(n, "name an attribute, as in user.userName or group.displayName")
		}
	}
	if n, outermost := root.(*ast.CallNode); s.calls[ignoreFlow] > 0 {
		callee, _ := callee(n, outermost)
		if s.calls[ignoreFlow] > 1 || callee != ignoreFlow {
			s.refuse(root, ignoreFlow+" stands only around the whole expression")
		}
	}
	if s.node == nil {
		return nil
	}
	located := &file.Error{Location: s.node.Location(), Message: s.reason}
	return located.Bind(file.NewSource(text))
}

func callee(n *ast.CallNode, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	name, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return "", false
	}
	return name.Value, true
}

// nested finds, inside a condition over a list, what goes through a list itself: its cost would
// multiply.
func nested(of *ast.PredicateNode) bool {
	count := 0
	var counter countLoops = func() { count++ }
	ast.Walk(&of.Node, counter)
	return count > 0
}

type countLoops func()

// Visit implements ast.Visitor.
func (c countLoops) Visit(at *ast.Node) {
	switch n := (*at).(type) {
	case *ast.PredicateNode:
		c()
	case *ast.BuiltinNode:
		if n.Name == "uniq" || n.Name == "sort" {
			c()
		}
	}
}

// runnable makes the program that runs of an expression that has been checked: texts are added
// within bounds, and what could be worked out beforehand is.
type runnable struct{}

const plus = "+" // no name that an expression could use

// Visit implements ast.Visitor.
func (runnable) Visit(at *ast.Node) {
	switch n := (*at).(type) {
	case *ast.BinaryNode:
		if n.Operator == "+" {
			ast.Patch(at, &ast.CallNode{Callee: &ast.IdentifierNode{Value: plus}, Arguments: []ast.Node{n.Left, n.Right}})
		}
	case *ast.IdentifierNode:
		if slices.Contains(comparisons(), n.Value) {
			ast.Patch(at, &ast.StringNode{Value: n.Value})
		}
	case *ast.CallNode:
		if name, _ := callee(n, true); name == "Replace" {
			prepareReplace(n)
		}
	}
}

// add is +, which expr's memory budget does not notice growing a text.
func add(args ...any) (any, error) {
	left, ok := args[0].(string)
	right, too := args[1].(string)
	if !ok || !too {
		return runtime.Add(args[0], args[1]), nil
	}
	if len(left)+len(right) > maxText {
		return nil, tooLong()
	}
	return left + right, nil
}
