package connectors_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// page is docs/mapping.md.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block is the first block of code in the language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, _ := strings.Cut(text, "```"+language+"\n")
	code, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatalf("the page has no block of %s", language)
	}
	return code
}

// documented are the tenant's extensions that the page's person carries.
func documented() []tenants.Extension {
	return []tenants.Extension{{URN: "urn:ietf:params:scim:schemas:extension:acme:2.0:User", Resource: scim.TypeUser, Attributes: []tenants.Attribute{
		{Name: "costGroup", Type: "string"}, {Name: "level", Type: "integer"}, {Name: "hired", Type: "dateTime"}}}}
}

// Every row of a table that ends in an example and its result.
func TestTheExamplesOfThePageGiveWhatItSays(t *testing.T) {
	t.Parallel()
	text := page(t)
	ana := person(t, block(t, text, "json"))
	row := regexp.MustCompile("(?m)^\\|.*?\\| ?`([^`]+)` \\| (`[^`]*`|nothing|the account of [0-9a-f]+) \\|$|^\\| `([^`]+)` \\| (`true`|`false`) \\|$")
	rows := row.FindAllStringSubmatch(text, -1)
	if len(rows) < 75 {
		t.Fatalf("the page has %d examples: the test reads it wrongly", len(rows))
	}
	for _, found := range rows {
		example, want := found[1]+found[3], strings.Trim(found[2]+found[4], "`")
		m, faults := connectors.CompileMapping(connectors.Source{Product: []byte(anyField), Extensions: documented(),
			Rules: rules(configs.Position{}, map[string]string{"x": example})})
		if len(faults) > 0 {
			t.Errorf("%s: %v", example, faults)
			continue
		}
		record, err := m.Record("u-1", ana)
		got := "nothing"
		if value := record.Fields["x"]; value != nil {
			got = fmt.Sprint(value)
		}
		if to := record.References["x"]; to != "" {
			got = "the account of " + to
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v; the page says %q", example, got, err, want)
		}
	}
}

func TestThePageNamesEveryFunctionThereIs(t *testing.T) {
	t.Parallel()
	text := page(t)
	for _, name := range connectors.FunctionNames() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/mapping.md does not name %s", name)
		}
	}
}

func TestTheMappingOfThePageIsRead(t *testing.T) {
	t.Parallel()
	text := "id: acme\ntargets:\n- id: a\n  product: p\n" + "  " + strings.ReplaceAll(strings.TrimSpace(block(t, page(t), "yaml")), "\n", "\n  ") + "\n"
	tenant, faults := tenants.Parse("acme.yaml", []byte(text))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	m, faults := compileFor(plain, tenant.Targets[0])
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	record, err := m.Record("u-1", person(t, block(t, page(t), "json")))
	if err != nil || record.Key != "ana.ruiz@acme.example" || record.Fields["lang"] != "en" || record.OnCreate["nick"] != "ana.ruiz" {
		t.Errorf("%+v, %v", record, err)
	}
}
