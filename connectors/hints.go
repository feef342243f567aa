package connectors

import (
	"strings"
)

// hint is what to add to expr's message for somebody who writes as in Entra ID.
func hint(message string, text []rune, at int) string {
	if name, ok := strings.CutPrefix(message, "unknown name "); ok {
		return hintName(name, at > 0 && at <= len(text) && text[at-1] == '[')
	}
	if urn, ok := strings.CutPrefix(message, "unknown field "); ok && strings.HasPrefix(strings.ToLower(urn), "urn:") {
		return ": the tenant's file declares no extension of this URN for this type of resource"
	}
	switch message {
	case `unexpected token Operator(",")`:
		return ": write nil for an argument that is left out"
	case `unexpected token Operator("=")`:
		return `: write == to compare`
	case `unexpected token Operator(">")`:
		if at > 0 && at <= len(text) && text[at-1] == '<' {
			return `: write != for not equal`
		}
	case `unexpected token Operator("&")`:
		return `: write a number like &HF as 0xF`
	}
	return ""
}

// hintName helps with a name that nothing has here.
func hintName(name string, bracketed bool) string {
	if instead, ok := notHere(name); ok {
		return ": " + instead
	}
	if path, ok := scimName(name); ok {
		form := ": write " + path
		if bracketed {
			form += ", not [" + name + "]"
		}
		return form
	}
	if name == null {
		return ": nothing is written nil"
	}
	for _, f := range functions() {
		if strings.EqualFold(f.name, name) {
			return ": the function is written " + f.name
		}
	}
	if bracketed {
		return ": an attribute is written user.name.givenName, not [givenName]"
	}
	return ""
}

// notHere says, of a function of Entra's that would give another value each time or knows only
// Entra's directory, what to write in its place.
func notHere(function string) (instead string, ok bool) {
	switch function {
	case "Guid":
		return "a new value each time would be a change each time: take user.id, which is the person's own and stays", true
	case "Now":
		return "a field depends on the person alone, not on the clock: compare two of the person's dates with DateDiff, or let the identity provider send active", true
	case "RandomString":
		return "a new value each time would be a change each time: take a part of what stays, as in Left(ConvertToUTF8Hex(user.id), 12)", true
	case "SelectUniqueValue":
		return "only the vendor knows which values are taken: write the first rule alone; a taken value shows as a conflict of the one person", true
	case "AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex":
		return "all roles are in user.roles, as in map(user.roles, .value)", true
	default:
		return "", false
	}
}

// scimName is how an attribute is written here that Entra ID, or SCIM, calls by the name.
func scimName(name string) (path string, ok bool) {
	switch name {
	case "surname", "sn":
		return "user.name.familyName", true
	case "mail":
		return `value(user.emails, "work")`, true
	case "otherMails", "proxyAddresses":
		return "user.emails", true
	case "userPrincipalName", "originalUserPrincipalName":
		return "user.userName", true
	case "mailNickname":
		return "user.externalId or localPart(user.userName)", true
	case "objectId":
		return "user.externalId", true
	case "jobTitle":
		return "user.title", true
	case "companyName":
		return "user.organization", true
	case "employeeId":
		return "user.employeeNumber", true
	case "telephoneNumber":
		return `value(user.phoneNumbers, "work")`, true
	case "mobile":
		return `value(user.phoneNumbers, "mobile")`, true
	case "facsimileTelephoneNumber":
		return `value(user.phoneNumbers, "fax")`, true
	case "city":
		return "first(user.addresses)?.locality", true
	case "state":
		return "first(user.addresses)?.region", true
	case "country", "usageLocation":
		return "first(user.addresses)?.country", true
	case "streetAddress", "postalCode":
		return "first(user.addresses)?." + name, true
	case "appRoleAssignments":
		return "user.roles", true
	case "accountEnabled", "IsSoftDeleted":
		return "user.active", true
	}
	if _, ok := nameTypes()[name]; ok {
		return "user.name." + name, true
	}
	if _, ok := coreTypes()[name]; ok {
		return "user." + name, true
	}
	if strings.HasPrefix(name, "extensionAttribute") {
		return `user["urn:…:User"].` + name + ", an attribute of an extension that the tenant's file declares", true
	}
	return "", false
}
