package scimtarget_test

import (
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/scimtarget/sim"
	"scimrelay/scim"
)

func TestAChangeIsSentWithAPathForEach(t *testing.T) {
	changed := map[string]any{
		"title": nil, "nickName": "Anita", "name": map[string]any{"givenName": "Ana María", "familyName": "Ruiz"},
		"emails": []any{map[string]any{"type": "work", "value": "ana@acme.example"}, map[string]any{"type": "home", "value": "ana@home.test"}},
		"addresses": []any{map[string]any{"type": "work", "streetAddress": "Calle 2", "locality": "Madrid",
			"country": "ES"}},
		scim.SchemaEnterprise: map[string]any{"department": "Procurement"},
	}
	for style, want := range map[string][]string{
		"rfc": {
			`{"op":"remove","path":"addresses[type eq \"work\"].region"}`,
			`{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"Calle 2"}`,
			`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Procurement"}`,
			`{"op":"add","path":"emails","value":[{"type":"home","value":"ana@home.test"}]}`,
			`{"op":"replace","path":"emails[type eq \"work\"].value","value":"ana@acme.example"}`,
			`{"op":"replace","path":"name.givenName","value":"Ana María"}`,
			`{"op":"add","path":"nickName","value":"Anita"}`,
			`{"op":"remove","path":"title"}`,
		},
		"entra": {
			`{"op":"Remove","path":"addresses[type eq \"work\"].region"}`,
			`{"op":"Replace","path":"addresses[type eq \"work\"].streetAddress","value":"Calle 2"}`,
			`{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Procurement"}`,
			`{"op":"Add","path":"emails[type eq \"home\"].value","value":"ana@home.test"}`,
			`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ana@acme.example"}`,
			`{"op":"Replace","path":"name.givenName","value":"Ana María"}`,
			`{"op":"Add","path":"nickName","value":"Anita"}`,
			`{"op":"Remove","path":"title"}`,
		},
		"okta": {
			`{"op":"replace","value":{"name":{"givenName":"Ana María"},"nickName":"Anita",` +
				`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Procurement"}}}`,
			`{"op":"remove","path":"addresses[type eq \"work\"].region"}`,
			`{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"Calle 2"}`,
			`{"op":"add","path":"emails","value":[{"type":"home","value":"ana@home.test"}]}`,
			`{"op":"replace","path":"emails[type eq \"work\"].value","value":"ana@acme.example"}`,
			`{"op":"remove","path":"title"}`,
		},
	} {
		t.Run(style, func(t *testing.T) {
			knobs := `{"strict_patch": true}`
			switch style {
			case "entra":
				knobs = `{"entra_dialect": true}`
			case "okta":
				knobs = `{}`
			}
			o := newOffice(t, knobs, defaults(map[string]any{"patch_style": style}))
			o.Create(o.record("ana@acme.test", nil))
			record := o.record("ana@acme.test", changed)
			o.Update(o.Find(record), record)
			if got := o.operations(); !slices.Equal(got, want) {
				t.Errorf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			before := o.Count()
			o.Update(o.Find(record), record)
			if told := o.Calls(before); len(told) != 1 {
				t.Errorf("it was sent again: %v", told)
			}
		})
	}
}

func TestOneWhoIsSwitchedOffIsInTheStyle(t *testing.T) {
	for style, want := range map[string]string{
		"rfc":   `{"op":"replace","path":"active","value":false}`,
		"entra": `{"op":"Replace","path":"active","value":"False"}`,
		"okta":  `{"op":"replace","value":{"active":false}}`,
	} {
		o := newOffice(t, `{"entra_dialect": true, "no_content_on_patch": true}`, defaults(map[string]any{"patch_style": style}))
		made := o.Create(o.record("ana@acme.test", nil))
		off, err := o.Connector.Deactivate(t.Context(), made)
		if err != nil || off.Active || o.Native("ana@acme.test")["active"] != false {
			t.Errorf("%s: %v, %v", style, off.Active, err)
		}
		if got := o.operations(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: sent %v", style, got)
		}
	}
}

// Whatever others keep in a list, or in attributes that are not mapped, is theirs.
func TestOtherElementsAndAttributesSurvive(t *testing.T) {
	for name, knobs := range map[string]string{"patch": `{}`, "put": `{"put_only": true}`} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, knobs)
			doc := person("ana@acme.test", map[string]any{
				"emails": []any{map[string]any{"type": "work", "value": "ana@acme.test"}, map[string]any{"type": "private", "value": "a@x.test"}},
				"ims":    []any{map[string]any{"type": "xmpp", "value": "ana"}}, "schemas": []any{scim.SchemaUser, scim.SchemaEnterprise, sim.PayrollURN},
				sim.PayrollURN: map[string]any{"costGroup": "K9"},
			})
			text, _ := scim.Encode(doc)
			o.hand("POST", "/Users", string(text))
			record := o.record("ana@acme.test", map[string]any{"title": "Head",
				"emails": []any{map[string]any{"type": "work", "value": "ana@acme.example"}}})
			o.Update(o.Find(record), record)
			native := o.Native("ana@acme.test")
			emails, _ := native["emails"].([]any)
			if len(emails) != 2 || native["ims"] == nil || native[sim.PayrollURN] == nil || native["title"] != "Head" {
				t.Errorf("%v", native)
			}
		})
	}
}

// The tenant's own extensions go under their attributes' whole names.
func TestExtensionsGoByTheirURN(t *testing.T) {
	for name, knobs := range map[string]string{"patch": `{}`, "put": `{"put_only": true}`} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, knobs)
			field := sim.PayrollURN + ":costGroup"
			record := with(o.record("ana@acme.test", nil), map[string]any{field: "K9"})
			if made := o.Create(record); made.Fields[field] != "K9" {
				t.Fatal(made.Fields)
			}
			for _, value := range []any{"K10", nil} {
				record = with(record, map[string]any{field: value})
				o.Update(o.Find(record), record)
				if have := o.Find(record); have.Fields[field] != value {
					t.Errorf("%v: %v", value, have.Fields[field])
				}
			}
			// The enterprise extension's whole names mean the same as the plain ones.
			record = with(record, map[string]any{scim.SchemaEnterprise + ":department": "Sales"})
			delete(record.Fields, "department")
			if changes := o.Connector.Difference(o.Find(record), record); len(changes) > 0 {
				t.Errorf("%v", changes)
			}
		})
	}
}

func TestAManagerIsAReference(t *testing.T) {
	for name, knobs := range map[string]string{"rfc": `{}`, "entra": `{"entra_dialect": true}`, "put": `{"put_only": true}`} {
		t.Run(name, func(t *testing.T) {
			style := name
			if style == "put" {
				style = "rfc"
			}
			o := newOffice(t, knobs, defaults(map[string]any{"patch_style": style}))
			boss := o.Create(o.record("boss@acme.test", nil))
			o.Create(o.record("ana@acme.test", nil))
			record := with(o.record("ana@acme.test", nil), map[string]any{"manager": boss.ID})
			o.Update(o.Find(record), record)
			if have := o.Find(record); have.Fields["manager"] != boss.ID {
				t.Errorf("manager %v, want %s", have.Fields["manager"], boss.ID)
			}
			record = with(record, map[string]any{"manager": nil})
			o.Update(o.Find(record), record)
			if have := o.Find(record); have.Fields["manager"] != nil {
				t.Errorf("manager %v, want none", have.Fields["manager"])
			}
		})
	}
}

func TestWhatTheServerDoesNotKnowIsLeftOutAndSaid(t *testing.T) {
	o := newOffice(t, `{"lacks": ["nickName", "`+scim.SchemaEnterprise+`"]}`)
	made := o.Create(o.record("ana@acme.test", map[string]any{"nickName": "Anita"}))
	if len(made.Notes) != 1 || !strings.HasSuffix(made.Notes[0], "department, nickName") {
		t.Errorf("notes %q", made.Notes)
	}
	record := o.record("ana@acme.test", map[string]any{"nickName": "Anita"})
	before := o.Count()
	now := o.Update(o.Find(record), record)
	if len(now.Notes) != 1 || len(o.Calls(before)) != 1 {
		t.Errorf("notes %q after %v", now.Notes, o.Calls(before))
	}
	if changes := o.Connector.Difference(o.Find(record), record); len(changes) > 0 {
		t.Errorf("%v would be sent", changes)
	}
}

// Where discovery shows nothing, the server refuses what it does not know: the person is told so.
func TestWithoutSchemasEverythingIsSent(t *testing.T) {
	o := newOffice(t, `{"no_discovery": true, "lacks": ["nickName"]}`)
	_, err := o.Connector.Create(t.Context(), o.record("ana@acme.test", map[string]any{"nickName": "Anita"}))
	if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), "not in the schema") {
		t.Error(err)
	}
}

func TestClearingIsTheDirectorysUnlessToldOtherwise(t *testing.T) {
	for _, clear := range []bool{true, false} {
		o := newOffice(t, `{}`, defaults(map[string]any{"clear_absent": clear}))
		o.Create(o.record("ana@acme.test", nil))
		record := o.record("ana@acme.test", map[string]any{"title": nil})
		o.Update(o.Find(record), record)
		if cleared := o.Native("ana@acme.test")["title"] == nil; cleared != clear {
			t.Errorf("clear_absent %v: cleared %v", clear, cleared)
		}
	}
}
