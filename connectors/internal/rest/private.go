package rest

import (
	"strings"

	"scimrelay/connectors"
)

// TextsOf are the texts of an account and of a record, and their single words: a Call's Private,
// where nothing of the person may be told.
func TextsOf(have connectors.Remote, want connectors.Record) []string {
	texts := []string{have.Key, want.Key}
	for _, fields := range []map[string]any{have.Fields, want.Fields, want.OnCreate} {
		for _, value := range fields {
			text, _ := value.(string)
			texts = append(append(texts, text), strings.Fields(text)...)
		}
	}
	return texts
}
