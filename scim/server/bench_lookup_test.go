package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/scim/server"
)

// BenchmarkLookUps measures the searches identity providers match people by, among 1,000 and
// among 1,000,000 users of one tenant in turns, and reports the quotient of their p99.
func BenchmarkLookUps(b *testing.B) {
	for name, open := range stores {
		w := newWorld(b, open(b), func(s *server.Server) { s.Log = quiet })
		few, many := w.tenant(b), w.tenant(b)
		w.crowd(b, few.tenant, 1_000)
		w.crowd(b, many.tenant, 1_000_000)
		for what, filter := range map[string]string{"userName": `userName eq "USER-%07d"`, "externalId": `externalId eq "ext-%07d"`,
			"mail": `emails[type eq "work"].value eq "Mail-%07d@acme.example"`} {
			b.Run(name+"/"+what, func(b *testing.B) {
				took := map[*client][]time.Duration{}
				for i := range b.N {
					for c, users := range map[*client]int{few: 1_000, many: 1_000_000} {
						wanted := 1 + i*7919%users
						start := time.Now()
						got := w.handle(c, get("/Users?filter="+fmt.Sprintf(filter, wanted)))
						took[c] = append(took[c], time.Since(start))
						if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"totalResults":1,`) {
							b.Fatalf("%d: %s", got.Code, got.Body)
						}
					}
				}
				b.ReportMetric(quantile(took[many], 0.99).Seconds()*1e6, "p99_µs_1M")
				b.ReportMetric(quantile(took[few], 0.99).Seconds()*1e6, "p99_µs_1k")
				b.ReportMetric(quantile(took[many], 0.99).Seconds()/quantile(took[few], 0.99).Seconds(), "p99_ratio")
				b.ReportMetric(quantile(took[many], 0.5).Seconds()/quantile(took[few], 0.5).Seconds(), "p50_ratio")
			})
		}
	}
}

func quantile(list []time.Duration, q float64) time.Duration {
	slices.Sort(list)
	return list[min(len(list)-1, int(q*float64(len(list))))]
}

// BenchmarkAddMember measures adding one member to groups of 10 and of 100,000 in turns, and
// reports the quotient of their medians.
func BenchmarkAddMember(b *testing.B) {
	for name, open := range stores {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, open(b), func(s *server.Server) { s.Log = quiet })
			c := w.tenant(b, "sage")
			w.crowd(b, c.tenant, 100_500)
			groups := map[int]string{10: c.group(b, "Small"), 100_000: c.group(b, "Large")}
			for size, id := range groups {
				w.join(b, c.tenant, id, size)
			}
			took := map[int][]time.Duration{}
			b.ResetTimer()
			for i := range b.N {
				for size, id := range groups {
					member := fmt.Sprintf(`[{"value":%q}]`, crowdID(100_001+i%499))
					for _, op := range []string{"Add", "Remove"} {
						start := time.Now()
						got := c.do(b, patch("/Groups/"+id, operations(fmt.Sprintf(`{"op":%q,"path":"members","value":%s}`, op, member))))
						if op == "Add" {
							took[size] = append(took[size], time.Since(start))
						}
						if got.status != http.StatusNoContent {
							b.Fatalf("%d: %s", got.status, got.body)
						}
					}
				}
			}
			b.ReportMetric(quantile(took[10], 0.5).Seconds()*1e3, "p50_ms_10")
			b.ReportMetric(quantile(took[100_000], 0.5).Seconds()*1e3, "p50_ms_100k")
			b.ReportMetric(quantile(took[100_000], 0.5).Seconds()/quantile(took[10], 0.5).Seconds(), "p50_ratio")
		})
	}
}
