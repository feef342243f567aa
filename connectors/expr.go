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
	text     string
	program  *vm.Program
	result   reflect.Type // nil when only known at run time
	reads    []read
	refers   bool // calls reference()
	ignores  bool // is IgnoreFlowIfNullOrEmpty of something
	redacted bool // calls Redact
}

// problem is why an expression gives nothing for a person. It says so without any value.
type problem string

// Error implements error.
func (p problem) Error() string { return string(p) }

// compile checks the text against the types of what it may read and compiles it. The fault
// points at the place in the file.
//
// It compiles twice: once with every type known, which finds mistakes, and once with none,
// which gives the program. The typed program would panic on attributes a person lacks.
func (t *toolbox) compile(text configs.Text) (*expression, *configs.Fault) {
	typed, err := expr.Compile(text.Value, t.checked...)
	if err != nil {
		return nil, faultIn(err, text)
	}
	// Walked afterwards, not as a patch: with a patch expr no longer checks what calls are given.
	root, guard := typed.Node(), newSandbox(t.functions)
	ast.Walk(&root, guard)
	if err := guard.refused(root, text.Value); err != nil {
		return nil, faultIn(err, text)
	}
	program, err := expr.Compile(text.Value, t.running...)
	if err != nil {
		return nil, faultIn(err, text)
	}
	e := &expression{text: text.Value, program: program, reads: guard.list(), refers: guard.calls["reference"] > 0,
		ignores: guard.calls[ignoreFlow] > 0, redacted: guard.calls["Redact"] > 0}
	if nature := root.Nature(); nature.Type != nil && nature.Kind != reflect.Interface {
		e.result = nature.Type
	}
	return e, nil
}

// faultIn places expr's error in the file and says what else may help.
func faultIn(err error, text configs.Text) *configs.Fault {
	var in *file.Error
	if !errors.As(err, &in) {
		return &configs.Fault{Position: text.Position, Message: err.Error()}
	}
	message := strings.TrimSpace(in.Message)
	return &configs.Fault{Position: text.At(in.From), Message: message + hint(message, []rune(text.Value), in.From)}
}

// run evaluates the expression. The error of expr may quote values, so it stops here.
func (e *expression) run(env map[string]any) (any, error) {
	result, err := expr.Run(e.program, env)
	var known problem
	switch {
	case errors.As(err, &known):
		return nil, known
	case err != nil:
		return nil, problem("it cannot be computed for this person")
	}
	if text, ok := result.(string); ok && len(text) > maxText {
		return nil, tooLong()
	}
	return result, nil
}

func tooLong() problem { return problem(fmt.Sprintf("the text is longer than %d bytes", maxText)) }

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
