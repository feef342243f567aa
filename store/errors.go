package store

import (
	"errors"
	"fmt"
)

// The errors callers tell apart. Anything else that a method returns is ErrUnavailable.
var (
	// ErrNotFound says that the tenant has no such row.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that another living resource of the tenant has the name or the match key.
	ErrConflict = errors.New("name or match key is taken")
	// ErrFenced says that the lease was lost to another owner; nothing was written.
	ErrFenced = errors.New("lease was lost")
	// ErrTokens says that the tenant's rules for tokens forbid the change.
	ErrTokens = errors.New("token change refused")
	// ErrUnavailable says that the store could not do it now. Whether a write happened may
	// be unknown; asking again is safe.
	ErrUnavailable = errors.New("store unavailable")
	// ErrBusy is the ErrUnavailable of a store that has too many writers waiting.
	ErrBusy = fmt.Errorf("%w: too many writers are waiting", ErrUnavailable)
)

// MissingMemberError says that a group may not have the member: no living resource of the tenant
// has the id, or it is the group's own.
type MissingMemberError struct{ ID string }

// Error implements error.
func (e *MissingMemberError) Error() string { return "no such member: " + e.ID }

// unavailable marks err as the engine's failure, keeping it for the log.
func unavailable(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: %s: %w: %w", doing, ErrUnavailable, err)
}
