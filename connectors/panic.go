package connectors

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Panicked is the fault of what a deferred recover has caught: our own mistake, with the place
// where it was made for the log. Of the panic's value only what the runtime says is kept, for
// anything else may hold somebody's data.
func Panicked(value any) *Fault {
	said := fmt.Sprintf("a %T", value)
	if err, ok := value.(error); ok {
		var mistake runtime.Error
		if errors.As(err, &mistake) {
			said = mistake.Error()
		}
	}
	return &Fault{Class: Internal, Detail: "internal error", Err: fmt.Errorf("panic: %s\n%s", said, debug.Stack())}
}
