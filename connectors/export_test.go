package connectors

import "slices"

// FunctionNames are the functions that expressions may call.
func FunctionNames() []string {
	var names []string
	for _, f := range functions() {
		names = append(names, f.name)
	}
	return slices.Concat(names, builtins())
}
