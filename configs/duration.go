package configs

import (
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as files write it: "5s", "1h30m", or 0. It is never negative.
type Duration time.Duration

// String gives it as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }

func (d *Duration) decode(n Node) (problem string) {
	if !n.Present() {
		return ""
	}
	text, ok := textOf(n.Node)
	if !ok {
		text = n.Node.GetToken().Value
	}
	// time.ParseDuration takes a bare zero and no other bare number.
	length, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return `want a duration such as "5s" or "1h30m", or 0`
	case length < 0:
		return "a duration is not negative"
	}
	*d = Duration(length)
	return ""
}

// Percent is a share of a hundred, written "10%".
type Percent float64

// String gives it with its sign.
func (p Percent) String() string {
	return strconv.FormatFloat(float64(p), 'f', -1, 64) + "%"
}

// Of returns the share of n, rounded down.
func (p Percent) Of(n int) int { return int(float64(n) * float64(p) / 100) }

func (p *Percent) decode(n Node) (problem string) {
	if !n.Present() {
		return ""
	}
	text, _ := textOf(n.Node)
	digits, ok := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil || !(share >= 0 && share <= 100) {
		return `want a percentage from "0%" to "100%"`
	}
	*p = Percent(share)
	return ""
}
