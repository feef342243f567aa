package connectors

import (
	"context"
	"errors"
	"fmt"
)

// ErrNoPermit says that a call was not made because its caller may make none any more. It says
// nothing about the vendor.
var ErrNoPermit = errors.New("connectors: no call may go out")

type permitKey struct{}

// OnlyWhile returns a context with which calls are made only while holds returns nil. It is asked
// right before a call goes out: a context that is ended by a timer ends too late for a process that
// was stopped as a whole and goes on.
func OnlyWhile(ctx context.Context, holds func() error) context.Context {
	return context.WithValue(ctx, permitKey{}, holds)
}

// MayCall returns why no call may go out with the context, nil when one may. It wraps ErrNoPermit.
func MayCall(ctx context.Context) error {
	holds, ok := ctx.Value(permitKey{}).(func() error)
	if !ok {
		return nil
	}
	if err := holds(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoPermit, err)
	}
	return nil
}
