package connectors

import (
	"reflect"
	"strings"

	"github.com/expr-lang/expr/types"

	"scimrelay/configs"
	"scimrelay/scim"
)

// Scope says who of a tenant's people a target receives. The nil Scope is everyone.
type Scope struct {
	expression *expression
}

// CompileScope compiles a target's scope, an expression over user that says true or false.
// An empty one is everyone and gives nil.
func CompileScope(expr string, pos configs.Position) (*Scope, configs.Faults) {
	if strings.TrimSpace(expr) == "" {
		return nil, nil
	}
	compiled, fault := compile(expr, pos, types.Map{"user": userTypes()})
	if fault != nil {
		fault.Message = "scope: " + fault.Message
		return nil, configs.Faults{*fault}
	}
	if compiled.result != nil && compiled.result.Kind() != reflect.Bool {
		return nil, configs.Faults{{Position: pos, Message: "scope: want true or false, the expression gives " + compiled.result.String()}}
	}
	return &Scope{compiled}, nil
}

// In reports whether the target receives the person. The error is a Fault of class Invalid.
func (s *Scope) In(doc scim.Document) (bool, error) {
	if s == nil {
		return true, nil
	}
	result, err := s.expression.run(map[string]any{"user": userValues(doc)})
	if err != nil {
		return false, Faultf(Invalid, "scope (from %s): %v", s.expression.sources(), err)
	}
	in, ok := result.(bool)
	if !ok {
		return false, Faultf(Invalid, "scope (from %s): it is neither true nor false for this person", s.expression.sources())
	}
	return in, nil
}
