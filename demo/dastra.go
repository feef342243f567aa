package demo

// dastra is Dastra. It knows people by the e-mail they log in with, which is the directory's
// userName, keeps names and little else, and takes a leaver's roles away. Every organisation has an
// owner of its own from the first day.
func dastra() Vendor {
	v := Vendor{Name: "dastra", Title: "Dastra",
		Key: func(p Person) string { return p.UserName }, Want: dastraWants, Have: dastraHas,
		Own: func(a Account) bool { return a.Native["isOwner"] == true }}
	v.Groups = alike(v)
	return v
}

func dastraWants(p Person, _ People) Fields {
	want := Fields{"email": fold(p.UserName), "givenName": p.Given, "familyName": p.Family, "displayName": p.Display, "role": "3"}
	if p.Display == "" {
		want["displayName"] = p.Name()
	}
	if !active(p) {
		want["role"] = ""
	}
	return want
}

func dastraHas(a Account, _ Accounts) Fields {
	have := Fields{"email": fold(a.text("email")), "givenName": a.text("givenName"), "familyName": a.text("familyName"),
		"displayName": a.text("displayName"), "role": ""}
	roles, _ := a.Native["roles"].([]any)
	for _, held := range roles { // more than one would not be the default role alone
		role, _ := held.(object)
		have["role"] += asText(role["id"])
	}
	return have
}
