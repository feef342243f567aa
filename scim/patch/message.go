package patch

import (
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// maxOperations bounds one message.
const maxOperations = 1000

type kind string

const (
	add     kind = "add"
	replace kind = "replace"
	remove  kind = "remove"
)

// operation is one step of a PatchOp message.
type operation struct {
	kind     kind
	path     string
	value    any
	hasValue bool
}

// parse checks the message's envelope. Every refusal is 400 invalidSyntax but those about
// a path.
func parse(body scim.Document, notes *schema.Notes) ([]operation, error) {
	if err := checkSchemas(body, notes); err != nil {
		return nil, err
	}
	v, _ := schema.Member(body, "Operations")
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, scim.BadRequest(scim.TypeInvalidSyntax, "Operations must be an array of at least one operation")
	}
	if len(list) > maxOperations {
		return nil, scim.BadRequest(scim.TypeInvalidSyntax, "more than %d operations", maxOperations)
	}
	ops := make([]operation, 0, len(list))
	for i, v := range list {
		op, err := parseOperation(v, notes)
		if err != nil {
			return nil, located(i, err)
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// checkSchemas lets a message without schemas pass, as some of Okta's are.
func checkSchemas(body scim.Document, notes *schema.Notes) error {
	v, _ := schema.Member(body, "schemas")
	if v == nil {
		return notes.Allow(schema.RuleMissingSchemas, "schemas")
	}
	list, ok := v.([]any)
	if !ok {
		if err := notes.Allow(schema.RuleSingleForArray, "schemas"); err != nil {
			return err
		}
		list = []any{v}
	}
	for _, v := range list {
		if urn, ok := v.(string); ok && scim.EqualName(urn, scim.MessagePatch) {
			return nil
		}
	}
	return scim.BadRequest(scim.TypeInvalidSyntax, "schemas must contain %s", scim.MessagePatch)
}

func parseOperation(v any, notes *schema.Notes) (operation, error) {
	obj, ok := v.(scim.Document)
	if !ok {
		return operation{}, scim.BadRequest(scim.TypeInvalidSyntax, "an operation must be an object")
	}
	kind, err := parseKind(obj, notes)
	if err != nil {
		return operation{}, err
	}
	path, err := parsePath(obj, notes)
	if err != nil {
		return operation{}, err
	}
	value, hasValue := schema.Member(obj, "value")
	return operation{kind: kind, path: path, value: value, hasValue: hasValue}, nil
}

// parseKind reads op in any letter case: Entra writes "Replace" unless a flag is set (E-30).
func parseKind(obj scim.Document, notes *schema.Notes) (kind, error) {
	v, _ := schema.Member(obj, "op")
	text, _ := v.(string)
	switch op := kind(scim.LowerName(text)); op {
	case add, replace, remove:
		if string(op) != text {
			return op, notes.Allow(RuleOpCase, string(op))
		}
		return op, nil
	}
	return "", scim.BadRequest(scim.TypeInvalidSyntax, "op must be add, replace or remove, not %q", scim.ClipName(text))
}

func parsePath(obj scim.Document, notes *schema.Notes) (string, error) {
	v, has := schema.Member(obj, "path")
	path, ok := v.(string)
	if v != nil && !ok {
		return "", scim.BadRequest(scim.TypeInvalidPath, "path must be a string")
	}
	if path = strings.TrimSpace(path); has && path == "" {
		return "", notes.Allow(RuleEmptyPath, "path")
	}
	return path, nil
}
