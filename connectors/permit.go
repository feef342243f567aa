package connectors

import "context"

type permitKey struct{}

// OnlyWhile returns a context with which calls are made only while holds returns nil. It is asked
// right before a call goes out: a context that is ended by a timer ends too late for a process that
// was stopped as a whole and goes on.
func OnlyWhile(ctx context.Context, holds func() error) context.Context {
	return context.WithValue(ctx, permitKey{}, holds)
}

// MayCall returns why no call may go out with the context, nil when one may.
func MayCall(ctx context.Context) error {
	if holds, ok := ctx.Value(permitKey{}).(func() error); ok {
		return holds()
	}
	return nil
}
