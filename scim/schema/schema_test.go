package schema_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

const ent = scim.SchemaEnterprise

func mustLoad(tb testing.TB) *schema.Set {
	tb.Helper()
	set, err := schema.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func mustDecode(tb testing.TB, body string) scim.Document {
	tb.Helper()
	doc, err := scim.Decode([]byte(body), scim.DefaultLimits())
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return doc
}

func mustAttribute(tb testing.TB, rt *schema.ResourceType, path string) *schema.Attribute {
	tb.Helper()
	p, ok := rt.Resolve(path)
	if !ok || p.Leaf() == nil {
		tb.Fatalf("no attribute %s", path)
	}
	return p.Leaf()
}

func TestCharacteristics(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for path, exact := range map[string]bool{
		"userName": false, "externalId": true, "id": true, "emails.value": false, "emails.type": false,
		"displayName": false, "groups.value": true, "manager.value": true, "profileUrl": true, "schemas": false,
		"x509Certificates.value": true,
	} {
		if a := mustAttribute(t, rt, path); a.CaseExact != exact {
			t.Errorf("%s caseExact = %v", path, a.CaseExact)
		}
	}
	if a := mustAttribute(t, rt, "password"); a.Mutability != schema.WriteOnly || a.Returned != schema.Never {
		t.Errorf("password: %+v", a)
	}
	if a := mustAttribute(t, rt, "userName"); !a.Required || a.Uniqueness != "server" {
		t.Errorf("userName: %+v", a)
	}
	for _, a := range rt.Core.Attributes {
		if kind, ok := a.Sub("type"); ok && a.MultiValued && len(kind.CanonicalValues) == 0 {
			t.Errorf("%s has no canonical values, which Microsoft counts (E-10)", kind)
		}
	}
}

// The discovery documents say what the definition files say, word for word.
func TestDiscoveryMirrorsTheDefinitions(t *testing.T) {
	t.Parallel()
	d := schema.Discovery{Set: mustLoad(t), Base: "https://scim.gw.example/t/acme/scim/v2"}
	for file, urn := range map[string]string{"user.json": scim.SchemaUser, "enterprise_user.json": ent, "group.json": scim.SchemaGroup,
		"relay_status.json": scim.SchemaRelay} {
		raw, err := os.ReadFile("definitions/" + file)
		if err != nil {
			t.Fatal(err)
		}
		doc, ok := d.Schema(strings.ToUpper(urn))
		if !ok {
			t.Fatalf("no schema %s in upper case (R-102)", urn)
		}
		want := mustDecode(t, string(raw))
		got := mustDecode(t, schematest.Encode(t, doc))
		if urn != ent && urn != scim.SchemaRelay {
			listed := got["attributes"].([]any)
			if name := listed[0].(scim.Document)["name"]; name != "externalId" {
				t.Errorf("the first attribute is %v", name)
			}
			got["attributes"] = listed[1:]
		}
		if diff := cmp.Diff(want["attributes"], got["attributes"]); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		meta := got["meta"].(scim.Document)
		if meta["location"] != "https://scim.gw.example/t/acme/scim/v2/Schemas/"+urn || meta["resourceType"] != "Schema" {
			t.Errorf("meta %v", meta)
		}
		if strings.Contains(schematest.Encode(t, doc), "null") {
			t.Error("E-10: null in a schema")
		}
	}
	if len(d.Schemas()) != 4 {
		t.Errorf("%d schemas", len(d.Schemas()))
	}
	if _, ok := d.Schema("urn:nope"); ok {
		t.Error("an unknown schema was found")
	}
}

func TestDiscoveryHidesThePassword(t *testing.T) {
	t.Parallel()
	for _, hide := range []bool{false, true} {
		d := schema.Discovery{Set: mustLoad(t), HideUnreturned: hide}
		doc, _ := d.Schema(scim.SchemaUser)
		if strings.Contains(schematest.Encode(t, doc), `"password"`) == hide {
			t.Errorf("HideUnreturned %v does the contrary", hide)
		}
	}
}

func TestDiscoveryResourceTypes(t *testing.T) {
	t.Parallel()
	d := schema.Discovery{Set: mustLoad(t), Base: "https://gw.example/scim/v2"}
	doc, ok := d.ResourceType("USER")
	if !ok || len(d.ResourceTypes()) != 2 {
		t.Fatalf("ResourceType: %v, %v", doc, ok)
	}
	want := `{"description":"User Account","endpoint":"/Users","id":"User","meta":{"location":"https://gw.example/scim/v2/ResourceTypes/User","resourceType":"ResourceType"},` +
		`"name":"User","schema":"` + scim.SchemaUser + `","schemaExtensions":[{"required":false,"schema":"` + ent + `"},` +
		`{"required":false,"schema":"` + scim.SchemaRelay + `"}],"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"]}`
	if got := schematest.Encode(t, doc); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, ok := d.ResourceType("Nope"); ok {
		t.Error("an unknown resource type was found")
	}
}

func TestLoadFSRefuses(t *testing.T) {
	t.Parallel()
	common := `{"id":"urn:c","name":"C","attributes":[]}`
	types := `[{"name":"T","endpoint":"/Ts","schema":"urn:t"}]`
	attr := func(change string) string {
		a := map[string]any{"name": "a", "type": "string", "mutability": "readWrite", "returned": "default", "uniqueness": "none"}
		if err := json.Unmarshal([]byte(change), &a); err != nil {
			t.Fatal(err)
		}
		out, _ := json.Marshal(map[string]any{"id": "urn:t", "name": "T", "attributes": []any{a}})
		return string(out)
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"ok":                   {map[string]string{"common.json": common, "t.json": attr(`{}`), "resource_types.json": types}, ""},
		"no common":            {map[string]string{"t.json": attr(`{}`), "resource_types.json": types}, "common.json"},
		"no types":             {map[string]string{"common.json": common, "t.json": attr(`{}`)}, "resource_types.json"},
		"unknown field":        {map[string]string{"common.json": common, "t.json": attr(`{"caseexakt":true}`), "resource_types.json": types}, "unknown field"},
		"unknown type":         {map[string]string{"common.json": common, "t.json": attr(`{"type":"text"}`), "resource_types.json": types}, "unknown type"},
		"unknown mutability":   {map[string]string{"common.json": common, "t.json": attr(`{"mutability":"readwrite"}`), "resource_types.json": types}, "unknown mutability"},
		"unknown schema":       {map[string]string{"common.json": common, "resource_types.json": types}, "known schema"},
		"empty complex":        {map[string]string{"common.json": common, "t.json": attr(`{"type":"complex"}`), "resource_types.json": types}, "do not agree"},
		"unknown extension":    {map[string]string{"common.json": common, "t.json": attr(`{}`), "resource_types.json": `[{"name":"T","endpoint":"/Ts","schema":"urn:t","schemaExtensions":[{"schema":"urn:x"}]}]`}, "unknown extension"},
		"malformed definition": {map[string]string{"common.json": common, "t.json": `{`, "resource_types.json": types}, "t.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{}
			for file, content := range c.files {
				fsys[file] = &fstest.MapFile{Data: []byte(content)}
			}
			_, err := schema.LoadFS(fsys)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("LoadFS: %v, want %q", err, c.want)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	foreign := "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
	for text, want := range map[string]string{
		"userName":                               "userName",
		"NAME.FamilyName":                        "name.familyName",
		"emails.Value":                           "emails.value",
		"meta.lastmodified":                      "meta.lastModified",
		"ID":                                     "id",
		"groups.$REF":                            "groups.$ref",
		scim.SchemaUser + ":userName":            "userName",
		strings.ToUpper(scim.SchemaUser) + ":ID": "id",
		scim.SchemaUser + ":name.givenName":      "name.givenName",
		scim.SchemaUser + ".userName":            "userName",
		"urn:scim:schemas:core:1.0:userName":     "userName",
		ent + ":employeeNumber":                  ent + ":employeeNumber",
		strings.ToLower(ent) + ":EMPLOYEENUMBER": ent + ":employeeNumber",
		ent + ".manager":                         ent + ":manager",
		ent + ":manager.value":                   ent + ":manager.value",
		ent + ".manager.value":                   ent + ":manager.value",
		strings.Replace(ent, ":User", "User", 1) + ":department": ent + ":department",
		"manager":              ent + ":manager",
		"Manager.Value":        ent + ":manager.value",
		"department":           ent + ":department",
		"employeeNumber":       ent + ":employeeNumber",
		ent:                    ent,
		scim.SchemaUser:        "",
		foreign + ":costGroup": foreign + ":costGroup",
		foreign + ":badge.no":  foreign + ":badge.no",
		foreign:                foreign,
		"urn:acme:2.0":         "urn:acme:2.0",
	} {
		p, ok := rt.Resolve(text)
		if !ok || p.String() != want {
			t.Errorf("Resolve(%q) = %q, %v; want %q", text, p, ok, want)
		}
	}
	for _, text := range []string{"", "nosuch", "name.", ".name", "name.nosuch", "a.b.c", "name.givenName.x", "userName.x",
		ent + ":nosuch", ent + ":userName", scim.SchemaUser + ":department", scim.SchemaUser + ":", "urn:", "urn:x", "urn::x", "user Name", "emails[", "ｕserName"} {
		if p, ok := rt.Resolve(text); ok {
			t.Errorf("Resolve(%q) = %q", text, p)
		}
	}
}

// What nobody can write is not for a service that writes and reads back whatever is listed.
func TestDiscoveryHidesTheGatewaysOwnWithThePassword(t *testing.T) {
	t.Parallel()
	for _, hide := range []bool{false, true} {
		d := schema.Discovery{Set: mustLoad(t), HideUnreturned: hide}
		types := schematest.Encode(t, scim.Document{"types": []any{d.ResourceTypes()[0], d.ResourceTypes()[1]}})
		_, listed := d.Schema(scim.SchemaRelay)
		if n := strings.Count(types, scim.SchemaRelay); listed == hide || n != map[bool]int{false: 2, true: 0}[hide] {
			t.Errorf("HideUnreturned %v: listed %v, and by %d types", hide, listed, n)
		}
	}
}
