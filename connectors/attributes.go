package connectors

import (
	"maps"
	"strings"

	"github.com/expr-lang/expr/types"

	"scimrelay/scim"
)

// element is what one value of a multi-valued attribute holds (RFC 7643 section 2.4).
func element() types.Map {
	return types.Map{"value": types.String, "display": types.String, "type": types.String,
		"primary": types.Bool, "$ref": types.String}
}

// userTypes are the attributes of a SCIM User that an expression may read: the core ones, the
// enterprise extension's beside them, and by their URN those of the extensions.
func userTypes(x extensions) types.Map {
	all := coreTypes()
	x.declare(all)
	return all
}

// coreTypes are those of RFC 7643 sections 4.1 and 4.3 that are read without a URN.
func coreTypes() types.Map {
	return types.Map{
		"userName": types.String, "externalId": types.String, "displayName": types.String,
		"nickName": types.String, "profileUrl": types.String, "title": types.String,
		"userType": types.String, "preferredLanguage": types.String, "locale": types.String,
		"timezone": types.String, "active": types.Bool,
		"name":   nameTypes(),
		"emails": types.Array(element()), "phoneNumbers": types.Array(element()),
		"ims": types.Array(element()), "photos": types.Array(element()),
		"entitlements": types.Array(element()), "roles": types.Array(element()),
		"x509Certificates": types.Array(element()),
		"addresses": types.Array(types.Map{"formatted": types.String, "streetAddress": types.String,
			"locality": types.String, "region": types.String, "postalCode": types.String,
			"country": types.String, "type": types.String, "primary": types.Bool}),
		"employeeNumber": types.String, "costCenter": types.String, "organization": types.String,
		"division": types.String, "department": types.String,
		"manager": types.String, "managerName": types.String,
	}
}

func nameTypes() types.Map {
	return types.Map{"formatted": types.String, "familyName": types.String,
		"givenName": types.String, "middleName": types.String,
		"honorificPrefix": types.String, "honorificSuffix": types.String}
}

// groupTypes are the attributes of a SCIM Group that an expression may read (RFC 7643 section
// 4.2). Who is in it is no field: members go through EditMembers.
func groupTypes(x extensions) types.Map {
	all := types.Map{"displayName": types.String, "externalId": types.String}
	x.declare(all)
	return all
}

// groupValues lays a group's document out as expressions read it.
func groupValues(doc scim.Document, x extensions) map[string]any {
	group := make(map[string]any, len(doc)+1)
	x.lay(group, doc)
	for name, value := range doc {
		if !strings.Contains(name, ":") {
			group[name] = value
		}
	}
	return group
}

// enterprisePath gives the SCIM path of an attribute of the enterprise extension under the
// name an expression uses for it.
func enterprisePath(name string) (string, bool) {
	switch name {
	case "employeeNumber", "costCenter", "organization", "division", "department":
		return scim.SchemaEnterprise + ":" + name, true
	case "manager":
		return scim.SchemaEnterprise + ":manager.value", true
	case "managerName":
		return scim.SchemaEnterprise + ":manager.displayName", true
	default:
		return "", false
	}
}

// userValues lays a document out as expressions read it: a missing object is empty, a
// missing list is empty, a missing value is nil, and none of them is an error.
func userValues(doc scim.Document, x extensions) map[string]any {
	user := make(map[string]any, len(doc)+8)
	x.lay(user, doc)
	for name, value := range doc {
		if !strings.Contains(name, ":") {
			user[name] = value
		}
	}
	if enterprise, ok := doc[scim.SchemaEnterprise].(map[string]any); ok {
		flatten(user, enterprise)
	}
	for _, list := range []string{"emails", "phoneNumbers", "ims", "photos", "entitlements",
		"roles", "x509Certificates", "addresses"} {
		if _, ok := user[list].([]any); !ok {
			user[list] = []any{}
		}
	}
	if _, ok := user["name"].(map[string]any); !ok {
		user["name"] = map[string]any{}
	}
	user["active"] = isActive(doc)
	return user
}

func flatten(user, enterprise map[string]any) {
	maps.Copy(user, enterprise)
	delete(user, "manager")
	switch manager := enterprise["manager"].(type) {
	case string:
		user["manager"] = manager
	case map[string]any:
		user["manager"], user["managerName"] = manager["value"], manager["displayName"]
	}
}

// isActive counts an unset active as true, and only a clear no as false.
func isActive(doc scim.Document) bool {
	switch active := doc["active"].(type) {
	case bool:
		return active
	case string:
		return !strings.EqualFold(active, "false")
	default:
		return true
	}
}
