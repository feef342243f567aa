package demo

import (
	"fmt"
	"slices"
	"strings"
)

const domain = "acme.example"

// Directory is a company of n people, at least MinPeople, and the same one every time. The
// order is the order of arrival: some managers come before their people, some after, and the
// first five report to each other in a chain whose end comes last.
func Directory(n int) []Person {
	n = max(n, MinPeople)
	people := make([]Person, n)
	for i := range people {
		people[i] = person(i)
	}
	for i := range people {
		if boss := manager(i, n); boss != i {
			people[i].Manager = people[boss].ID
		}
		people[i].Department = departments()[department(i, n)]
	}
	return people
}

func departments() []string {
	return []string{"Sales", "Support", "Finance", "Research & Development", "Ventes France", "Logistik", "IT", "Human Resources"}
}

// person makes the i-th of the company, without those they work with.
func person(i int) Person {
	r := named(i)
	account := r.account
	if i >= 437 { // the pairs of names come round again
		account = fmt.Sprintf("%s%d", r.account, i)
	}
	p := Person{
		ID:       fmt.Sprintf("0b1e77a1-5c0d-4f1e-9a00-%012d", i+1),
		Nick:     strings.NewReplacer(".", "", "'", "", "+", "-").Replace(account),
		UserName: account + "@" + domain,
		Mail:     account + "@" + domain,
		Given:    r.given, Family: r.family, Display: display(i, r),
		Title: pick(titles(), i), Number: fmt.Sprintf("E-%05d", 4000+i*7),
		Language: pick(languages(), i), Phone: phone(i), Mobile: mobile(i), Address: address(i),
		Active: true,
	}
	switch {
	case i%11 == 7: // named by number, as after a merger
		p.UserName = strings.ToLower(p.Number) + "@acme.onmicrosoft.example"
	case i%13 == 5: // the mail moved to another domain
		p.Mail = account + "@mail." + domain
	}
	return p
}

func pick(list []string, i int) string { return list[i%len(list)] }

func display(i int, r role) string {
	switch {
	case i%17 == 16:
		return ""
	case r.family == "":
		return r.given
	case i%5 == 0:
		return r.family + ", " + r.given
	}
	return r.given + " " + r.family
}

func titles() []string {
	return []string{"Account Manager", "Ingénieur commercial", "Support Engineer", "", "Sachbearbeiter:in", "Analyst", "Team Lead <EMEA>"}
}

func languages() []string {
	return []string{"fr-FR", "en-GB", "de-DE", "es-ES", "en-US", "it", "pt-PT", "fr-FR", "", "nl-NL", "fr-CA"}
}

// phone writes numbers the ways people do.
func phone(i int) string {
	switch i % 9 {
	case 0:
		return fmt.Sprintf("+33 1 55 55 %02d %02d", i/100%100, i%100)
	case 1:
		return fmt.Sprintf("+44 (0)20 7946 %04d", i)
	case 3:
		return fmt.Sprintf("+1 (415) 555-%04d", i)
	case 4:
		return fmt.Sprintf("0049 30 9018 %04d", i)
	case 5:
		return fmt.Sprintf("+34-91-123-%04d", i)
	case 6:
		return fmt.Sprintf("+353.1.555.%04d", i)
	case 8:
		return fmt.Sprintf("+3512155%05d", i)
	}
	return "" // none, or only a mobile
}

func mobile(i int) string {
	if i%9 == 7 || i%4 == 0 {
		return fmt.Sprintf("+33 6 12 34 %02d %02d", i/100%100, i%100)
	}
	return ""
}

func address(i int) Address {
	if i%3 == 2 {
		return Address{}
	}
	return slices.Concat(
		[]Address{{"12 Quai de la Fosse", "Nantes", "44000", "FR"}, {"Straße des 17. Juni 135", "Berlin", "10623", "DE"}},
		[]Address{{"3 O'Connell Street", "Dublin", "D01 X2Y3", "IE"}, {"千代田1-1", "東京", "100-0001", "JP"}},
	)[i%4]
}
