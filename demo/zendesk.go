package demo

import (
	"cmp"
	"strconv"
	"strings"
)

// zendesk is Zendesk Support. The primary e-mail address is given with the account and is the
// administrator's to change, so who marries keeps the old one; phone numbers are E.164.
func zendesk() Vendor {
	return Vendor{Name: "zendesk", Title: "Zendesk Support",
		Key: zendeskMail, Want: zendeskWants, Have: zendeskHas}
}

// zendeskMail is the person's address on the first day: the directory counts people in their IDs.
func zendeskMail(p Person) string {
	n, err := strconv.Atoi(strings.TrimLeft(p.ID[strings.LastIndexByte(p.ID, '-')+1:], "0"))
	if err != nil {
		return p.Mail
	}
	return person(n - 1).Mail
}

func zendeskWants(p Person, _ People) Fields {
	want := Fields{"email": fold(zendeskMail(p)), "name": cmp.Or(p.Display, p.Name()), "external_id": p.Nick, "role": "agent"}
	// A number without its country is no E.164 and stays away.
	if number := cmp.Or(p.Phone, p.Mobile); strings.HasPrefix(number, "+") || strings.HasPrefix(number, "00") {
		want["phone"] = "+" + dialled(number)
	}
	return want
}

func zendeskHas(a Account, _ Accounts) Fields {
	return Fields{"email": a.text("email"), "name": a.text("name"), "external_id": a.text("external_id"),
		"role": a.text("role"), "phone": a.text("phone")}
}
