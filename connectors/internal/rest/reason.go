package rest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxReason is how much of a vendor's reason is passed on, in characters.
const maxReason = 200

// reasonIn gives the vendor's own words from its error body, cut, stripped of control
// characters, and without anything that was sent: a vendor likes to quote the bad value.
func reasonIn(answer Answer, p prepared, call Call) string {
	if !answer.isJSON() {
		return ""
	}
	var body any
	if json.Unmarshal(answer.Body, &body) != nil {
		return ""
	}
	return Redact(reason(body, 0), append(sentValues(p, call), call.Private...)...)
}

// reason looks for the words under the names vendors use for them.
func reason(body any, depth int) string {
	if depth > 3 {
		return ""
	}
	switch b := body.(type) {
	case string:
		return b
	case []any:
		if len(b) > 0 {
			return reason(b[0], depth+1)
		}
	case map[string]any:
		for _, name := range []string{"Message", "message", "error_description", "detail", "error", "errors", "title"} {
			if words := reason(b[name], depth+1); words != "" {
				return words
			}
		}
	}
	return ""
}

// Redact makes a vendor's words fit for an administrator and a log: mail addresses, what may be
// a phone number and the given values masked, control and bidirectional characters taken out,
// cut to 200 characters.
func Redact(words string, values ...string) string {
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return len(v) < 3 })
	// Longest first, or a part of a value would be masked and the rest left to read.
	slices.SortFunc(values, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, value := range values {
		words = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(value)).ReplaceAllLiteralString(words, "…")
	}
	words = regexp.MustCompile(`[^\s@'"<>()\[\],;]+@[^\s@'"<>()\[\],;]+`).ReplaceAllLiteralString(words, "…")
	words = regexp.MustCompile(`\+?\d[\d\s().-]{4,}\d`).ReplaceAllLiteralString(words, "…")
	words = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, words)
	if runes := []rune(words); len(runes) > maxReason {
		words = string(runes[:maxReason-1]) + "…"
	}
	return words
}

// sentValues are the texts of the request, its headers' too.
func sentValues(p prepared, call Call) []string {
	values := carried(call.Header)
	var body any
	if strings.HasSuffix(p.contentType, "json") && json.NewDecoder(bytes.NewReader(p.body)).Decode(&body) == nil {
		values = texts(body, values)
	}
	for _, form := range []url.Values{call.Query, asForm(call.Body)} {
		for _, list := range form {
			values = append(values, list...)
		}
	}
	for _, value := range call.Params {
		values = append(values, value)
	}
	return values
}

func asForm(body any) url.Values {
	form, _ := body.(url.Values)
	return form
}

func texts(v any, into []string) []string {
	switch x := v.(type) {
	case string:
		into = append(into, x)
	case []any:
		for _, item := range x {
			into = texts(item, into)
		}
	case map[string]any:
		for _, item := range x {
			into = texts(item, into)
		}
	}
	return into
}
