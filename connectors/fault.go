package connectors

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Class is the kind of a vendor's failure. The list is closed: whatever happens at a vendor
// is one of these, decided once, where the answer is read.
type Class string

// The classes. What each leads to is one table in package relay.
const (
	NotFound     Class = "not_found"     // the vendor says, in its own shape, that there is no such object
	Exists       Class = "exists"        // the vendor refuses a create because the key is taken
	Ambiguous    Class = "ambiguous"     // more than one account has the match key, or it belongs to another link
	Invalid      Class = "invalid"       // the vendor refuses this person's data
	Denied       Class = "denied"        // the vendor refuses this one object; the credentials are fine
	Auth         Class = "auth"          // the target's credentials are refused
	Plan         Class = "plan"          // the vendor's plan or switch does not allow the call
	Seats        Class = "seats"         // no licence or seat is free
	Throttled    Class = "throttled"     // the vendor asks to wait
	Transient    Class = "transient"     // surely not done; may work later
	Unknown      Class = "unknown"       // the request left, the answer did not come: it may have been done
	EditConflict Class = "edit_conflict" // the account changed between read and write
	Nonsense     Class = "nonsense"      // an answer that is not the vendor's API speaking
	Unrecognised Class = "unrecognised"  // the vendor refuses in a way that nobody has foreseen
	Confirm      Class = "confirm"       // not done: a person has to agree to it first
	Internal     Class = "internal"      // our own mistake
)

// Classes lists every class, for exhaustive tables and tests.
func Classes() []Class {
	return []Class{NotFound, Exists, Ambiguous, Invalid, Denied, Auth, Plan, Seats, Throttled,
		Transient, Unknown, EditConflict, Nonsense, Unrecognised, Confirm, Internal}
}

// Fault is a failure at a vendor. Class is for code; Detail is for the tenant's
// administrator and holds the vendor's reason, cut and stripped, never personal data or a
// secret; Err is for the log.
type Fault struct {
	Class      Class
	Detail     string
	RetryAfter time.Duration // what the vendor asked for, zero if it did not
	// Uncertain says that the change may have been made all the same, whatever the class: the
	// call was one that must not be repeated blindly, it left, and no refusal came back.
	Uncertain bool
	// SCIMType is the scimType that an identity provider should be told (RFC 7644 section 3.12)
	// where it says more than the class, as "mutability" does.
	SCIMType string
	Err      error
}

// Error implements error.
func (f *Fault) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("%s: %s: %v", f.Class, f.Detail, f.Err)
	}
	return fmt.Sprintf("%s: %s", f.Class, f.Detail)
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Faultf makes a fault of the class with a detail for the administrator.
func Faultf(class Class, format string, args ...any) *Fault {
	return &Fault{Class: class, Detail: fmt.Sprintf(format, args...)}
}

// FaultOf returns the fault in err, nil when err is nil. A context that ended gives
// Transient, because a connector that honours ctx classifies a request that had left itself.
// Anything else is our bug.
func FaultOf(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &Fault{Class: Transient, Detail: "the call was cut short", Err: err}
	}
	return &Fault{Class: Internal, Detail: "internal error", Err: err}
}

// Is reports whether err is a fault of the class.
func Is(err error, class Class) bool {
	f := FaultOf(err)
	return f != nil && f.Class == class
}
