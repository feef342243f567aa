package server

import (
	"net/http"
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/tenants"
)

// isDiscovery reports whether a route only tells what the server can.
func isDiscovery(route string) bool {
	for _, endpoint := range []string{"/ServiceProviderConfig", "/Schemas", "/ResourceTypes"} {
		if path := strings.TrimSuffix(route, "/:id"); strings.HasSuffix(path, "/scim/v2"+endpoint) {
			return true
		}
	}
	return false
}

func (s *Server) discovery(r *request) schema.Discovery {
	return schema.Discovery{Set: r.dialect.Schemas, Base: r.base, HideUnreturned: r.dialect.Profile.HideUnreturned}
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

// unfiltered refuses a filter, which RFC 7644 section 4 forbids on discovery.
func unfiltered(do handler) handler {
	return func(r *request) (reply, error) {
		if r.query.has("filter") {
			return reply{}, &scim.Error{Status: http.StatusForbidden, Detail: "discovery cannot be filtered"}
		}
		return do(r)
	}
}

// documents answers with all of them: count and startIndex mean nothing here.
func documents(r *request, docs []scim.Document) (reply, error) {
	rendered := make([][]byte, len(docs))
	for i, doc := range docs {
		var err error
		if rendered[i], err = scim.Encode(doc); err != nil {
			return reply{}, err
		}
	}
	return reply{status: http.StatusOK, body: page(listing{total: len(docs), start: 1, items: len(docs)}, rendered)}, nil
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
	doc := scim.Document{
		"schemas":        []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          scim.Document{"supported": true},
		"bulk":           s.bulkFeature(),
		"filter":         scim.Document{"supported": true, "maxResults": s.Limits.Count},
		"changePassword": scim.Document{"supported": false}, // a password is taken and kept nowhere
		"sort":           scim.Document{"supported": true},
		"etag":           scim.Document{"supported": r.dialect.Profile.ETags},
		"pagination": scim.Document{"cursor": true, "index": true, "defaultPaginationMethod": "index",
			"defaultPageSize": s.Limits.Page, "maxPageSize": s.Limits.Count, "cursorTimeout": int(s.Limits.Cursor.Seconds())},
		"securityEvents":        s.eventsFeature(r),
		"authenticationSchemes": authenticationSchemes(r.principal.Tenant.Auth),
		"meta":                  scim.Document{"resourceType": "ServiceProviderConfig", "location": r.base + "/ServiceProviderConfig"},
	}
	if r.dialect.Profile.AnnounceInterop {
		doc["interopProfileConformant"] = true
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
