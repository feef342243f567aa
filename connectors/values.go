package connectors

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// TextOf is a text as it is, and a whole number of a vendor's JSON in digits, as ids are: numbers to
// one vendor and text to the next. Of anything else it is empty.
func TextOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case int64:
		return strconv.FormatInt(v, 10)
	default:
		return ""
	}
}

// ScalarText is TextOf, and any other number and a truth in JSON's words. Of lists and objects it is
// empty.
func ScalarText(value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	default:
		return TextOf(value)
	}
}

// Plain brings a value of a vendor's JSON to the types of a Remote's fields: a number becomes an
// int64, or a float64 where it is not whole, and an empty text becomes nil. Everything else stays
// as it is, lists and objects too, of which each product knows what they mean.
func Plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case string:
		if v == "" {
			return nil
		}
		return v
	default:
		return v
	}
}

// SameText reports whether both are texts, and the same one but for letter case.
func SameText(a, b any) bool {
	x, ok := a.(string)
	y, both := b.(string)
	return ok && both && strings.EqualFold(x, y)
}

// TextsIn are the texts in a value, those in its lists and objects too.
func TextsIn(value any) (texts []string) {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		for _, item := range v {
			texts = append(texts, TextsIn(item)...)
		}
	case map[string]any:
		for _, item := range v {
			texts = append(texts, TextsIn(item)...)
		}
	}
	return texts
}

// Private are the texts of an account and a record, keys included, and their single words: a
// Call's Private, where no error may show anything of the person. Left out are the fields, by name, that say nothing of a person.
func Private(have Remote, want Record, except ...string) []string {
	texts := []string{have.Key, want.Key}
	for _, fields := range []map[string]any{have.Fields, want.Fields, want.OnCreate} {
		for name, value := range fields {
			if !slices.Contains(except, name) {
				for _, text := range TextsIn(value) {
					texts = append(texts, text)
					if words := strings.Fields(text); len(words) > 1 {
						texts = append(texts, words...)
					}
				}
			}
		}
	}
	return texts
}
