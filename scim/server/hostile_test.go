package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/scim"
	"scimrelay/scim/server"
)

// hostile is input that costs its sender little and must cost us little too (R-38, R-91, R-92,
// I63). None of it may be answered with a 5xx.
func hostile() map[string]call {
	filter := func(text string) call { return get("/Users?filter=" + url.QueryEscape(text)) }
	search := func(text string) call {
		return post("/Users/.search", fmt.Sprintf(`{"schemas":[%q],"filter":%q}`, scim.MessageSearch, text))
	}
	path := func(text string) call {
		return patch("/Users/ID", operations(fmt.Sprintf(`{"op":"replace","path":%q,"value":"x"}`, text)))
	}
	many := func(n int, item func(i int) string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = item(i)
		}
		return strings.Join(list, ",")
	}
	parens := strings.Repeat("(", 500) + `userName eq "a"` + strings.Repeat(")", 500)
	terms := `userName eq "a"` + strings.Repeat(` or userName eq "a"`, 10_000)
	nots := strings.Repeat("not (", 2000) + `title pr` + strings.Repeat(")", 2000)
	attribute := strings.Repeat("a", 1_000_000) + ` eq "x"`
	deep := strings.Repeat(`{"a":`, 100_000)
	return map[string]call{
		"nested parentheses in a URL":    filter(parens),
		"nested parentheses in a body":   search(parens),
		"ten thousand terms":             search(terms),
		"as many as a URL holds":         filter(terms[:6000]),
		"two thousand nots":              search(nots),
		"an attribute of a megabyte":     search(attribute),
		"brackets in brackets":           search(strings.Repeat(`emails[value eq "a" and emails[`, 300)),
		"a string that never ends":       search(`userName eq "` + strings.Repeat("a", 900_000)),
		"a path of parentheses":          path(`emails[` + parens + `].value`),
		"a path of terms":                path(`emails[` + strings.ReplaceAll(terms, "userName", "value")[:150_000] + `].value`),
		"a path of dots":                 path(strings.Repeat("a.", 300_000)),
		"a path of colons":               path("urn:" + strings.Repeat("a:", 300_000)),
		"deep objects":                   post("/Users", deep),
		"deep arrays":                    post("/Users", `{"userName":"x","emails":`+strings.Repeat("[", 900_000)),
		"a deep group":                   post("/Groups", `{"displayName":"x","members":`+strings.Repeat("[", 900_000)),
		"a hundred thousand keys":        post("/Users", `{`+many(60_000, func(i int) string { return fmt.Sprintf(`"k%d":1`, i) })+`}`),
		"keys with one beginning":        post("/Users", `{`+many(250, func(i int) string { return fmt.Sprintf(`"%s%d":1`, strings.Repeat("k", 3000), i) })+`}`),
		"twice a key":                    post("/Users", `{"userName":"a",`+many(200, func(i int) string { return fmt.Sprintf(`"k%d":1`, i) })+`,"USERNAME":"b"}`),
		"ten thousand mails":             post("/Users", `{"userName":"x","emails":[`+many(10_000, func(i int) string { return fmt.Sprintf(`{"value":"%d@x","type":"work"}`, i) })+`]}`),
		"ten thousand schemas":           post("/Users", `{"userName":"x","schemas":[`+many(10_000, func(i int) string { return fmt.Sprintf(`"urn:x:%d"`, i) })+`]}`),
		"ten thousand operations":        patch("/Users/ID", operations(many(10_000, func(i int) string { return fmt.Sprintf(`{"op":"add","path":"title","value":"%d"}`, i) }))),
		"a thousand patches of one list": patch("/Users/ID", operations(many(1000, func(i int) string { return `{"op":"add","path":"emails[type eq \"x\"].value","value":5}` }))),
		"a number of a megabyte":         post("/Users", `{"userName":`+strings.Repeat("9", 1_000_000)+`}`),
		"an exponent":                    post("/Users", `{"userName":1e999999999}`),
		"a huge start":                   get("/Users?startIndex=99999999999999999999"),
		"a thousand projections":         get("/Users?attributes=" + strings.Repeat("emails.value,", 500)),
		"a thousand in a body":           post("/Users/.search", fmt.Sprintf(`{"schemas":[%q],"attributes":[%s]}`, scim.MessageSearch, many(20_000, func(i int) string { return fmt.Sprintf(`"a%d"`, i) }))),
		"a forged cursor":                get("/Users?cursor=" + strings.Repeat("A", 7000)),
		"a bulk of bulks":                post("/Bulk", fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, scim.MessageBulkRequest, many(99, func(i int) string { return `{"method":"POST","path":"/Bulk","bulkId":"a","data":{}}` }))),
		"ten thousand in bulk":           post("/Bulk", fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, scim.MessageBulkRequest, many(10_000, func(i int) string { return `{"method":"DELETE","path":"/Users/1"}` }))),
		"members that are no ids":        post("/Groups", `{"displayName":"x","members":[`+many(30_000, func(i int) string { return fmt.Sprintf(`{"value":%d}`, i) })+`]}`),
		"a body of two megabytes":        post("/Users", `{"userName":"`+strings.Repeat("x", 2<<20)+`"}`),
		"a group of zeros":               post("/Groups", strings.Repeat("\x00", 5<<20)),
		"a compressed body":              post("/Users", "\x1f\x8b\x08\x00\x00\x00\x00\x00").with("Content-Encoding", "gzip"),
		"a search without a filter":      search(""),
		"sorting by nonsense":            get("/Users?sortBy=" + strings.Repeat("a.", 2000)),
	}
}

// handle calls the handler without a network between.
func (w *world) handle(c *client, in call) *httptest.ResponseRecorder {
	req := httptest.NewRequest(in.method, escaped(server.Prefix+c.tenant+"/scim/v2"+in.target), strings.NewReader(in.body))
	req.Header.Set("Content-Type", scim.MediaType)
	for name, values := range in.header {
		req.Header[name] = values
	}
	req.Header.Set(token, "Bearer "+c.secret)
	rec := httptest.NewRecorder()
	w.http.Config.Handler.ServeHTTP(rec, req)
	return rec
}

// What each costs is what the process allocates for it, all of it; the time is a bound against
// what grows faster than the input, and not a measurement.
func TestHostileInputCostsLittle(t *testing.T) {
	hostiles := board.Begin(t, "I63").Sum("hostile requests", 35)
	proves(t, "R-38")
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t, "sage")
	id := c.created(t, "ines")
	for name, in := range hostile() {
		in.target = strings.ReplaceAll(in.target, "ID", id)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		rec := w.handle(c, in)
		took := time.Since(start)
		hostiles.Add(1)
		runtime.ReadMemStats(&after)
		if rec.Code >= 500 || rec.Code < 400 {
			t.Errorf("%s: %d %.200s", name, rec.Code, rec.Body)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 10<<20+uint64(3*len(in.body)) {
			t.Errorf("%s: %d KiB allocated for %d KiB", name, used>>10, len(in.body)>>10)
		}
		if took > 2*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
	c.do(t, get("/Users/"+id)).want(t, http.StatusOK)
}

// BenchmarkHostile reports what the costliest of the hostile inputs takes, beside an ordinary
// creation that is refused as a duplicate.
func BenchmarkHostile(b *testing.B) {
	w := newWorld(b, stores["sqlite"](b), func(s *server.Server) { s.Log = quiet })
	c := w.tenant(b, "sage")
	id := c.created(b, "ines")
	plain := post("/Users", user("ines"))
	for b.Loop() {
		w.handle(c, plain)
	}
	var worst time.Duration
	var which string
	for name, in := range hostile() {
		in.target = strings.ReplaceAll(in.target, "ID", id)
		best := time.Hour // of several, so that a pause of the machine is not counted
		for range 5 {
			start := time.Now()
			w.handle(c, in)
			best = min(best, time.Since(start))
		}
		if best > worst {
			worst, which = best, name
		}
	}
	b.ReportMetric(worst.Seconds()*1e3, "worst_ms")
	b.Logf("the costliest: %s", which)
}
