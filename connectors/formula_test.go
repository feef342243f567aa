package connectors_test

import (
	"fmt"
	"slices"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
)

func formulaNames() map[string]any {
	return map[string]any{"key": "string", "answer": "any", "fields": map[string]any{"mail": "string", "age": "integer"}}
}

func TestFormulasComputeAndKnowWhatTheyRead(t *testing.T) {
	t.Parallel()
	values := map[string]any{"key": "Ana", "answer": map[string]any{"n": int64(7), "list": []any{map[string]any{"code": "x"}}},
		"fields": map[string]any{"mail": "a@x.test"}}
	for text, c := range map[string]struct {
		want  any
		reads string
		truth bool
	}{
		`"mail:" + lower(key)`:                     {"mail:ana", "[key]", false},
		`fields.mail`:                              {"a@x.test", "[fields.mail]", false},
		`fields.age ?? 3`:                          {int64(3), "[fields.age]", false},
		`answer.n == 7 and key != ""`:              {true, "[answer.n key]", true},
		`any(answer.list, .code == "x")`:           {true, "[answer.list]", true},
		`answer.gone?.deep`:                        {nil, "[answer.gone]", true}, // not known before
		`answer.gone?.deep == null`:                {true, "[answer.gone]", true},
		`fields["mail"] == key ? nil : fields.age`: {nil, "[fields.age fields.mail key]", false},
	} {
		f, fault := connectors.CompileFormula(configs.Text{Value: text}, formulaNames())
		if fault != nil {
			t.Errorf("%s: %v", text, fault)
			continue
		}
		names := f.Names()
		slices.Sort(names)
		got, err := f.Value(values)
		if err != nil || got != c.want || fmt.Sprint(names) != c.reads || f.Allows("boolean") != c.truth || !f.Reads(names[0]) || f.Reads("nothing") {
			t.Errorf("%s gives %v, reads %v, may be true %v: %v", text, got, names, f.Allows("boolean"), err)
		}
	}
}

func TestFormulasAreRefusedWhereTheyStand(t *testing.T) {
	t.Parallel()
	at := configs.Position{File: "pets.yaml", Line: 3, Column: 10}
	for text, want := range map[string]string{
		"fields.mial":     "pets.yaml:3:17: unknown field mial",
		"key + nothing":   "pets.yaml:3:16: unknown name nothing",
		"fields":          "pets.yaml:3:10: say what of fields is meant, as in fields.email",
		"1 + len(fields)": "pets.yaml:3:18: say what of fields is meant, as in fields.email",
		"reference(key)":  "pets.yaml:3:10: reference() and IgnoreFlowIfNullOrEmpty stand only in a mapping",
		"1..9":            "pets.yaml:3:11: ranges are not available here",
	} {
		if _, fault := connectors.CompileFormula(configs.Text{Value: text, Position: at}, formulaNames()); fault == nil || fault.Error() != want {
			t.Errorf("%s: %v", text, fault)
		}
	}
	f, fault := connectors.CompileFormula(configs.Text{Value: "answer.a.b"}, formulaNames())
	if fault != nil {
		t.Fatal(fault)
	}
	if _, err := f.Value(map[string]any{"answer": map[string]any{}}); err == nil || err.Error() != "it cannot be computed" {
		t.Error(err)
	}
}
