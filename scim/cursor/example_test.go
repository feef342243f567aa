package cursor_test

import (
	"fmt"
	"log"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/cursor"
)

func Example() {
	sealer, err := cursor.New([]byte("a secret of the whole cluster"), 10*time.Minute, time.Now)
	if err != nil {
		log.Fatal(err)
	}
	acme := cursor.Binding("acme", "token 1", "/Users", `userName sw "a"`)
	next, err := sealer.Seal(cursor.State{After: "u10", Count: 10}, acme)
	if err != nil {
		log.Fatal(err)
	}
	state, err := sealer.Open(next, acme)
	fmt.Println(state.After, state.Count, err)
	_, err = sealer.Open(next, cursor.Binding("other", "token 1", "/Users", `userName sw "a"`))
	fmt.Println(scim.AsError(err).Type)
	// Output:
	// u10 10 <nil>
	// invalidCursor
}
