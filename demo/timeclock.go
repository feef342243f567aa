package demo

import "strings"

// timeclock is TimeClock 365. It knows accounts by their user name, has two names where the
// directory sends it one display name, takes numbers only for employee numbers, and whoever is
// off has given the licence back.
func timeclock() Vendor {
	return Vendor{Name: "timeclock", Title: "TimeClock 365",
		Key: func(p Person) string { return p.UserName }, Want: timeclockWants, Have: timeclockHas}
}

func timeclockWants(p Person, all People) Fields {
	want := Fields{"username": fold(p.UserName), "email": fold(p.Mail), "externalId": p.Nick, "employeeNumber": "",
		"manager": fold(all[p.Manager].UserName), "license": "false"}
	if active(p) {
		want["license"] = "true"
	}
	if p.Number != "" && digits(p.Number) == p.Number {
		want["employeeNumber"] = strings.TrimLeft(p.Number, "0")
	}
	// Without a display name the vendor's two names are not the directory's to say.
	if words := strings.Fields(p.Display); len(words) > 0 {
		want["displayName"], want["lastName"] = p.Display, words[len(words)-1]
		want["firstName"] = strings.Join(words[:max(len(words)-1, 1)], " ")
	}
	return want
}

func timeclockHas(a Account, all Accounts) Fields {
	license, _ := a.Native["license"].(object)
	return Fields{
		"username": fold(a.text("username")), "email": fold(a.text("email")), "externalId": a.text("externalId"),
		"employeeNumber": a.text("employeeNumber"), "displayName": a.text("displayName"),
		"firstName": a.text("firstName"), "lastName": a.text("lastName"),
		"manager": fold(all[ID(a.text("managerId"))].Key), "license": asText(license["assigned"]),
	}
}
