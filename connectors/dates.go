package connectors

import (
	"slices"
	"strings"
	"time"
)

// The functions of Entra's for dates. A date goes from one to the next as the text that Entra
// shows, in UTC: M/d/yyyy h:mm:ss tt.
const dateText = "1/2/2006 3:04:05 PM"

// What a date may be, as seconds of Unix: the years 1 to 9999, as in .NET.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
	fileEpoch   = -11644473600 // 1601, where Active Directory's numbers begin
	ticks       = 10_000_000   // of Active Directory in a second
)

// dateLayouts are the forms of a date that are read without a format.
func dateLayouts() []string {
	return []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00",
		"2006-01-02T15:04", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05", "2006-01-02 15:04",
		"2006-01-02Z07:00", "2006-01-02", dateText, "1/2/2006 15:04:05", "1/2/2006 3:04 PM", "1/2/2006 15:04", "1/2/2006"}
}

// date reads the argument, and whether there is one. Seconds are the finest that count.
func (a *arguments) date(i int) (time.Time, bool) {
	text, ok := a.text(i)
	if !ok {
		return time.Time{}, false
	}
	text = strings.TrimSpace(text)
	for _, layout := range dateLayouts() {
		if t, err := time.Parse(layout, text); err == nil && isDate(t.Unix()) {
			return t.UTC().Truncate(time.Second), true
		}
	}
	a.fail("argument %d is no date like 2026-03-16 or 2026-03-16T08:00:00Z", i+1)
	return time.Time{}, false
}

func isDate(second int64) bool { return second >= firstSecond && second <= lastSecond }

func (a *arguments) written(second int64) any {
	if !isDate(second) {
		a.fail("the date is not in the years 1 to 9999")
		return nil
	}
	return time.Unix(second, 0).UTC().Format(dateText)
}

func toDate(a *arguments) any {
	t, ok := a.date(0)
	if !ok {
		return nil
	}
	return a.written(t.Unix())
}

// units are what DateAdd and DateDiff count in.
func units() []string { return []string{"yyyy", "m", "d", "ww", "h", "n", "s"} }

func isUnit(word string) bool { return slices.Contains(units(), word) }

// seconds is how long a unit of fixed length is.
func seconds(unit string) int64 {
	switch unit {
	case "ww":
		return 7 * 86400
	case "d":
		return 86400
	case "h":
		return 3600
	case "n":
		return 60
	default:
		return 1
	}
}

func dateAdd(a *arguments) any {
	unit, _ := a.text(0)
	n, counted := a.whole(1)
	t, ok := a.date(2)
	switch {
	case !counted || !ok:
		return nil
	case !isUnit(unit):
		a.fail("the interval is none of %s", strings.Join(units(), ", "))
		return nil
	case n > lastSecond-firstSecond || n < firstSecond-lastSecond:
		a.fail("the date is not in the years 1 to 9999")
		return nil
	case unit == "yyyy":
		return a.written(addMonths(t, 12*n).Unix())
	case unit == "m":
		return a.written(addMonths(t, n).Unix())
	default:
		return a.written(t.Unix() + n*seconds(unit))
	}
}

// addMonths keeps to the month, as .NET does: a month after January 31 is the end of February.
func addMonths(t time.Time, n int64) time.Time {
	const never = 120_000 // months: beyond every date
	first := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	first = first.AddDate(0, int(max(min(n, never), -never)), 0)
	return first.AddDate(0, 0, min(t.Day(), first.AddDate(0, 1, -1).Day())-1)
}

// dateDiff counts as Visual Basic's DateDiff: years, months and weeks by the calendar, a week
// beginning on Sunday, and the rest by whole units that have passed.
func dateDiff(a *arguments) any {
	unit, _ := a.text(0)
	from, ok := a.date(1)
	to, too := a.date(2)
	switch {
	case !ok || !too:
		return nil
	case !isUnit(unit):
		a.fail("the interval is none of %s", strings.Join(units(), ", "))
		return nil
	case unit == "yyyy":
		return to.Year() - from.Year()
	case unit == "m":
		return 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month())
	case unit == "ww":
		return (weekOf(to) - weekOf(from)) / 86400 / 7
	default:
		return (to.Unix() - from.Unix()) / seconds(unit)
	}
}

// weekOf takes a time back to the Sunday before it, its hour kept.
func weekOf(t time.Time) int64 { return t.Unix() - 86400*int64(t.Weekday()) }

func dateFromNumber(a *arguments) any {
	n, ok := a.whole(0)
	if !ok {
		return nil
	}
	if n < 0 {
		a.fail("the number is negative")
		return nil
	}
	return a.written(fileEpoch + n/ticks)
}

func numberFromDate(a *arguments) any {
	t, ok := a.date(0)
	switch {
	case !ok:
		return nil
	case t.Unix() < fileEpoch:
		a.fail("the date is before 1601")
		return nil
	default:
		return (t.Unix() - fileEpoch) * ticks
	}
}
