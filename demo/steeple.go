package demo

import "slices"

// steeple is Steeple, the internal social network. It knows accounts by their e-mail and insists
// on both names, and who leaves is out of the organisation while the account lives on. A
// department it does not have it does not take, and the gateway does not make one.
func steeple() Vendor {
	return Vendor{Name: "steeple", Title: "Steeple",
		Key: func(p Person) string { return p.Mail }, Want: steepleWants, Have: steepleHas, Groups: steepleCommunities}
}

// steepleCommunities are the communities and roles that the simulator's sample gives for the
// company's groups. Who is both is an administrator, and who left is in none.
func steepleCommunities(groups []Group, all People) map[string][]string {
	var managers []string
	want := map[string][]string{}
	for _, g := range groups {
		switch keys := g.keysOf(steeple(), all, active); g.Name {
		case "Everybody":
			want["Acme - Lyon / member"] = keys
		case "Sales Managers":
			managers, want["Acme - Siege / administrator"] = keys, keys
		case "Area Managers":
			want["Acme - Siege / member"] = keys
		}
	}
	want["Acme - Siege / member"] = missing(want["Acme - Siege / member"], managers)
	return want
}

func steepleWants(p Person, _ People) Fields {
	want := Fields{"email": fold(p.Mail), "first_name": p.Given, "last_name": p.Family, "job_title": p.Title,
		"registration_number": p.Number, "phone": p.Phone}
	if p.Family == "" {
		want["last_name"] = p.Given
	}
	if p.Phone == "" {
		want["phone"] = p.Mobile
	}
	if slices.Contains(steepleDepartments(), p.Department) {
		want["department"] = p.Department
	}
	return want
}

func steepleHas(a Account, _ Accounts) Fields {
	have := Fields{"email": fold(a.text("email"))}
	for _, name := range []string{"first_name", "last_name", "job_title", "registration_number", "phone", "department"} {
		have[name] = a.text(name)
	}
	return have
}

// steepleDepartments are those the organisation has made in Steeple: the company's on its first
// day.
func steepleDepartments() []string { return departments() }
