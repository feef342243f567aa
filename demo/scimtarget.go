package demo

// scimTarget is another SCIM 2.0 server (RFC 7643). It knows accounts by their userName, holds
// whatever is pushed as it was pushed, and switches leavers off.
func scimTarget() Vendor {
	v := Vendor{Name: "scimtarget", Title: "SCIM 2.0 server",
		Key: func(p Person) string { return p.UserName }, Want: scimTargetWants, Have: scimTargetHas}
	v.Groups = alike(v)
	return v
}

func scimTargetWants(p Person, all People) Fields {
	want := Fields{"userName": fold(p.UserName), "mail": fold(p.Mail), "manager": fold(all[p.Manager].UserName)}
	// What the directory has never had a value for is nobody's promise.
	for name, value := range map[string]string{
		"displayName": p.Display, "externalId": p.Nick, "title": p.Title, "givenName": p.Given, "familyName": p.Family,
		"language": p.Language, "phone": p.Phone, "mobile": p.Mobile, "street": p.Address.Street, "city": p.Address.City,
		"postalCode": p.Address.PostalCode, "country": p.Address.Country, "department": p.Department, "number": p.Number,
	} {
		if value != "" {
			want[name] = value
		}
	}
	return want
}

func scimTargetHas(a Account, all Accounts) Fields {
	name, _ := a.Native["name"].(object)
	work, _ := a.Native[enterpriseURN].(object)
	manager, _ := work["manager"].(object)
	address := a.element("addresses", "work")
	return Fields{
		"userName": fold(a.text("userName")), "mail": fold(asText(a.element("emails", "work")["value"])),
		"displayName": a.text("displayName"), "externalId": a.text("externalId"), "title": a.text("title"),
		"givenName": asText(name["givenName"]), "familyName": asText(name["familyName"]), "language": a.text("preferredLanguage"),
		"phone": asText(a.element("phoneNumbers", "work")["value"]), "mobile": asText(a.element("phoneNumbers", "mobile")["value"]),
		"street": asText(address["streetAddress"]), "city": asText(address["locality"]), "postalCode": asText(address["postalCode"]),
		"country": asText(address["country"]), "department": asText(work["department"]), "number": asText(work["employeeNumber"]),
		"manager": fold(all[ID(asText(manager["value"]))].Key),
	}
}

// element is the element of the type in one of the account's lists, empty when there is none.
func (a Account) element(list, kind string) object {
	items, _ := a.Native[list].([]any)
	for _, item := range items {
		if element, _ := item.(object); asText(element["type"]) == kind {
			return element
		}
	}
	return object{}
}
