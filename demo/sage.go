package demo

import "strings"

// sage is Sage Sales Management. It knows accounts by their e-mail, insists on both names, has
// no field for an address and no French, and only ever deactivates.
func sage() Vendor {
	return Vendor{Name: "sage", Title: "Sage Sales Management",
		Key: func(p Person) string { return p.Mail }, Want: sageWants, Have: sageHas, Groups: sageRoles}
}

// sageRoles are the roles that the simulator's sample gives for two of the company's groups.
func sageRoles(groups []Group, all People) map[string][]string {
	want := map[string][]string{}
	for _, g := range groups {
		role := map[string]string{"Sales Managers": "Sales Role", "Area Managers": "Area Manager"}[g.Name]
		if role != "" {
			want[role] = g.keysOf(sage(), all, func(Person) bool { return true })
		}
	}
	return want
}

func sageWants(p Person, all People) Fields {
	want := Fields{"email": fold(p.Mail), "name": p.Given, "lastName": p.Family, "manager": fold(all[p.Manager].Mail)}
	if p.Family == "" {
		want["lastName"] = p.Given
	}
	// Without a number Sage holds one that stands in; without a language the tenant's.
	if number := dialled(p.Phone, p.Mobile); number != "" {
		want["phone"] = number
	}
	if p.Language != "" {
		want["uiLanguage"] = sageLanguage(p.Language)
	}
	return want
}

func sageHas(a Account, all Accounts) Fields {
	manager, _ := a.Native["managerId"].(object) // {"id": 7, "description": …}, -1 is nobody
	return Fields{
		"email": fold(a.text("email")), "name": a.text("name"), "lastName": a.text("lastName"),
		"phone": digits(a.text("phoneExtension") + a.text("phone")), "uiLanguage": a.text("uiLanguage"),
		"manager": fold(all[ID(asText(manager["id"]))].Key),
	}
}

func sageLanguage(tag string) string {
	switch language, _, _ := strings.Cut(tag, "-"); {
	case tag == "en-US":
		return "US"
	case tag == "pt-BR":
		return "BR"
	case strings.Contains("es it de pt ru", language):
		return strings.ToUpper(language)
	}
	return "EN"
}

// dialled is the first of the numbers that there is, as it is dialled from anywhere: the
// country's code and the rest, digits only. "(0)" is for callers from inside the country.
func dialled(numbers ...string) string {
	for _, number := range numbers {
		if number != "" {
			return strings.TrimPrefix(digits(strings.ReplaceAll(number, "(0)", "")), "00")
		}
	}
	return ""
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
