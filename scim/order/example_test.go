package order_test

import (
	"fmt"
	"log"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/order"
	"scimrelay/scim/schema"
)

func Example() {
	set, err := schema.Load()
	if err != nil {
		log.Fatal(err)
	}
	user, _ := set.Type(scim.TypeUser)
	byName, err := order.Parse(user, "userName", "descending")
	if err != nil {
		log.Fatal(err)
	}
	page := order.NewTop[string](byName, 1, 2, 1000)
	for id, name := range map[string]string{"u1": "ana", "u2": "Bo", "u3": "cy"} {
		place := byName.Place(filter.Subject{ID: id, Document: scim.Document{"userName": name}})
		if err := page.Add(place, name); err != nil {
			log.Fatal(err)
		}
	}
	for _, e := range page.Page() {
		fmt.Println(e.ID, e.Item)
	}
	fmt.Println(page.Total(), page.More())
	// Output:
	// u3 cy
	// u2 Bo
	// 3 true
}
