package rest

import (
	"net/http"
	"testing"
	"time"
)

// Whatever a vendor says of its limits, a pause is between a second and a day, and what is foretold
// holds nobody back for longer than a quarter of an hour.
func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	names := append([]string{"Retry-After", "RateLimit", "RateLimit-Remaining", "X-Ms-Retry-After-Ms"}, resetHeaders()...)
	for _, value := range []string{"20", "1.5", "-5", "1e300", "NaN", "1000000000000", now.Format(http.TimeFormat), "limit=100, remaining=0, reset=30", `"default";r=0;t=30`, "soon"} {
		f.Add(uint8(0), value, "0")
		f.Add(uint8(1), value, value)
	}
	f.Fuzz(func(t *testing.T, name uint8, value, left string) {
		header := http.Header{}
		header.Set(names[int(name)%len(names)], value)
		header.Set("X-RateLimit-Remaining", left)
		if pause := retryAfter(header, now); pause != 0 && (pause < time.Second || pause > 24*time.Hour) {
			t.Errorf("%v: a pause of %v", header, pause)
		}
		if pause := exhausted(header, now); pause < 0 || pause > mostForetold {
			t.Errorf("%v: held back for %v", header, pause)
		}
		_ = limited(header)
	})
}
