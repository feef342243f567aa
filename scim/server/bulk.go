package server

import (
	"context"
	"net/http"

	"scimrelay/scim"
	"scimrelay/scim/bulk"
	"scimrelay/scim/schema"
)

// bulkLimits are those of a bulk request, which discovery publishes.
func (s *Server) bulkLimits() bulk.Limits { return bulk.Limits{Operations: s.Limits.Bulk} }

// bulk answers many operations in one request (RFC 7644 section 3.7). Each is what it would be
// alone, its commit included.
func (s *Server) bulk(r *request) (reply, error) {
	doc, err := scim.Decode(r.body, s.Limits.JSON)
	if err != nil {
		return reply{}, err
	}
	if err := message(doc, scim.MessageBulkRequest, r); err != nil {
		return reply{}, err
	}
	req, err := bulk.Parse(doc, s.bulkLimits())
	if err != nil {
		return reply{}, err
	}
	req.Base = r.base
	results, err := bulk.Run(r, req, s.NewID, operations{s, r})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: bulk.Response(results)}, nil
}

// operations carries out the operations of one bulk request.
type operations struct {
	server  *Server
	request *request
}

// Execute implements bulk.Executor.
func (o operations) Execute(ctx context.Context, op bulk.Operation) bulk.Result {
	r := &request{span: newSpan(ctx), http: o.request.http, principal: o.request.principal, dialect: o.request.dialect,
		base: o.request.base, query: query{}, operation: &op, id: op.ID}
	answer, err := o.run(r, op)
	o.request.notes = append(o.request.notes, r.notes...)
	result := bulk.Result{Method: op.Method, BulkID: op.BulkID, ID: op.ID, Status: answer.status, Location: answer.location, Version: answer.etag}
	if err != nil {
		e := classify(err)
		result.Status, result.Body = e.Status, e.Body()
	}
	return result
}

func (o operations) run(r *request, op bulk.Operation) (_ reply, err error) {
	if r.kind = r.at(op.Kind); r.kind == nil {
		return notFound(r)
	}
	if !validID(op.ID) {
		return reply{}, scim.NotFound(r.kind.Name, scim.ClipName(op.ID))
	}
	if r.shown, err = r.projection(r.kind); err != nil {
		return reply{}, err
	}
	switch op.Method {
	case http.MethodPost:
		r.id = ""
		return o.server.create(r)
	case http.MethodPut:
		return o.server.replace(r)
	case http.MethodPatch:
		return o.server.patch(r)
	case http.MethodDelete:
		return o.server.delete(r)
	}
	return reply{}, scim.BadRequest(scim.TypeInvalidSyntax, "no operation %q", scim.ClipName(op.Method))
}

// at is the type with the endpoint, nil if there is none.
func (r *request) at(endpoint string) *schema.ResourceType {
	for _, kind := range r.dialect.Schemas.Types() {
		if kind.Endpoint == "/"+endpoint {
			return kind
		}
	}
	return nil
}

// bulkFeature is what discovery says of bulk requests.
func (s *Server) bulkFeature() scim.Document {
	return scim.Document{"supported": true, "maxOperations": s.bulkLimits().Operations, "maxPayloadSize": int(s.Limits.Body)}
}
