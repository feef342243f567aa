package schema_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// mustThing is a type with one attribute of each data type a User does not have.
func mustThing(tb testing.TB) *schema.ResourceType {
	tb.Helper()
	attribute := func(name, kind string) string {
		return fmt.Sprintf(`{"name":%q,"type":%q,"mutability":"readWrite","returned":"default","uniqueness":"none"}`, name, kind)
	}
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	set, err := schema.LoadFS(fstest.MapFS{
		"common.json": file(`{"id":"urn:c","name":"C","attributes":[]}`),
		"thing.json":  file(`{"id":"urn:thing","name":"Thing","attributes":[` + attribute("count", "integer") + `,` + attribute("ratio", "decimal") + `,` + attribute("seen", "dateTime") + `]}`),
		"badge.json":  file(`{"id":"urn:badge","name":"Badge","attributes":[` + attribute("number", "string") + `]}`),
		"resource_types.json": file(`[{"name":"Thing","endpoint":"/Things","schema":"urn:thing",
			"schemaExtensions":[{"schema":"urn:badge","required":true}]}]`),
	})
	if err != nil {
		tb.Fatal(err)
	}
	rt, _ := set.Type("Thing")
	return rt
}

func TestOtherTypes(t *testing.T) {
	t.Parallel()
	rt := mustThing(t)
	for value, ok := range map[string]bool{
		`"count":5`:                     true,
		`"count":-12345678901234567890`: true,
		`"count":5.0`:                   false,
		`"count":5e0`:                   false,
		`"count":"5"`:                   false,
		`"count":true`:                  false,
		`"ratio":5.0`:                   true,
		`"ratio":5e0`:                   true,
		`"ratio":"5.0"`:                 false,
		`"seen":"2026-03-01T10:00:00.1234567+02:00"`: true,
		`"seen":"2026-01-01"`:                        false,
		`"seen":5`:                                   false,
	} {
		doc := mustDecode(t, `{"urn:badge":{"number":"1"},`+value+`}`)
		got, err := rt.Normalize(doc, schema.Rules{})
		if (err == nil) != ok || err != nil && scim.AsError(err).Type != scim.TypeInvalidValue {
			t.Errorf("%s: %v", value, err)
		}
		if err != nil {
			continue
		}
		doc["schemas"] = []any{"urn:thing", "urn:badge"}
		if diff := cmp.Diff(doc, got.Document); diff != "" {
			t.Errorf("%s is not kept verbatim: %s", value, diff)
		}
	}
}

func TestRequiredExtension(t *testing.T) {
	t.Parallel()
	_, err := mustThing(t).Normalize(mustDecode(t, `{"count":5}`), schema.Rules{})
	if e := scim.AsError(err); err == nil || e.Type != scim.TypeInvalidValue {
		t.Errorf("R-103: %v", err)
	}
}
