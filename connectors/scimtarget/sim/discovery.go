package sim

import (
	"net/http"
	"slices"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// discovered serves a discovery document, unless there is none.
func (s *Sim) discovered(make func() any) handler {
	return func(*customer, *http.Request) (answer, error) {
		if s.knobs.NoDiscovery {
			return answer{}, &scim.Error{Status: http.StatusNotFound, Detail: "There is nothing here."}
		}
		return answer{status: http.StatusOK, body: make()}, nil
	}
}

func (s *Sim) config() any {
	supported := func(is bool) map[string]any { return map[string]any{"supported": is} }
	config := map[string]any{
		"schemas":        []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          supported(!s.knobs.PutOnly),
		"bulk":           map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter":         map[string]any{"supported": !s.knobs.NoFilter, "maxResults": s.knobs.MaxResults},
		"changePassword": supported(false), "sort": supported(false), "etag": supported(true),
		"authenticationSchemes": []any{map[string]any{"type": "oauthbearertoken", "name": "OAuth Bearer Token", "description": "A token."}},
	}
	if s.knobs.Cursors {
		config["pagination"] = map[string]any{"cursor": true, "index": false, "defaultPaginationMethod": "cursor", "maxPageSize": s.knobs.MaxResults}
	}
	return config
}

func (s *Sim) types() any {
	documents := schema.Discovery{Set: s.set, Base: root}.ResourceTypes()
	if s.knobs.NoGroups {
		documents = slices.DeleteFunc(documents, func(d scim.Document) bool { return d["name"] == scim.TypeGroup })
	}
	return listOf(documents)
}

// schemas are what the server knows, what it lacks taken out.
func (s *Sim) schemas() any {
	documents := schema.Discovery{Set: s.set, Base: root}.Schemas()
	documents = slices.DeleteFunc(documents, func(d scim.Document) bool { return slices.Contains(s.knobs.Lacks, text(d, "id")) })
	for _, d := range documents {
		attributes, _ := d["attributes"].([]any)
		attributes = slices.DeleteFunc(attributes, func(a any) bool {
			attribute, _ := a.(map[string]any)
			return slices.Contains(s.knobs.Lacks, text(attribute, "name"))
		})
		for _, a := range attributes {
			if attribute, _ := a.(map[string]any); text(attribute, "name") == "userName" {
				attribute["caseExact"] = s.knobs.CaseSensitive
			}
		}
		d["attributes"] = attributes
	}
	return listOf(documents)
}

func listOf(documents []scim.Document) any {
	return map[string]any{"schemas": []string{scim.MessageList}, "totalResults": len(documents), "itemsPerPage": len(documents),
		"startIndex": 1, "Resources": documents}
}
