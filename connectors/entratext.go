package connectors

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The functions of Entra's that make texts of texts. Characters are Unicode's, where .NET counts
// those beyond the first 65,536 as two.

func appendText(a *arguments) any {
	source, ok := a.text(0)
	suffix, _ := a.text(1)
	if !ok {
		return nil
	}
	return source + suffix
}

func toBase64(a *arguments) any {
	text, _ := a.text(0)
	var raw []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		raw = binary.LittleEndian.AppendUint16(raw, unit)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func toHex(a *arguments) any {
	text, _ := a.text(0)
	return strings.ToUpper(hex.EncodeToString([]byte(text)))
}

// left gives all of the text for a negative number, as Microsoft documents.
func left(a *arguments) any {
	text, _ := a.text(0)
	n, ok := a.whole(1)
	if !ok {
		return nil
	}
	if n < 0 {
		return text
	}
	return firstRunes(text, n)
}

func mid(a *arguments) any {
	text, _ := a.text(0)
	start, ok := a.whole(1)
	length, too := a.whole(2)
	if !ok || !too {
		return nil
	}
	return firstRunes(afterRunes(text, start-1), length)
}

func firstRunes(text string, n int64) string {
	for i := range text {
		if n <= 0 {
			return text[:i]
		}
		n--
	}
	return text
}

func afterRunes(text string, n int64) string {
	for i := range text {
		if n <= 0 {
			return text[i:]
		}
		n--
	}
	if n <= 0 {
		return text
	}
	return ""
}

// position is InStr: where the second text begins in the first, 0 when it does not occur.
func position(a *arguments) any {
	text, _ := a.text(0)
	sought, _ := a.text(1)
	start, ok := a.whole(2)
	if !ok {
		start = 1
	}
	if a.at(3) == "vbTextCompare" {
		text, sought = strings.Map(unicode.ToLower, text), strings.Map(unicode.ToLower, sought)
	}
	start = max(start, 1)
	rest := afterRunes(text, start-1)
	at := strings.Index(rest, sought)
	if at < 0 || rest == "" {
		return int64(0)
	}
	return start + int64(utf8.RuneCountInString(rest[:at]))
}

// joinAll joins the values of all sources, those of lists one by one, and skips what is empty.
func joinAll(a *arguments) any {
	separator, _ := a.text(0)
	var parts []string
	for i := 1; i < len(a.list); i++ {
		parts = append(parts, a.texts(i)...)
	}
	text, err := joined(separator, parts)
	if err != nil {
		a.trouble = tooLong()
	}
	return text
}

// splitList trims the parts, as Microsoft's example shows, and leaves out empty ones.
func splitList(a *arguments) any {
	text, ok := a.text(0)
	separator, too := a.text(1)
	if !ok || !too {
		return nil
	}
	if strings.Count(text, separator) >= maxItems {
		a.trouble = tooMany()
		return nil
	}
	var parts []string
	for part := range strings.SplitSeq(text, separator) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return listOf(parts)
}

func word(a *arguments) any {
	text, _ := a.text(0)
	n, ok := a.whole(1)
	delimiters, _ := a.text(2)
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(delimiters, r) })
	if !ok || n < 1 || n > int64(len(words)) {
		return nil
	}
	return words[n-1]
}

// toLower follows the culture where it makes a difference: Turkish and Azeri have two letters i.
func toLower(a *arguments) any {
	text, _ := a.text(0)
	if isTurkic(a) {
		return strings.ToLowerSpecial(unicode.TurkishCase, text)
	}
	return strings.ToLower(text)
}

func toUpper(a *arguments) any {
	text, _ := a.text(0)
	if isTurkic(a) {
		return strings.ToUpperSpecial(unicode.TurkishCase, text)
	}
	return strings.ToUpper(text)
}

func isTurkic(a *arguments) bool {
	culture, _ := a.text(1)
	language, _, _ := strings.Cut(strings.ToLower(culture), "-")
	return language == "tr" || language == "az"
}

// properCase is PCase. Without separators it makes words as .NET's ToTitleCase does: an
// apostrophe inside a word begins none, and a digit does not stand for the first letter.
func properCase(a *arguments) any {
	text, _ := a.text(0)
	separators, own := a.text(1)
	var out strings.Builder
	within := false
	for _, r := range strings.ToLower(text) {
		separates := own && strings.ContainsRune(separators, r) || !own && separatesWords(r) && (r != '\'' || !within)
		switch {
		case separates:
			within = false
		case !within && (own || unicode.IsLetter(r)):
			r, within = unicode.ToTitle(r), true
		}
		out.WriteRune(r)
	}
	return out.String()
}

// separatesWords goes by the categories that Microsoft lists for PCase.
func separatesWords(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf, unicode.P, unicode.S)
}

// withoutDiacritics takes the marks off Latin letters. Other scripts keep theirs: there they
// make other letters.
func withoutDiacritics(text string) string {
	var out strings.Builder
	out.Grow(len(text))
	latin := false
	for _, r := range norm.NFD.String(text) {
		mark := r > unicode.MaxASCII && unicode.Is(unicode.Mn, r)
		if mark && latin {
			continue
		}
		if !mark {
			latin = unicode.Is(unicode.Latin, r)
		}
		if plain := unmarked(r); plain != "" {
			out.WriteString(plain)
		} else {
			out.WriteRune(r)
		}
	}
	return norm.NFC.String(out.String())
}

// unmarked writes out the letters whose mark is no part that Unicode takes off.
func unmarked(r rune) string {
	switch r {
	case 'æ':
		return "ae"
	case 'Æ':
		return "AE"
	case 'ø', 'œ':
		return "oe"
	case 'Ø', 'Œ':
		return "OE"
	case 'ß':
		return "ss"
	case 'ẞ':
		return "SS"
	case 'ł':
		return "l"
	case 'Ł':
		return "L"
	case 'ı':
		return "i"
	case 'đ':
		return "d"
	case 'Đ':
		return "D"
	case 'ħ':
		return "h"
	case 'Ħ':
		return "H"
	case 'ŧ':
		return "t"
	case 'Ŧ':
		return "T"
	default:
		return ""
	}
}
