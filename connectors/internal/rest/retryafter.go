package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What a vendor may ask for; the rest is taken for a mistake of its.
const (
	minPause = time.Second
	maxPause = 24 * time.Hour
)

// pauseHeaders are where vendors say when to come back, the plainest first.
func pauseHeaders() []string {
	return []string{"Retry-After", "Retry-After-Ms", "X-Ms-Retry-After-Ms", "X-Retry-After",
		"RateLimit-Reset", "X-RateLimit-Reset-After", "X-RateLimit-Reset", "X-Rate-Limit-Reset"}
}

// resetHeaders are the last of them: when the vendor's window ends, whether or not anything is left in it.
func resetHeaders() []string { return pauseHeaders()[4:] }

// retryAfter reads the pause a vendor asks for in any dialect met so far: seconds, an HTTP
// date, the epoch in seconds or milliseconds. Zero means it did not ask.
func retryAfter(header http.Header, now time.Time) time.Duration {
	if pause, ok := firstPause(header, pauseHeaders(), now); ok {
		return min(max(pause, minPause), maxPause)
	}
	if left, reset := window(header); left != "" && reset != "" { // the one field of the drafts
		if pause, ok := parsePause(reset, false, now); ok {
			return min(max(pause, minPause), maxPause)
		}
	}
	return 0
}

func firstPause(header http.Header, names []string, now time.Time) (time.Duration, bool) {
	for _, name := range names {
		value := strings.TrimSpace(header.Get(name))
		if value == "" {
			continue
		}
		if pause, ok := parsePause(value, strings.HasSuffix(name, "-Ms"), now); ok {
			return pause, true
		}
	}
	return 0, false
}

func parsePause(value string, milliseconds bool, now time.Time) (time.Duration, bool) {
	if at, err := http.ParseTime(value); err == nil {
		return at.Sub(now), true
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return at.Sub(now), true
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(n) {
		return 0, false
	}
	const farFuture = 1e9 // seconds that make 31 years: no pause, but a date
	switch {
	case milliseconds:
		return seconds(n / 1000), true
	case n >= farFuture*100:
		return time.UnixMilli(int64(min(n, 1e15))).Sub(now), true
	case n >= farFuture:
		return time.Unix(int64(n), 0).Sub(now), true
	default:
		return seconds(n), true
	}
}

func seconds(n float64) time.Duration {
	return time.Duration(min(max(n, 0), maxPause.Seconds()) * float64(time.Second))
}
