package event

import "strings"

// RespondAsync reports whether a request's Prefer headers ask for an answer that comes later
// (RFC 7240 section 4.1). Preferences may be spread over headers, in any letter case and with
// parameters; of one that is sent twice the first counts, and what is not known or cannot be
// read is ignored (section 2).
func RespondAsync(headers []string) bool {
	for _, header := range headers {
		for _, preference := range split(header, ',') {
			name, value, _ := strings.Cut(split(preference, ';')[0], "=")
			if strings.EqualFold(strings.Trim(name, blanks), "respond-async") {
				value = strings.Trim(value, blanks)
				return value == "" || value == `""` // an empty value is none (section 2)
			}
		}
	}
	return false
}

const blanks = " \t"

// split cuts a header at a separator, but not within quoted strings.
func split(text string, separator byte) (parts []string) {
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}
