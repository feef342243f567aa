package bulk_test

import (
	"context"
	"fmt"
	"log"

	"scimrelay/scim"
	"scimrelay/scim/bulk"
)

// printer stands for the service.
type printer struct{}

func (printer) Execute(_ context.Context, op bulk.Operation) bulk.Result {
	data, _ := scim.Encode(op.Data)
	fmt.Println(op.Method, op.Path, op.ID, string(data))
	return bulk.Result{Status: 201, Version: `W/"1"`}
}

func Example() {
	doc, err := scim.Decode([]byte(`{"Operations":[
		{"method":"POST","path":"/Groups","bulkId":"g","data":{"members":[{"value":"bulkId:a"}]}},
		{"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"ana"}}]}`), scim.DefaultLimits())
	if err != nil {
		log.Fatal(err)
	}
	req, err := bulk.Parse(doc, bulk.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	n := 0
	newID := func() (string, error) { n++; return fmt.Sprint("id-", n), nil }
	results, err := bulk.Run(context.Background(), req, newID, printer{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(bulk.Response(results)))
	// Output:
	// POST /Users id-1 {"userName":"ana"}
	// POST /Groups id-2 {"members":[{"value":"id-1"}]}
	// {"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[{"status":"201","method":"POST","bulkId":"g","version":"W/\"1\""},{"status":"201","method":"POST","bulkId":"a","version":"W/\"1\""}]}
}
