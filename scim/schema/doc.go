// Package schema owns what a SCIM resource may hold: the attributes of every resource type
// with their characteristics, read from the JSON files in definitions, and everything that
// follows from them: discovery documents, attribute paths, the one folding rule, and
// Normalize, which turns any client's dialect into the one canonical Document.
//
// Filters are scim/filter's, PATCH operations scim/patch's, uniqueness is the store's, and
// serving discovery over HTTP is scim/server's. A new resource type is one more schema file
// and one more entry in definitions/resource_types.json.
package schema
