package connectors

import (
	"maps"
	"reflect"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/types"
)

// toolbox is what the expressions of one mapping share: what they may read and call. It is made
// once, for every field of every target is compiled when the gateway starts.
type toolbox struct {
	functions        map[string]function
	checked, running []expr.Option
}

func newToolbox(env types.Map) *toolbox {
	env = maps.Clone(env)
	for _, name := range comparisons() {
		env[name] = types.String
	}
	t := &toolbox{functions: map[string]function{}}
	checked, running := map[string]*builtin.Function{}, map[string]*builtin.Function{}
	for _, f := range functions() {
		t.functions[f.name] = f
		checked[f.name] = &builtin.Function{Name: f.name, Func: f.call, Validate: f.result, Types: f.types()}
		running[f.name] = &builtin.Function{Name: f.name, Func: f.call}
	}
	running[plus] = &builtin.Function{Name: plus, Func: add}
	disabled := map[string]bool{}
	for _, f := range builtin.Builtins {
		disabled[f.Name] = !slices.Contains(builtins(), f.Name)
	}
	maps.DeleteFunc(disabled, func(_ string, off bool) bool { return !off })
	t.checked = []expr.Option{expr.Env(env), expr.MaxNodes(maxNodes), expr.Optimize(false), equip(checked, disabled)}
	t.running = []expr.Option{expr.MaxNodes(maxNodes), expr.Patch(runnable{}), equip(running, disabled)}
	return t
}

// types is the signature, which only the check knows: with one expr assumes that no argument
// and no result is ever nil.
func (f function) types() []reflect.Type {
	if f.signature == nil {
		return nil
	}
	return []reflect.Type{reflect.TypeOf(f.signature).Elem()}
}

// equip gives a compilation our functions and switches off those of expr's that are not listed.
func equip(functions map[string]*builtin.Function, disabled map[string]bool) expr.Option {
	return func(c *conf.Config) {
		maps.Copy(c.Functions, functions)
		c.Disabled = disabled
	}
}
