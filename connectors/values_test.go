package connectors_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
)

func TestValuesAsTextAndPlain(t *testing.T) {
	t.Parallel()
	list, object := []any{json.Number("1")}, map[string]any{"id": json.Number("1")}
	for name, c := range map[string]struct {
		value        any
		text, scalar string
		plain        any
	}{
		"a text":         {"ana", "ana", "ana", "ana"},
		"an empty text":  {"", "", "", nil},
		"nothing":        {nil, "", "", nil},
		"a whole number": {json.Number("9007199254740993"), "9007199254740993", "9007199254740993", int64(9007199254740993)},
		"a fraction":     {json.Number("1.50"), "1.50", "1.50", 1.5},
		"an id":          {int64(7), "7", "7", int64(7)},
		"a float":        {2.5, "", "2.5", 2.5},
		"a truth":        {true, "", "true", true},
		"a list":         {list, "", "", list},
		"an object":      {object, "", "", object},
	} {
		if text, scalar := connectors.TextOf(c.value), connectors.ScalarText(c.value); text != c.text || scalar != c.scalar {
			t.Errorf("%s: %q and %q", name, text, scalar)
		}
		if diff := cmp.Diff(c.plain, connectors.Plain(c.value)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTextsAreTheSameWhateverTheirLetterCase(t *testing.T) {
	t.Parallel()
	if !connectors.SameText("Ana@Acme.test", "ana@acme.test") || connectors.SameText("ana", "ben") || connectors.SameText(nil, nil) || connectors.SameText("7", int64(7)) {
		t.Error("texts are compared wrongly")
	}
}

func TestPrivateIsEveryTextOfAnAccountAndARecord(t *testing.T) {
	t.Parallel()
	have := connectors.Remote{Key: "ana@old.test", Fields: map[string]any{"name": "Ana Ruiz", "locale": "es_ES", "level": int64(3)}}
	want := connectors.Record{Key: "ana@acme.test", Fields: map[string]any{"emails": []any{map[string]any{"value": "ana@home.test"}}},
		OnCreate: map[string]any{"phone": "600"}}
	got := connectors.Private(have, want, "locale")
	slices.Sort(got)
	if diff := cmp.Diff([]string{"600", "Ana", "Ana Ruiz", "Ruiz", "ana@acme.test", "ana@home.test", "ana@old.test"}, got); diff != "" {
		t.Error(diff)
	}
}
