package connectors

import (
	"strings"
)

// callingCode gives the country calling code of a number in international form, plus sign
// included, and nothing for a number that does not say its country.
func callingCode(number string) string {
	digits, ok := international(number)
	if !ok {
		return ""
	}
	return "+" + digits[:codeLength(digits)]
}

// nationalNumber gives the number without its calling code and without punctuation.
func nationalNumber(number string) string {
	digits, ok := international(number)
	if !ok {
		return digits
	}
	return digits[codeLength(digits):]
}

// international reduces a number to its digits and says whether it named its country.
func international(number string) (digits string, ok bool) {
	number = strings.TrimPrefix(strings.TrimSpace(number), "tel:")
	number, _, _ = strings.Cut(number, ";") // RFC 3966 parameters such as ;ext=12
	marked := strings.HasPrefix(number, "+")
	// "+44 (0)20" is written often: the zero is dialled inside the country only.
	if marked {
		number = strings.Replace(number, "(0)", "", 1)
	}
	digits = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	if rest, doubled := strings.CutPrefix(digits, "00"); doubled && !marked {
		digits, marked = rest, true
	}
	return digits, marked && len(digits) > 4
}

// codeLength is the length of the calling code at the start of the digits. The codes of
// ITU-T E.164 are free of prefixes: two have one digit, those listed two, the rest three.
func codeLength(digits string) int {
	const twoDigits = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58" +
		" 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
	switch {
	case digits[0] == '1' || digits[0] == '7':
		return 1
	case strings.Contains(twoDigits, " "+digits[:2]+" "):
		return 2
	default:
		return 3
	}
}
