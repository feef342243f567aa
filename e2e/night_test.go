package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/internal/services"
)

// Q11: Redis is gone for five minutes and comes back empty. Writes are acknowledged as quickly as
// before, and what waited is done.
func TestRedisIsGoneForFiveMinutes(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "Q11")
	v, redis := startVendor(t), services.NewRedis(t)
	i := install(t, databases.New(t), redis.URL(), v)
	c := i.client(t, "t0")
	i.serve(t)
	push(t, c, "warm", 100, 4)
	healthy := push(t, c, "healthy", 500, 4)
	redis.Kill()
	var gone []time.Duration
	pushed := 600
	for begun := time.Now(); time.Since(begun) < 5*time.Minute; pushed += 20 {
		gone = append(gone, push(t, c, fmt.Sprint("gone", pushed), 20, 4)...)
		<-time.After(time.Second)
	}
	slices.Sort(gone)
	before := i.metric(t, "go_goroutines")
	redis.Start(t)
	eventually(t, 180*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), pushed) })
	if after := i.metric(t, "go_goroutines"); number(t, after) > 2*number(t, before)+100 {
		t.Errorf("%s goroutines, %s before", after, before)
	}
	check.Work("writes without Redis", len(gone), 1000)
	check.Ratio("median of a write without Redis to that with it", float64(gone[len(gone)/2])/float64(healthy[len(healthy)/2]), 1.5)
}

// Q17: Redis is full and takes nothing more. Every write is acknowledged, and all is done once there
// is room.
func TestARedisThatIsFullTakesNothingFromAnybody(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "Q17")
	v, redis := startVendor(t), services.NewRedis(t)
	i := install(t, databases.New(t), redis.URL(), v)
	c := i.client(t, "t0")
	i.serve(t)
	admin := redis.Client()
	defer admin.Close()
	limit := func(memory string) {
		t.Helper()
		if err := admin.ConfigSet(t.Context(), "maxmemory", memory).Err(); err != nil {
			t.Fatal(err)
		}
	}
	limit("1kb")
	written := push(t, c, "full", 500, 8)
	limit("0")
	eventually(t, 120*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), 500) })
	check.Work("writes while Redis is full", len(written), 500)
}

// L47: twenty tenants synchronise for the first time at 25 requests a second each, and a restart
// finds what is still to do.
func TestTwentyTenantsSynchroniseAtOnce(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "L47")
	const tenants, span = 20, 2 * time.Minute
	var vendors []*vendor
	for range tenants {
		vendors = append(vendors, startVendor(t))
	}
	i := install(t, "", "inprocess", vendors...)
	p := i.serve(t)
	took := make(chan []time.Duration, tenants)
	for n := range tenants {
		c := i.client(t, fmt.Sprint("t", n))
		go func() { took <- steadily(c, n, span) }()
	}
	var all []time.Duration
	for range tenants {
		all = append(all, <-took...)
	}
	slices.Sort(all)
	p.kill()
	begun := time.Now()
	i.serve(t)
	ready := time.Since(begun)
	eventually(t, 180*time.Second, "everybody has one account", func() bool {
		n := 0
		for _, v := range vendors {
			n += len(v.accounts(t))
		}
		return n >= len(all) // one that was carried out may have gone unanswered
	})
	check.Work("acknowledged creations", len(all), 20*tenants*int(span.Seconds())*8/10)
	check.Ratio("p99 of an acknowledgement to 250 ms", float64(all[len(all)*99/100])/float64(250*time.Millisecond), 1)
	check.Ratio("time until ready to 10 s", ready.Seconds()/10, 1)
}

// steadily creates 25 people a second for so long and returns how long each took.
func steadily(c *client, tenant int, span time.Duration) (took []time.Duration) {
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for begun, n := time.Now(), 0; time.Since(begun) < span; n++ {
		<-tick.C
		at := time.Now()
		if status, _, _ := c.do(http.MethodPost, "/Users", user(fmt.Sprintf("load.%d.%d@acme.example", tenant, n))); status == http.StatusCreated {
			took = append(took, time.Since(at))
		}
	}
	return took
}

// L48: a group of a hundred thousand is written whole, and edited a thousand at a time by two
// clients at once. The process stays below its ceiling, and the group is as wanted.
func TestAGroupOfAHundredThousandStaysBelowTheCeiling(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "L48")
	const people = 100_000
	i := install(t, "", "inprocess", startVendor(t))
	ids := i.plant(t, "t0", people)
	c := i.client(t, "t0")
	c.http.Timeout = 3 * time.Minute
	p := i.serve(t)
	_, made, _ := c.do(http.MethodPost, "/Groups", groupBody("everybody"))
	group, _ := made["id"].(string)
	members := make([]string, people)
	for n, id := range ids {
		members[n] = fmt.Sprintf(`{"value":%q,"display":"Test Person %d","$ref":"https://scim.example/t/t0/scim/v2/Users/%s","type":"User"}`, id, n, id)
	}
	whole := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"everybody","members":[` + strings.Join(members, ",") + `]}`
	if status, answer, _ := c.do(http.MethodPut, "/Groups/"+group+"?excludedAttributes=members", whole); status != http.StatusOK {
		t.Fatalf("PUT: %d %v", status, answer)
	}
	done := make(chan int, 2)
	for half := range 2 {
		go func() {
			n := 0
			for from := half * people / 2; from < (half+1)*people/2; from += 5000 { // every fifth thousand
				for _, op := range []string{"remove", "add"} {
					if status, _, _ := c.do(http.MethodPatch, "/Groups/"+group+"?excludedAttributes=members", memberOp(op, ids[from:from+1000]...)); status/100 == 2 {
						n++
					}
				}
			}
			done <- n
		}()
	}
	edits := <-done + <-done
	gone := ids[1000:2000] // of a thousand that nobody has edited
	if status, answer, _ := c.do(http.MethodPatch, "/Groups/"+group+"?excludedAttributes=members", memberOp("remove", gone...)); status/100 != 2 {
		t.Fatalf("PATCH: %d %v", status, answer)
	}
	for filter, want := range map[string]int{
		`groups.value eq "` + group + `"`:                             people - len(gone),
		`groups.value eq "` + group + `" and id eq "` + gone[0] + `"`: 0,
		`groups.value eq "` + group + `" and id eq "` + ids[0] + `"`:  1,
	} {
		_, found, _ := c.do(http.MethodGet, "/Users?count=0&filter="+url.QueryEscape(filter), "")
		if total, _ := found["totalResults"].(float64); int(total) != want {
			t.Errorf("%s: %v, want %d", filter, found["totalResults"], want)
		}
	}
	check.Work("edits of a thousand", edits, 40)
	check.Ratio("the most memory to 384 MiB", float64(p.mostMemory(t))/(384<<20), 1)
}
