package connectors

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// layout is one of .NET's custom date formats, cut up.
type layout []token

// token is a specifier that stands a number of times, or text that stands for itself.
type token struct {
	verb  byte
	count int
	text  string
}

func (l layout) has(verb byte) bool {
	return slices.ContainsFunc(l, func(t token) bool { return t.verb == verb })
}

// readLayout cuts up a format: the custom ones, and the standard ones that mean the same in
// every culture.
func readLayout(format string) (layout, error) {
	switch format {
	case "":
		return nil, errors.New("the format is empty")
	case "o", "O":
		format = "yyyy-MM-ddTHH:mm:ss.fffffffK"
	case "s":
		format = "yyyy-MM-ddTHH:mm:ss"
	case "u":
		format = "yyyy-MM-dd HH:mm:ss'Z'"
	case "r", "R":
		format = "ddd, dd MMM yyyy HH:mm:ss 'GMT'"
	}
	if len(format) == 1 {
		return nil, fmt.Errorf("%q alone means another thing in every culture: write the whole format, as in yyyy-MM-dd", format)
	}
	var l layout
	for rest := format; rest != ""; {
		t, after, err := readToken(rest)
		if err != nil {
			return nil, err
		}
		l, rest = append(l, t), after
	}
	return l, nil
}

func readToken(format string) (t token, rest string, err error) {
	switch first := format[0]; first {
	case '\'', '"':
		text, rest, closed := strings.Cut(format[1:], format[:1])
		if !closed {
			return t, "", errors.New("the format has a quote that does not end")
		}
		return token{text: text}, rest, nil
	case '\\':
		if len(format) == 1 {
			return t, "", errors.New("the format ends in a backslash")
		}
		_, after := cutRune(format[1:])
		return token{text: format[1 : len(format)-len(after)]}, after, nil
	case '%':
		if len(format) == 1 {
			return t, "", errors.New("the format ends in a percent sign")
		}
		return readToken(format[1:])
	case 'd', 'f', 'F', 'g', 'h', 'H', 'K', 'm', 'M', 's', 't', 'y', 'z':
		rest = strings.TrimLeft(format, format[:1])
		t = token{verb: first, count: len(format) - len(rest)}
		if first == 'g' || t.count > 7 || first != 'f' && first != 'F' && t.count > 4 {
			return t, "", fmt.Errorf("the format has %s, which is not read here", format[:t.count])
		}
		return t, rest, nil
	default:
		text, after := cutRune(format)
		return token{text: text}, after, nil
	}
}

func cutRune(text string) (first, rest string) {
	for i := range text {
		if i > 0 {
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// format writes the time, which is in UTC.
func (l layout) format(t time.Time) string {
	var out strings.Builder
	for _, tok := range l {
		out.WriteString(tok.format(t))
	}
	return out.String()
}

func (tok token) format(t time.Time) string {
	switch tok.verb {
	case 'y':
		if tok.count <= 2 {
			return digits(t.Year()%100, tok.count)
		}
		return digits(t.Year(), tok.count)
	case 'M':
		if tok.count > 2 {
			return t.Format([]string{"Jan", "January"}[tok.count-3])
		}
		return digits(int(t.Month()), tok.count)
	case 'd':
		if tok.count > 2 {
			return t.Format([]string{"Mon", "Monday"}[tok.count-3])
		}
		return digits(t.Day(), tok.count)
	case 'H':
		return digits(t.Hour(), min(tok.count, 2))
	case 'h':
		return digits((t.Hour()+11)%12+1, min(tok.count, 2))
	case 'm':
		return digits(t.Minute(), min(tok.count, 2))
	case 's':
		return digits(t.Second(), min(tok.count, 2))
	case 'f':
		return fmt.Sprintf("%09d", t.Nanosecond())[:tok.count]
	case 'F':
		return strings.TrimRight(fmt.Sprintf("%09d", t.Nanosecond())[:tok.count], "0")
	case 't':
		return t.Format("PM")[:min(tok.count, 2)]
	case 'z':
		return []string{"+0", "+00", "+00:00", "+00:00"}[tok.count-1]
	case 'K':
		return "Z"
	default:
		return tok.text
	}
}

func digits(n, width int) string { return fmt.Sprintf("%0*d", width, n) }

// checkStyles accepts the names of .NET's DateTimeStyles. White space is always allowed around
// a date and every date is brought to UTC, so none of them changes anything.
func checkStyles(styles string) error {
	known := []string{"None", "AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite", "AllowWhiteSpaces",
		"NoCurrentDateDefault", "AdjustToUniversal", "AssumeUniversal", "RoundtripKind"}
	for _, style := range strings.FieldsFunc(styles, func(r rune) bool { return strings.ContainsRune(", |", r) }) {
		if name := strings.TrimPrefix(style, "DateTimeStyles."); !slices.Contains(known, name) {
			return fmt.Errorf("the style %q is none of %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// formatDate is FormatDateTime: a date read by one format and written by another.
func formatDate(a *arguments) any {
	text, ok := a.text(0)
	if !ok {
		return nil
	}
	input, _ := a.text(2)
	output, _ := a.text(3)
	from, err := readLayout(input)
	to, err2 := readLayout(output)
	if err != nil || err2 != nil {
		a.fail("a format cannot be read")
		return nil
	}
	t, ok := from.parse(strings.TrimSpace(text))
	if !ok || !isDate(t.Unix()) {
		a.fail("the text is no date of the form %s", input)
		return nil
	}
	return to.format(t)
}
