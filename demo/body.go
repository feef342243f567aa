package demo

// body is the POST for a person: what has no value is null, and the manager comes later, when
// there is an id to point to.
func body(p Person) object {
	return object{
		"schemas":           []string{userURN, enterpriseURN},
		"externalId":        p.Nick,
		"userName":          p.UserName,
		"active":            p.Active,
		"displayName":       orNull(p.Display),
		"title":             orNull(p.Title),
		"preferredLanguage": orNull(p.Language),
		"name":              object{"formatted": p.Name(), "familyName": orNull(p.Family), "givenName": p.Given},
		"emails":            []any{object{"primary": true, "type": "work", "value": p.Mail}},
		"phoneNumbers":      phones(p),
		"addresses":         addresses(p.Address),
		"roles":             []any{},
		"meta":              object{"resourceType": "User"},
		enterpriseURN: object{
			"employeeNumber": p.Number, "department": orNull(p.Department),
		},
	}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func phones(p Person) any {
	var list []any
	if p.Phone != "" {
		list = append(list, object{"type": "work", "primary": true, "value": p.Phone})
	}
	if p.Mobile != "" {
		list = append(list, object{"type": "mobile", "value": p.Mobile})
	}
	if list == nil {
		return nil
	}
	return list
}

func addresses(a Address) any {
	if a == (Address{}) {
		return nil
	}
	return []any{object{"type": "work", "primary": true, "streetAddress": a.Street, "locality": a.City,
		"postalCode": a.PostalCode, "country": a.Country}}
}
