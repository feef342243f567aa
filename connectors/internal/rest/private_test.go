package rest_test

import (
	"slices"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

func TestTextsOfAPersonAreTheirWordsToo(t *testing.T) {
	texts := rest.TextsOf(connectors.Remote{Key: "ana@old.test", Fields: map[string]any{"name": "Ana Ruiz", "level": int64(3)}},
		connectors.Record{Key: "ana@acme.test", Fields: map[string]any{"phone": "600"}, OnCreate: map[string]any{"nick": "Anita"}})
	for _, want := range []string{"ana@old.test", "ana@acme.test", "Ana Ruiz", "Ana", "Ruiz", "600", "Anita"} {
		if !slices.Contains(texts, want) {
			t.Errorf("%q is not among %q", want, texts)
		}
	}
}
