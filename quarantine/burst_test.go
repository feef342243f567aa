package quarantine_test

import (
	"testing"

	"scimrelay/quarantine"
)

func TestABurstIsMoreThanACompanyLosesInADay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		leaving, linked int
		share           float64
		want            bool
	}{
		"nobody":                              {0, 100, 0, false},
		"one of one":                          {1, 1, 0, false},
		"one of four":                         {1, 4, 0, false},
		"two of three":                        {2, 3, 0, false},
		"half of four":                        {2, 4, 0, true},
		"just below half":                     {4, 9, 0, false},
		"ten of forty":                        {10, 40, 0, false},
		"eleven of forty":                     {11, 40, 0, true},
		"a tenth of a thousand":               {100, 1000, 0, false},
		"more than a tenth":                   {101, 1000, 0, true},
		"five hundred of many":                {500, 100_000, 0, false},
		"more than five hundred":              {501, 100_000, 0, true},
		"a tenant that allows more":           {250, 1000, 0.3, false},
		"a tenant that allows less":           {60, 1000, 0.05, true},
		"however much is allowed, not half":   {500, 1000, 0.9, true},
		"however little is allowed, some few": {10, 1000, 0.001, false},
	} {
		if got := quarantine.Burst(c.leaving, c.linked, c.share); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
