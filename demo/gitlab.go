package demo

import "cmp"

// gitlab is a GitLab instance. It stores e-mail addresses in lower case and knows accounts by
// them; usernames are given once, and a person has one full name.
func gitlab() Vendor {
	return Vendor{Name: "gitlab", Title: "GitLab",
		Key:  func(p Person) string { return p.Mail },
		Want: gitlabWants, Have: gitlabHas}
}

func gitlabWants(p Person, _ People) Fields {
	return Fields{"email": fold(p.Mail), "name": cmp.Or(p.Display, p.Name()), "username": p.Nick, "location": p.Address.City}
}

func gitlabHas(a Account, _ Accounts) Fields {
	return Fields{"email": a.text("email"), "name": a.text("name"), "username": a.text("username"), "location": a.text("location")}
}
