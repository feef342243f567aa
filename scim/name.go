package scim

import "strings"

// EqualName reports whether two attribute names or schema URNs are the same. Only ASCII
// letters lose their case (RFC 7643 section 2.1): the wider Unicode folding would let
// "ſchemas" pass for "schemas" in one place and not in another.
func EqualName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// HasNamePrefix reports whether s begins with prefix by the rule of EqualName.
func HasNamePrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && EqualName(s[:len(prefix)], prefix)
}

// LowerName is the form of a name under which EqualName names are equal strings.
func LowerName(s string) string {
	for i := range len(s) {
		if s[i] != lower(s[i]) {
			return lowerFrom(s, i)
		}
	}
	return s
}

func lowerFrom(s string, i int) string {
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		b.WriteByte(lower(s[i]))
	}
	return b.String()
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// maxQuoted is how much of a name a client chose is repeated in a detail or a log.
const maxQuoted = 64

// ClipName makes a name that a client chose fit to be repeated to it or logged: at most 64
// bytes, without control characters and without cutting a character in half.
func ClipName(s string) string {
	clipped := s
	if len(clipped) > maxQuoted {
		clipped = strings.ToValidUTF8(clipped[:maxQuoted], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, clipped)
}
