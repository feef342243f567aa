package connectors

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
)

// maxText bounds every text an expression may make.
const maxText = 8 << 10

// function is one function a mapping may call. Signature is for the check at load; at run
// time an absent attribute comes as nil, and every function gives nil for it.
type function struct {
	name      string
	signature any
	call      func(args ...any) (any, error)
}

// reference is what reference(id) gives: the id of another SCIM resource.
type reference struct{ id string }

// functions are what mappings and scopes may call beside expr's own operators.
func functions() []function {
	return []function{
		{"localPart", new(func(string) string), onText(localPart)},
		{"lower", new(func(string) string), onText(strings.ToLower)},
		{"upper", new(func(string) string), onText(strings.ToUpper)},
		{"join", new(func(string, ...any) string), join},
		{"value", new(func([]any, string) string), valueOfType},
		{"primary", new(func([]any) string), primary},
		{"reference", new(func(string) reference), refer},
		{"language", new(func(string, map[string]any) string), language},
		{"callingCode", new(func(string) string), onText(callingCode)},
		{"nationalNumber", new(func(string) string), onText(nationalNumber)},
	}
}

// builtins are expr's own functions that stay switched on. The rest go: some grow a text
// without expr's memory budget noticing (replace, concat), some are not a function of the
// person alone (now).
func builtins() []string {
	return []string{"len", "int", "float", "string", "trim", "trimPrefix", "trimSuffix", "split",
		"indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "first", "last", "keys", "values",
		"abs", "round", "floor", "ceil", "min", "max", "reverse", "uniq", "sort"}
}

// functionOptions switches the functions on, with their signatures for the check or without
// them for running: with them expr assumes that no argument and no result is ever nil.
func functionOptions(checked bool) []expr.Option {
	options := []expr.Option{expr.DisableAllBuiltins()}
	for _, name := range builtins() {
		options = append(options, expr.EnableBuiltin(name))
	}
	for _, f := range functions() {
		if checked {
			options = append(options, expr.Function(f.name, f.call, f.signature))
		} else {
			options = append(options, expr.Function(f.name, f.call))
		}
	}
	return options
}

// onText lifts a function of a text; what it makes empty is absent.
func onText(f func(string) string) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, nil
		}
		if text = f(text); text == "" {
			return nil, nil
		}
		return text, nil
	}
}

func localPart(address string) string {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return address[:at]
	}
	return address
}

// join puts the separator between the texts that are there.
func join(args ...any) (any, error) {
	separator, _ := args[0].(string)
	var parts []string
	for _, arg := range args[1:] {
		if text, ok := arg.(string); ok && text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	joined := strings.Join(parts, separator)
	if len(joined) > maxText {
		return nil, fmt.Errorf("join: the text is longer than %d bytes", maxText)
	}
	return joined, nil
}

func valueOfType(args ...any) (any, error) {
	kind, _ := args[1].(string)
	return valueWhere(args[0], func(e map[string]any) bool {
		of, _ := e["type"].(string)
		return strings.EqualFold(of, kind)
	}), nil
}

func primary(args ...any) (any, error) {
	return valueWhere(args[0], isPrimary), nil
}

func isPrimary(e map[string]any) bool {
	marked, _ := e["primary"].(bool)
	return marked
}

// valueWhere gives the first value of the elements that match, nil if there is none.
func valueWhere(list any, match func(map[string]any) bool) any {
	elements, _ := list.([]any)
	for _, item := range elements {
		e, ok := item.(map[string]any)
		if !ok || !match(e) {
			continue
		}
		if value, ok := e["value"].(string); ok && value != "" {
			return value
		}
	}
	return nil
}

func refer(args ...any) (any, error) {
	id, ok := args[0].(string)
	if !ok || id == "" {
		return nil, nil
	}
	return reference{id}, nil
}

// language looks a language tag up in a table, then the tag without its last part, so that
// fr-CA finds what stands for fr.
func language(args ...any) (any, error) {
	tag, _ := args[0].(string)
	table, _ := args[1].(map[string]any)
	for tag = strings.ReplaceAll(tag, "_", "-"); tag != ""; {
		for key, value := range table {
			if strings.EqualFold(key, tag) {
				return value, nil
			}
		}
		cut := max(strings.LastIndexByte(tag, '-'), 0)
		tag = tag[:cut]
	}
	return nil, nil
}
