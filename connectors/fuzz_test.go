package connectors_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/scim"
)

// slow is longer than any expression may take on a busy machine.
const slow = 5 * time.Second

func FuzzCompileMapping(f *testing.F) {
	f.Add("user.title", `{"userName":"a"}`)
	f.Add(`join(" ", user.name.givenName, upper(user.nickName))`, ana)
	f.Add(`filter(user.emails, .primary)[0].value`, ana)
	f.Add(`user["urn:acme:2.0:User"].badge.floor + 1`, withExtension)
	f.Add(`IgnoreFlowIfNullOrEmpty(Switch(user.title, nil, "Buyer", Join(",", user.emails)))`, ana)
	f.Add(`Replace(user.title, nil, "(?<a>B)(.*)", "a", "$1${a}$$")`, ana)
	f.Add(`FormatDateTime(user.title, nil, "yyyyMMddHHmmss.fZ", "ddd d MMM y h:mm t z")`, `{"userName":"a","title":"20150123105347.1Z"}`)
	f.Add(`DateAdd("m", 1, CDate(user.title)) + CStr(DateDiff("ww", user.title, user.title))`, `{"userName":"a","title":"2024-02-29"}`)
	f.Add(`PCase(NormalizeDiacritics(user.title), " -") + Word(Mid(user.title, 2, 9), 1, " ")`, `{"userName":"a","title":"Åsa-Groß ﬁ"}`)
	f.Add(`SingleAppRoleAssignment(user.roles) ?? Item(RemoveDuplicates(user.emails), 1)`, ana)
	f.Fuzz(func(t *testing.T, text, doc string) {
		started := time.Now()
		defer func() {
			if took := time.Since(started); took > slow {
				t.Errorf("it took %v", took)
			}
		}()
		source := connectors.Source{Product: []byte(anyField), Extensions: documented(),
			Rules: rules(configs.Position{File: "f", Line: 1, Column: 1}, map[string]string{"x": text})}
		m, faults := connectors.CompileMapping(source)
		if len(faults) > 0 {
			return
		}
		var person scim.Document
		if json.Unmarshal([]byte(doc), &person) != nil {
			return
		}
		_, err := m.Record("1", person)
		if err != nil && !connectors.Is(err, connectors.Invalid) {
			t.Fatalf("not a fault of the data: %v", err)
		}
		for _, e := range m.Explain("1", person) {
			if e.Value == "" && e.Nothing == "" {
				t.Fatalf("nothing is said of %s", e.Field)
			}
		}
		m.NotForwarded(person)
	})
}

// The longest lists and texts that the gateway takes from a client.
func TestALargePersonCostsLittle(t *testing.T) {
	t.Parallel()
	var emails []any
	for i := range 1000 {
		emails = append(emails, map[string]any{"type": "work", "value": fmt.Sprintf("%04d-%s", i, strings.Repeat("é", 20))})
	}
	doc := scim.Document{"userName": "x", "title": strings.Repeat("aé ,", 1600), "emails": emails}
	for _, text := range []string{
		`len(map(user.emails, Replace(.value, nil, "([a-zé]+)*x", nil, "y")))`,
		`len(map(user.emails, NormalizeDiacritics(.value)))`,
		`Count(RemoveDuplicates(user.emails))`, `len(uniq(user.emails))`,
		`len(Replace(user.title, nil, "(a|é|a é)*$", nil, "y"))`,
		`len(filter(user.emails, .value matches "^(0|00|000)*9.*é$"))`,
		`InStr(user.title, "b", 1, vbTextCompare)`,
	} {
		started := time.Now()
		if _, err := evaluate(t, text, doc); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if took := time.Since(started); took > slow {
			t.Errorf("%s took %v", text, took)
		}
	}
}
