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

// retryAfter reads the pause a vendor asks for in any dialect met so far: seconds, an HTTP
// date, the epoch in seconds or milliseconds. Zero means it did not ask.
func retryAfter(header http.Header, now time.Time) time.Duration {
	for _, name := range pauseHeaders() {
		value := strings.TrimSpace(header.Get(name))
		if value == "" {
			continue
		}
		if pause, ok := parsePause(value, strings.HasSuffix(name, "-Ms"), now); ok {
			return min(max(pause, minPause), maxPause)
		}
	}
	return 0
}

func parsePause(value string, milliseconds bool, now time.Time) (time.Duration, bool) {
	if at, err := http.ParseTime(value); err == nil {
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

// limited says whether an answer speaks of a rate limit, whatever its status.
func limited(header http.Header) bool {
	for _, name := range []string{"RateLimit-Remaining", "X-RateLimit-Remaining", "X-Rate-Limit-Remaining"} {
		if header.Get(name) == "0" {
			return true
		}
	}
	return header.Get("Retry-After") != ""
}
