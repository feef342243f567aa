package server

import (
	"net/http"

	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/tenants"
)

func (s *Server) discovery(r *request) schema.Discovery {
	return schema.Discovery{Set: s.Schemas, Base: r.base}
}

func (s *Server) schemas(r *request) (reply, error) { return documents(r, s.discovery(r).Schemas()) }

func (s *Server) resourceTypes(r *request) (reply, error) {
	return documents(r, s.discovery(r).ResourceTypes())
}

func (s *Server) schema(r *request) (reply, error) {
	doc, ok := s.discovery(r).Schema(r.id)
	return document(r, "Schema", doc, ok)
}

func (s *Server) resourceType(r *request) (reply, error) {
	doc, ok := s.discovery(r).ResourceType(r.id)
	return document(r, "ResourceType", doc, ok)
}

// documents answers with all of them: count and startIndex mean nothing here, and a filter is
// forbidden (RFC 7644 section 4).
func documents(r *request, docs []scim.Document) (reply, error) {
	query, err := parseQuery(r.http.URL.RawQuery)
	if err != nil {
		return reply{}, err
	}
	if query.has("filter") {
		return reply{}, &scim.Error{Status: http.StatusForbidden, Detail: "discovery cannot be filtered"}
	}
	rendered := make([][]byte, len(docs))
	for i, doc := range docs {
		if rendered[i], err = scim.Encode(doc); err != nil {
			return reply{}, err
		}
	}
	return reply{status: http.StatusOK, body: page(len(docs), 1, rendered)}, nil
}

func document(r *request, kind string, doc scim.Document, ok bool) (reply, error) {
	if !ok {
		return reply{}, scim.NotFound(kind, scim.ClipName(r.id))
	}
	body, err := scim.Encode(doc)
	return reply{status: http.StatusOK, body: body}, err
}

// serviceProviderConfig says what this server can, with every member that clients insist on
// even where the answer is no (C-30).
func (s *Server) serviceProviderConfig(r *request) (reply, error) {
	no := scim.Document{"supported": false}
	doc := scim.Document{
		"schemas":        []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          scim.Document{"supported": true},
		"bulk":           scim.Document{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter":         scim.Document{"supported": true, "maxResults": s.Limits.Count},
		"changePassword": no,
		"sort":           no,
		"etag":           no,
		"pagination": scim.Document{"cursor": false, "index": true, "defaultPaginationMethod": "index",
			"defaultPageSize": s.Limits.Page, "maxPageSize": s.Limits.Count},
		"authenticationSchemes": authenticationSchemes(r.principal.Tenant.Auth),
		"meta":                  scim.Document{"resourceType": "ServiceProviderConfig", "location": r.base + "/ServiceProviderConfig"},
	}
	body, err := scim.Encode(doc)
	return reply{status: http.StatusOK, body: body}, err
}

func authenticationSchemes(a tenants.Auth) []any {
	list := []any{}
	for _, scheme := range a.Schemes() {
		list = append(list, scim.Document{"type": scheme.Type, "name": scheme.Name, "description": scheme.Description,
			"specUri": scheme.SpecURI, "primary": scheme.Primary})
	}
	return list
}
