package configs

import (
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes as files write it: "256MiB", "1GiB", or 0.
type Size int64

// String gives it in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range sizeUnits() {
		if s > 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

type sizeUnit struct {
	name  string
	bytes int64
}

func sizeUnits() []sizeUnit { return []sizeUnit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} }

func (s *Size) decode(n Node) (problem string) {
	if !n.Present() {
		return ""
	}
	text, ok := textOf(n.Node)
	if !ok {
		text = n.Node.GetToken().Value
	}
	if text == "0" {
		*s = 0
		return ""
	}
	for _, u := range sizeUnits() {
		digits, has := strings.CutSuffix(text, u.name)
		if !has {
			continue
		}
		count, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err == nil && count > 0 && count <= math.MaxInt64/u.bytes {
			*s = Size(count * u.bytes)
			return ""
		}
	}
	return `want a size such as "256MiB" or "1GiB", or 0`
}
