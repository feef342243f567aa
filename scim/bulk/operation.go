package bulk

import (
	"net/http"
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// maxBulkID bounds what the response repeats.
const maxBulkID = 256

// Operation is one operation of a bulk request.
type Operation struct {
	Method  string // POST, PUT, PATCH or DELETE
	BulkID  string
	Path    string
	Version string // to be treated as If-Match; a POST has none
	Data    scim.Document
	// Kind and ID are the two parts of the path, as in Users and 2819c223. Whether there is
	// such an endpoint is the Executor's to say. An Executor gets a POST with the ID that the
	// new resource shall have, and no ID of any operation is a reference then.
	Kind, ID string

	fault *scim.Error // why it is refused unseen
}

// parseOperation reads one operation, whatever it is.
func parseOperation(v any, limits Limits) Operation {
	obj, ok := v.(scim.Document)
	if !ok {
		return Operation{fault: scim.BadRequest(scim.TypeInvalidSyntax, "an operation must be an object")}
	}
	var op Operation
	var fault *scim.Error
	for _, field := range []struct {
		name string
		into *string
	}{{"method", &op.Method}, {"bulkId", &op.BulkID}, {"path", &op.Path}, {"version", &op.Version}} {
		v, _ := schema.Member(obj, field.name)
		text, ok := v.(string)
		if v != nil && !ok {
			fault = scim.BadRequest(scim.TypeInvalidSyntax, "%s must be a string", field.name)
		}
		*field.into = text
	}
	op.Method = strings.ToUpper(op.Method)
	if len(op.BulkID) > maxBulkID {
		op.BulkID, fault = "", scim.BadRequest(scim.TypeInvalidSyntax, "bulkId is longer than %d bytes", maxBulkID)
	}
	data, _ := schema.Member(obj, "data")
	op.Data, _ = data.(scim.Document)
	if op.fault = fault; fault == nil {
		op.fault = op.check(limits)
	}
	return op
}

// check says what is wrong with an operation by itself, nil for nothing.
func (op *Operation) check(limits Limits) *scim.Error {
	switch op.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if op.Data == nil {
			return scim.BadRequest(scim.TypeInvalidSyntax, "%s needs data, an object", op.Method)
		}
	case http.MethodDelete:
		op.Data = nil
	default:
		method := scim.ClipName(op.Method)
		op.Method = method
		return scim.BadRequest(scim.TypeInvalidSyntax, "method must be POST, PUT, PATCH or DELETE, not %q", method)
	}
	if op.Method == http.MethodPost {
		op.Version = ""
		if op.BulkID == "" {
			return scim.BadRequest(scim.TypeInvalidSyntax, "POST needs a bulkId")
		}
	}
	return op.locate(limits)
}

// locate reads the path: an endpoint for POST, a resource for the others.
func (op *Operation) locate(limits Limits) *scim.Error {
	if len(op.Path) > limits.PathLength {
		return scim.BadRequest(scim.TypeInvalidSyntax, "path is longer than %d bytes", limits.PathLength)
	}
	path := strings.TrimSuffix(strings.TrimPrefix(op.Path, "/"), "/")
	kind, id, _ := strings.Cut(path, "/")
	switch {
	case scim.EqualName(kind, "Bulk"):
		return scim.BadRequest(scim.TypeInvalidSyntax, "a bulk request holds no other")
	case kind == "" || strings.ContainsAny(path, "?#") || strings.HasPrefix(kind, prefix):
		return scim.BadRequest(scim.TypeInvalidSyntax, "path must be an endpoint, or an endpoint and an id")
	case op.Method == http.MethodPost && id != "":
		return scim.BadRequest(scim.TypeInvalidSyntax, "the path of a POST is an endpoint")
	case op.Method != http.MethodPost && (id == "" || id == prefix):
		return scim.BadRequest(scim.TypeInvalidSyntax, "the path of %s ends in an id", op.Method)
	case !strings.HasPrefix(id, prefix) && strings.Contains(id, "/"):
		return &scim.Error{Status: http.StatusNotFound, Detail: "there is no such path"}
	}
	op.Kind, op.ID = kind, id
	return nil
}
