package scim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// The scimType values of RFC 7644 table 9 and, the last three, of RFC 9865 section 2.1. No
// other value may appear in an answer.
const (
	TypeInvalidFilter = "invalidFilter"
	TypeTooMany       = "tooMany"
	TypeUniqueness    = "uniqueness"
	TypeMutability    = "mutability"
	TypeInvalidSyntax = "invalidSyntax"
	TypeInvalidPath   = "invalidPath"
	TypeNoTarget      = "noTarget"
	TypeInvalidValue  = "invalidValue"
	TypeInvalidVers   = "invalidVers"
	TypeSensitive     = "sensitive"

	TypeInvalidCursor = "invalidCursor"
	TypeExpiredCursor = "expiredCursor"
	TypeInvalidCount  = "invalidCount"
)

// Error is a refusal in SCIM's own terms. Status and Type are for code, Detail is for the
// caller and never holds a secret or an internal name, Err is the cause for the log.
type Error struct {
	Status int
	Type   string
	Detail string
	Err    error
}

// Error implements error. It names the cause too, so it is for logs, not for callers.
func (e *Error) Error() string {
	msg := fmt.Sprintf("scim %d", e.Status)
	if e.Type != "" {
		msg += " " + e.Type
	}
	msg += ": " + e.Detail
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Document is the error as a part of another message (RFC 7644 section 3.12).
func (e *Error) Document() Document {
	doc := Document{"schemas": []any{MessageError}, "status": strconv.Itoa(e.Status), "detail": e.Detail}
	if e.Type != "" {
		doc["scimType"] = e.Type
	}
	return doc
}

// Body is the error as the caller gets it.
func (e *Error) Body() []byte {
	body, err := Encode(e.Document())
	if err != nil { // a detail that is no text: the status still says enough
		return []byte(`{"schemas":["` + MessageError + `"],"status":"` + strconv.Itoa(e.Status) + `","detail":"error"}`)
	}
	return body
}

// BadRequest is a 400 with one of the Type constants and a detail for the caller.
func BadRequest(scimType, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: scimType, Detail: fmt.Sprintf(format, args...)}
}

// NotFound is the 404 for a resource of the given type. An id of another tenant gives the same.
func NotFound(resourceType, id string) *Error {
	return &Error{Status: http.StatusNotFound, Detail: fmt.Sprintf("%s %q not found", resourceType, id)}
}

// IsNotFound reports whether err is a 404.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// Conflict is the 409 uniqueness error for the attribute (RFC 7644 section 3.3).
func Conflict(attribute string) *Error {
	return &Error{Status: http.StatusConflict, Type: TypeUniqueness,
		Detail: fmt.Sprintf("another resource already has this %s", attribute)}
}

// AsError returns err as an *Error. Whatever is not one is internal: the caller gets a 500
// that says nothing, and the cause stays in Err for the log.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Status: http.StatusInternalServerError, Detail: "internal error", Err: err}
}
