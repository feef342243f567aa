package event

import (
	"strconv"
	"time"

	"scimrelay/scim"
)

// AsyncResponse is the event that says how an asynchronous request ended (RFC 9967 section
// 2.5.1.3).
const AsyncResponse = "urn:ietf:params:scim:event:misc:asyncresp"

// Token is what a Security Event Token says: one event about one resource.
type Token struct {
	ID          string // jti
	Issuer      string // a tenant's SCIM base URL
	IssuedAt    time.Time
	Audience    string // the client it is for
	Transaction string // txn, as the client was told it
	Subject     string // the resource's path below the base URL
	Event       string // its URI
	Payload     scim.Document
}

// claims are the token as JSON has it. The subject is in sub_id and never in sub, which would
// make an event pass for a login (RFC 9967 section 2.1).
func (t Token) claims() scim.Document {
	return scim.Document{
		"jti":    t.ID,
		"iss":    t.Issuer,
		"iat":    int(t.IssuedAt.Unix()),
		"aud":    []any{t.Audience},
		"txn":    t.Transaction,
		"sub_id": scim.Document{"format": "scim", "uri": t.Subject},
		"events": scim.Document{t.Event: t.Payload},
	}
}

// Outcome is how one request ended.
type Outcome struct {
	Method   string
	Location string
	Version  string // the entity tag, empty when there is none
	Status   int
	Failure  *scim.Error // nil when all went well; its status is the outcome's
}

// Payload is the outcome as an AsyncResponse has it: like an operation of a bulk response (RFC
// 7644 section 3.7.3), with the error as response.
func (o Outcome) Payload() scim.Document {
	doc := scim.Document{"method": o.Method, "location": o.Location, "status": strconv.Itoa(o.Status)}
	if o.Version != "" {
		doc["version"] = o.Version
	}
	if o.Failure != nil {
		doc["status"], doc["response"] = strconv.Itoa(o.Failure.Status), o.Failure.Document()
	}
	return doc
}
