package demo

import (
	"strconv"
	"strings"
)

// ivanti is Ivanti Neurons for MDM. It knows accounts by a user name that never changes, insists
// on both names, takes no blank, and keeps the department as a custom attribute. A group is a
// user group of the same name.
func ivanti() Vendor {
	v := Vendor{Name: "ivanti", Title: "Ivanti Neurons for MDM",
		Key: firstUserName, Want: ivantiWants, Have: ivantiHas}
	v.Groups = alike(v)
	return v
}

// firstUserName is the name the person came with: whoever was renamed since keeps it at a vendor
// that never changes it. The number at the end of the directory's id says who it is.
func firstUserName(p Person) string {
	number := p.ID[strings.LastIndexByte(p.ID, '-')+1:]
	if n, err := strconv.Atoi(number); err == nil && n > 0 {
		return person(n - 1).UserName
	}
	return p.UserName
}

func ivantiWants(p Person, _ People) Fields {
	want := Fields{"emailAddress": fold(p.Mail), "firstName": p.Given, "lastName": p.Family, "displayName": p.Display, "accountSource": "LOCAL"}
	if p.Family == "" {
		want["lastName"] = p.Given
	}
	if p.Display == "" {
		want["displayName"] = p.Name()
	}
	if p.Department != "" {
		want["department"] = p.Department
	}
	if p.Language != "" { // whoever has none gets the tenant's
		want["locale"] = strings.ReplaceAll(p.Language, "-", "_")
	}
	return want
}

func ivantiHas(a Account, _ Accounts) Fields {
	custom, _ := a.Native["customAttributes"].(object)
	return Fields{
		"emailAddress": fold(a.text("emailAddress")), "firstName": a.text("firstName"), "lastName": a.text("lastName"),
		"displayName": a.text("displayName"), "accountSource": a.text("accountSource"), "locale": a.text("locale"),
		"department": asText(custom["department"]),
	}
}
