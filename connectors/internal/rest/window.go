package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// mostForetold is the longest that a vendor's headers hold the account back while it still
// answers: they may be about other calls, or be wrong. Then one call asks again.
const mostForetold = 15 * time.Minute

// remainingHeaders are where vendors say how many calls are left in their window.
func remainingHeaders() []string {
	return []string{"RateLimit-Remaining", "X-RateLimit-Remaining", "X-Rate-Limit-Remaining"}
}

// exhausted is how long the vendor's window still is when nothing is left in it, zero when there
// is something or the answer does not say. One that is left may be needed by somebody else, but
// none left is sure to be refused.
func exhausted(header http.Header, now time.Time) time.Duration {
	left, reset := window(header)
	if left == "" {
		left = remaining(header)
	}
	if n, err := strconv.ParseFloat(left, 64); err != nil || n > 0 {
		return 0
	}
	pause, ok := parsePause(reset, false, now)
	if !ok {
		pause, ok = firstPause(header, append([]string{"Retry-After"}, resetHeaders()...), now)
	}
	if !ok || pause <= 0 {
		return 0
	}
	return min(pause, mostForetold)
}

func remaining(header http.Header) string {
	for _, name := range remainingHeaders() {
		if value := strings.TrimSpace(header.Get(name)); value != "" {
			return value
		}
	}
	return ""
}

// window reads the field RateLimit, in which the drafts of the IETF put everything: older ones as
// "limit=100, remaining=0, reset=30", the later as `"default";r=0;t=30`. The first policy counts.
func window(header http.Header) (left, reset string) {
	first, _, _ := strings.Cut(header.Get("RateLimit"), ",")
	fields := strings.FieldsFunc(header.Get("RateLimit"), func(r rune) bool { return r == ',' || r == ';' })
	if strings.Contains(first, ";") {
		fields = strings.Split(first, ";")
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch value = strings.Trim(strings.TrimSpace(value), `"`); strings.ToLower(name) {
		case "remaining", "r":
			left = value
		case "reset", "t":
			reset = value
		}
	}
	return left, reset
}

// limited says whether an answer speaks of a rate limit, whatever its status.
func limited(header http.Header) bool {
	left, _ := window(header)
	return header.Get("Retry-After") != "" || left == "0" || remaining(header) == "0"
}
