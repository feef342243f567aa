package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"scimrelay/scim"
)

// Fold is the one rule by which two values of a case-insensitive attribute are the same
// value: for uniqueness, for look-ups, for filters and for matching list elements.
//
// It is the compatibility caseless match of the Unicode standard (definition D146), put
// into composed form:
//
//   - compatibility forms become plain ones: full-width "ｌ" is "l", "ﬁ" is "fi", "²" is "2";
//   - full case folding: "A" is "a", "ß" and "ẞ" are "ss", final "ς" is "σ", the Kelvin
//     sign is "k", "İ" is "i" with a dot above (not "i"), and "ı" stays itself, because
//     only Turkish takes it for an i;
//   - canonical composition (NFC): "e" with a combining accent is "é".
//
// It goes further than PRECIS UsernameCaseMapped (RFC 8265) where that only lowers letters,
// so that two names Fold keeps apart are also apart for a vendor that compares without
// case, and it refuses nothing: unassigned, bidirectional and control characters stay.
// Nothing is trimmed: a trailing dot or space makes another name. Folding twice changes
// nothing.
func Fold(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return foldUnicode(s)
		}
	}
	return scim.LowerName(s)
}

func foldUnicode(s string) string {
	s = foldCase(norm.NFD.String(s))
	s = foldCase(norm.NFKC.String(s))
	return norm.NFKC.String(s)
}

// foldCase is the full case folding of the Unicode standard. x/text leaves out Cherokee,
// the one script that folds to its capitals.
func foldCase(s string) string {
	return strings.Map(func(r rune) rune {
		if 0xab70 <= r && r <= 0xabbf || 0x13f8 <= r && r <= 0x13fd {
			return unicode.ToUpper(r)
		}
		return r
	}, cases.Fold().String(s))
}
