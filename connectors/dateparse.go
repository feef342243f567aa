package connectors

import (
	"strconv"
	"strings"
	"time"
)

// clock gathers what a text says of a time.
type clock struct {
	year, month, day, hour, minute, second, nano int
	half                                         string // am or pm
	offset                                       int    // seconds east of UTC
}

// parse reads the whole text by the layout.
func (l layout) parse(text string) (time.Time, bool) {
	c := clock{month: 1, day: 1}
	for _, tok := range l {
		var ok bool
		if text, ok = c.take(tok, text); !ok {
			return time.Time{}, false
		}
	}
	switch {
	case c.half != "" && c.hour > 12, text != "":
		return time.Time{}, false
	case c.half == "pm" && c.hour < 12:
		c.hour += 12
	case c.half == "am" && c.hour == 12:
		c.hour = 0
	}
	t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, c.nano, time.UTC)
	// time.Date takes the 31st of February for the 3rd of March, and hour 25 for the next day.
	valid := t.Year() == c.year && int(t.Month()) == c.month && t.Day() == c.day && t.Hour() == c.hour && t.Minute() == c.minute && t.Second() == c.second
	return t.Add(-time.Duration(c.offset) * time.Second), valid
}

// take reads one token off the text and returns what is left.
func (c *clock) take(tok token, text string) (rest string, ok bool) {
	switch tok.verb {
	case 'y':
		rest, ok = take(&c.year, text, tok.count, max(tok.count, 2))
		if ok && tok.count <= 2 {
			c.year += 2000
			if c.year > 2049 {
				c.year -= 100
			}
		}
		return rest, ok
	case 'M':
		if tok.count > 2 {
			return takeName(&c.month, text, tok.count == 4, func(i int) string { return time.Month(i).String() }, 12)
		}
		return take(&c.month, text, tok.count, 2)
	case 'd':
		if tok.count > 2 {
			var ignored int
			return takeName(&ignored, text, tok.count == 4, func(i int) string { return time.Weekday(i % 7).String() }, 7)
		}
		return take(&c.day, text, tok.count, 2)
	case 'H', 'h':
		return take(&c.hour, text, min(tok.count, 2), 2)
	case 'm':
		return take(&c.minute, text, min(tok.count, 2), 2)
	case 's':
		return take(&c.second, text, min(tok.count, 2), 2)
	case 'f':
		return takeFraction(&c.nano, text, tok.count, tok.count)
	case 'F':
		return takeFraction(&c.nano, text, 0, tok.count)
	case 't':
		return c.takeHalf(text, min(tok.count, 2))
	case 'z', 'K':
		return c.takeOffset(tok, text)
	default:
		return strings.CutPrefix(text, tok.text)
	}
}

// take reads a number of at least and at most so many digits.
func take(into *int, text string, least, most int) (rest string, ok bool) {
	n := 0
	for n < len(text) && n < most && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	if n < least {
		return text, false
	}
	*into, _ = strconv.Atoi(text[:n])
	return text[n:], true
}

func takeFraction(into *int, text string, least, most int) (rest string, ok bool) {
	var ignored int
	rest, ok = take(&ignored, text, least, most)
	if !ok {
		return text, false
	}
	*into, _ = strconv.Atoi((text[:len(text)-len(rest)] + "000000000")[:9])
	return rest, true
}

func takeName(into *int, text string, whole bool, name func(int) string, names int) (rest string, ok bool) {
	for i := 1; i <= names; i++ {
		word := name(i)
		if !whole {
			word = word[:3]
		}
		if len(text) >= len(word) && strings.EqualFold(text[:len(word)], word) {
			*into = i
			return text[len(word):], true
		}
	}
	return text, false
}

func (c *clock) takeHalf(text string, letters int) (rest string, ok bool) {
	for _, half := range []string{"am", "pm"} {
		if word := half[:letters]; len(text) >= letters && strings.EqualFold(text[:letters], word) {
			c.half = half
			return text[letters:], true
		}
	}
	return text, false
}

// takeOffset reads Z, ±h, ±hh or ±hh:mm; K allows none of them.
func (c *clock) takeOffset(tok token, text string) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(text, "Z"); ok {
		return rest, true
	}
	if text == "" || text[0] != '+' && text[0] != '-' {
		return text, tok.verb == 'K'
	}
	var hours, minutes int
	rest, ok = take(&hours, text[1:], min(tok.count, 2), 2)
	if ok && (tok.verb == 'K' || tok.count > 2) {
		rest, ok = take(&minutes, strings.TrimPrefix(rest, ":"), 2, 2)
	}
	c.offset = 3600*hours + 60*minutes
	if text[0] == '-' {
		c.offset = -c.offset
	}
	return rest, ok && hours <= 14 && minutes < 60
}
