package connectors

import (
	"reflect"
	"strings"
)

// maxText bounds every text an expression may make, and maxItems every list a function makes;
// both are what the gateway takes from a client.
const (
	maxText  = 8 << 10
	maxItems = 1000
)

// function is one function a mapping may call.
type function struct {
	name string
	// signature is for the check when the file is read; at run time an absent attribute comes as
	// nil, and every function has an answer to it.
	signature any
	// result says what comes out where that depends on what goes in; there is no signature then.
	result func(arguments []reflect.Type) (reflect.Type, error)
	// checks are what else can be known when the file is read.
	checks []func(call)
	call   func(args ...any) (any, error)
}

// reference is what reference(id) gives: the id of another SCIM resource.
type reference struct{ id string }

// functions are what mappings and scopes may call beside expr's own operators: our own, and
// those an administrator knows from Entra ID.
func functions() []function {
	own := []function{
		{name: "localPart", signature: new(func(string) string), call: onText(localPart)},
		{name: "lower", signature: new(func(string) string), call: onText(strings.ToLower)},
		{name: "upper", signature: new(func(string) string), call: onText(strings.ToUpper)},
		{name: "join", signature: new(func(string, ...any) string), call: join},
		{name: "split", signature: new(func(string, string, ...int) []string), call: split},
		{name: "value", signature: new(func([]any, string) string), call: valueOfType},
		{name: "primary", signature: new(func([]any) string), call: primary},
		{name: "reference", signature: new(func(string) reference), call: refer},
		{name: "language", signature: new(func(string, map[string]any) string), call: language},
		{name: "callingCode", signature: new(func(string) string), call: onText(callingCode)},
		{name: "nationalNumber", signature: new(func(string) string), call: onText(nationalNumber)},
	}
	return append(own, entraFunctions()...)
}

// builtins are expr's own functions that stay switched on. The rest go: some grow a text
// without expr's memory budget noticing (replace, concat), some are not a function of the
// person alone (now).
func builtins() []string {
	return []string{"len", "int", "float", "string", "trim", "trimPrefix", "trimSuffix",
		"indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "first", "last", "keys", "values",
		"abs", "round", "floor", "ceil", "min", "max", "reverse", "uniq", "sort"}
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
	return joined(separator, parts)
}

// joined is nil where nothing is to be joined.
func joined(separator string, parts []string) (any, error) {
	size := len(separator) * max(0, len(parts)-1)
	for _, part := range parts {
		size += len(part)
	}
	switch {
	case size > maxText:
		return nil, tooLong()
	case size == 0:
		return nil, nil
	}
	return strings.Join(parts, separator), nil
}

// split cuts a text at every separator, as expr's function of the name does, into a list of
// bounded length.
func split(args ...any) (any, error) {
	text, ok := args[0].(string)
	separator, too := args[1].(string)
	if !ok || !too {
		return nil, nil
	}
	pieces := -1
	if len(args) > 2 {
		limit, ok := wholeOf(args[2])
		if !ok {
			return nil, problem("split: the third argument is no whole number")
		}
		pieces = int(min(max(limit, -1), maxItems))
	}
	if pieces < 0 && strings.Count(text, separator) >= maxItems {
		return nil, tooMany()
	}
	return listOf(strings.SplitN(text, separator, pieces)), nil
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
