package connectors

import (
	"reflect"
	"strings"

	"github.com/expr-lang/expr/types"

	"scimrelay/configs"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// Scope says who of a tenant's people a target receives. The nil Scope is everyone.
type Scope struct {
	expression *expression
	extensions extensions
}

// CompileScope compiles a target's scope, an expression over user, with the tenant's
// extensions, that says true or false. An empty one is everyone and gives nil.
func CompileScope(text configs.Text, declared ...tenants.Extension) (*Scope, configs.Faults) {
	if strings.TrimSpace(text.Value) == "" {
		return nil, nil
	}
	known := extensionsOf(declared, scim.TypeUser)
	compiled, fault := newToolbox(types.Map{"user": userTypes(known)}).compile(text)
	if fault != nil {
		fault.Message = "scope: " + fault.Message
		return nil, configs.Faults{*fault}
	}
	if compiled.ignores {
		return nil, configs.Faults{{Position: text.Position, Message: "scope: " + ignoreFlow + " stands only in fields"}}
	}
	if compiled.result != nil && compiled.result.Kind() != reflect.Bool {
		return nil, configs.Faults{{Position: text.Position, Message: "scope: want true or false, the expression gives " + compiled.result.String()}}
	}
	return &Scope{compiled, known.read(compiled.reads)}, nil
}

// In reports whether the target receives the person. The error is a Fault of class Invalid.
func (s *Scope) In(doc scim.Document) (bool, error) {
	if s == nil {
		return true, nil
	}
	result, err := s.expression.run(map[string]any{"user": userValues(doc, s.extensions)})
	if err != nil {
		return false, Faultf(Invalid, "scope (from %s): %v", s.expression.sources(), err)
	}
	in, ok := result.(bool)
	if !ok {
		return false, Faultf(Invalid, "scope (from %s): it is neither true nor false for this person", s.expression.sources())
	}
	return in, nil
}
