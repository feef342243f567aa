package rest_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

// today leaves the year in which bubbles begin: an epoch of then would be taken for seconds.
func today() {
	<-time.After(10_000 * 24 * time.Hour) // of the bubble, which is then at 1810684800
}

// paced is a vendor in a bubble that tells when it was called.
type paced struct {
	mu     sync.Mutex
	began  time.Time
	times  []time.Duration
	answer func(n int) (status int, headers map[string]string)
}

// RoundTrip implements http.RoundTripper.
func (p *paced) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.times)
	p.times = append(p.times, time.Since(p.began))
	status, headers := 200, map[string]string(nil)
	if p.answer != nil {
		status, headers = p.answer(n)
	}
	response := respond(r, status, `{}`)
	for name, value := range headers {
		response.Header.Set(name, value)
	}
	return response, nil
}

// client is a target's at the vendor, of an account whose buckets these are.
func (p *paced) client(t *testing.T, account string, buckets connectors.Buckets, r tenants.Rate, base string) *rest.Client {
	t.Helper()
	return mustClient(t, rest.Options{BaseURL: base, Rate: r, Account: account, Buckets: buckets, Transport: p})
}

func get(t *testing.T, c *rest.Client) error {
	t.Helper()
	_, err := c.Do(t.Context(), rest.Call{Method: "GET", Path: "/x"})
	return err
}

// within is how many calls there were from one time to another.
func (p *paced) within(from, to time.Duration) (n int) {
	for _, at := range p.times {
		if at >= from && at < to {
			n++
		}
	}
	return n
}

// P15: what an account's targets send together stays within the rate, and nobody else is slowed.
func TestTargetsOfOneAccountShareItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		buckets, vendor, other := connectors.NewLocalBuckets(nil), &paced{began: time.Now()}, &paced{began: time.Now()}
		r := tenants.Rate{PerSecond: 2, Burst: 2, Concurrency: 4}
		clients := []*rest.Client{
			vendor.client(t, "one", buckets, r, "https://vendor.test/api"),
			vendor.client(t, "one", buckets, r, "https://VENDOR.test:443/api/"), // the same, written otherwise
		}
		stranger := other.client(t, "two", buckets, r, "https://vendor.test/api")
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := get(t, clients[i%2]); err != nil {
					t.Error(err)
				}
			})
			if i < 2 {
				all.Go(func() { _ = get(t, stranger) })
			}
		}
		all.Wait()
		if n := vendor.within(0, time.Millisecond); n != 2 {
			t.Errorf("%d calls at once, the burst is 2", n)
		}
		if last := vendor.times[19]; last < 9*time.Second || last > 9100*time.Millisecond {
			t.Errorf("20 calls at 2/s took %v", last)
		}
		if n := other.within(0, time.Millisecond); n != 2 {
			t.Errorf("another account's burst was %d", n)
		}
	})
}

// V27: a pause that one target is asked for is kept by all of its account, and what follows is
// no burst.
func TestAPauseIsTheAccountsAndTheRateRisesAfterIt(t *testing.T) {
	board.Begin(t, "V27")
	for name, headers := range map[string]map[string]string{
		"seconds":       {"Retry-After": "20"},
		"milliseconds":  {"Retry-After-Ms": "20000"},
		"the draft's":   {"RateLimit": `"default";r=0;t=20`},
		"an older one":  {"RateLimit": "limit=100, remaining=0, reset=20"},
		"time of reset": {"X-RateLimit-Reset": "1810684820"}, // twenty seconds into the bubble's time
		"RFC 3339":      {"X-RateLimit-Reset": "2027-05-19T00:00:20Z"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				today()
				vendor, buckets := &paced{began: time.Now()}, connectors.NewLocalBuckets(nil)
				vendor.answer = func(n int) (int, map[string]string) {
					if n == 0 {
						return 429, headers
					}
					return 200, nil
				}
				r := tenants.Rate{PerSecond: 10, Burst: 20, Concurrency: 4}
				one, other := vendor.client(t, "a", buckets, r, "https://vendor.test"), vendor.client(t, "a", buckets, r, "https://vendor.test")
				if fault := connectors.FaultOf(get(t, one)); fault == nil || fault.RetryAfter != 20*time.Second {
					t.Fatalf("the fault is %v", fault)
				}
				fault := connectors.FaultOf(get(t, other))
				var later *connectors.NotBeforeError
				if fault == nil || fault.Class != connectors.Throttled || !errors.As(fault.Err, &later) || fault.RetryAfter < 10*time.Second {
					t.Fatalf("the other target's call gave %v", fault)
				}
				for range 800 {
					for connectors.FaultOf(get(t, other)) != nil {
						<-time.After(time.Second) // of the bubble
					}
				}
				if n := vendor.within(1, 20*time.Second); n > 0 {
					t.Errorf("%d calls during the pause", n)
				}
				first, last := vendor.within(20*time.Second, 24*time.Second), vendor.within(60*time.Second, 64*time.Second)
				if first < 10 || first > 15 || last < 38 || last > 42 {
					t.Errorf("%d calls in the first four seconds after the pause, %d once the rate has risen", first, last)
				}
				for at := 20 * time.Second; at < 60*time.Second; at += time.Second {
					if n := vendor.within(at, at+time.Second); n > 12 {
						t.Errorf("%d calls in the second from %v", n, at)
					}
				}
			})
		})
	}
}

// What the vendor says is left is believed before it has to refuse.
func TestNothingLeftIsWaitedForAndNotHit(t *testing.T) {
	for name, c := range map[string]struct {
		headers map[string]string
		want    time.Duration // the second call
	}{
		"relative":              {map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4"}, 4 * time.Second},
		"epoch":                 {map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1810684804"}, 4 * time.Second},
		"epoch in milliseconds": {map[string]string{"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1810684804000"}, 4 * time.Second},
		"the draft's fields":    {map[string]string{"RateLimit-Limit": "10", "RateLimit-Remaining": "0", "RateLimit-Reset": "4"}, 4 * time.Second},
		"the draft's one field": {map[string]string{"RateLimit": `"burst";r=0;t=4, "day";r=9;t=9000`}, 4 * time.Second},
		"something left":        {map[string]string{"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "4"}, 0},
		"no time":               {map[string]string{"X-RateLimit-Remaining": "0"}, 0},
		"a time that is over":   {map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1810684700"}, 0},
		"no number":             {map[string]string{"X-RateLimit-Remaining": "none", "X-RateLimit-Reset": "4"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				today()
				vendor := &paced{began: time.Now(), answer: func(int) (int, map[string]string) { return 200, c.headers }}
				client := vendor.client(t, "a", nil, tenants.Rate{PerSecond: 1000, Burst: 10}, "https://vendor.test")
				for range 2 {
					if err := get(t, client); err != nil {
						t.Fatal(err)
					}
				}
				if got := vendor.times[1]; got != c.want {
					t.Errorf("the second call came after %v, want %v", got, c.want)
				}
			})
		})
	}
}

// A vendor that throttles and never says for how long is asked ever more rarely, and a reset in
// the far future holds nobody for ever while it still answers.
func TestPausesThatAreNotToldGrowAndForetoldOnesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &paced{began: time.Now(), answer: func(int) (int, map[string]string) { return 429, nil }}
		client := vendor.client(t, "a", nil, tenants.Rate{}, "https://vendor.test")
		for vendor.within(0, time.Hour) < 9 {
			if fault := connectors.FaultOf(get(t, client)); fault.Class != connectors.Throttled {
				t.Fatal(fault)
			}
			<-time.After(100 * time.Millisecond) // of the bubble
		}
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			if gap := vendor.times[i+1] - vendor.times[i]; gap < want*time.Second || gap > want*time.Second+time.Second {
				t.Errorf("pause %d lasted %v, want %d s", i, gap, want)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		vendor := &paced{began: time.Now(), answer: func(int) (int, map[string]string) {
			return 200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "80000"}
		}}
		client := vendor.client(t, "a", nil, tenants.Rate{}, "https://vendor.test")
		_ = get(t, client)
		if fault := connectors.FaultOf(get(t, client)); fault == nil || fault.RetryAfter > 15*time.Minute {
			t.Errorf("the second call gave %v", fault)
		}
	})
}

// A vendor that comes back after an outage is not met with a burst either.
func TestAfterALongRestTheRateRises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &paced{began: time.Now()}
		vendor.answer = func(n int) (int, map[string]string) {
			if n == 0 {
				return 500, nil
			}
			return 200, nil
		}
		client := vendor.client(t, "a", nil, tenants.Rate{PerSecond: 4, Burst: 8, Concurrency: 8}, "https://vendor.test")
		_ = get(t, client)
		<-time.After(time.Minute) // of the bubble: the target rested
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { _ = get(t, client) })
		}
		all.Wait()
		if n := vendor.within(time.Minute, 63*time.Second); n < 3 || n > 4 {
			t.Errorf("%d calls within three seconds of the rest's end, the burst is 8", n)
		}
	})
}

// A turn that ends while a call waits for its place ends the waiting.
func TestWaitingForAPlaceEndsWithTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &paced{began: time.Now()}
		client := vendor.client(t, "a", nil, tenants.Rate{PerSecond: 0.1, Burst: 1, Concurrency: 2}, "https://vendor.test")
		_ = get(t, client)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := client.Do(ctx, rest.Call{Method: "POST", Path: "/x"})
		if !connectors.Is(err, connectors.Transient) || time.Since(vendor.began) != 3*time.Second || len(vendor.times) != 1 {
			t.Errorf("got %v after %v and %d calls", err, time.Since(vendor.began), len(vendor.times))
		}
	})
}
