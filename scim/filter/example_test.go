package filter_test

import (
	"fmt"
	"log"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
)

func Example() {
	set, err := schema.Load()
	if err != nil {
		log.Fatal(err)
	}
	user, _ := set.Type(scim.TypeUser)
	f, err := filter.Compile(user, `emails[type eq "work"].value eq "Ana@a.example" and active eq "True"`, filter.Rules{})
	if err != nil {
		log.Fatal(err)
	}
	ana := filter.Subject{ID: "u1", Document: scim.Document{
		"active": true,
		"emails": []any{scim.Document{"type": "work", "value": "ana@a.example"}},
	}}
	fmt.Println(f.Equalities(), f.Match(ana))
	// Output: [{emails.work ana@a.example}] true
}
