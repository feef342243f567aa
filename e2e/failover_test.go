package e2e_test

import (
	"database/sql"
	"encoding/json"
	"net"
	"net/url"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/internal/services"
)

// S40: the primary is killed under load and its synchronous standby promoted. Nothing that was
// acknowledged is lost, and nobody gets a 401 or a 404 meanwhile.
func TestAPrimaryIsLostAndItsStandbyTakesOver(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "S40")
	primary := services.NewPostgres(t)
	standby := primary.Standby(t, true)
	b := slaughterhouse(t, primary.Both(standby), services.NewRedis(t).URL())
	b.serve(t, "--role", "gateway")
	b.worker(t)
	b.open(t)
	eventuallyAcks(t, b.ledger, 500)
	primary.Kill(t)
	standby.Promote(t)
	eventuallyAcks(t, b.ledger, 1500)
	b.close(t)
	check.Work("acknowledged writes around the failover", b.ledger.acks, 1500)
	for status, n := range b.ledger.refusals() {
		if status == 401 || status == 404 {
			t.Errorf("%d answers of %d meanwhile", n, status)
		}
	}
}

// S40: an asynchronous standby that has not heard the last of the primary takes over. What it lacks
// is what was acknowledged meanwhile and no more, as docs/reliability.md says; nobody gets a 401 or
// a 404, and who comes again gets the account that is there.
func TestAnAsynchronousStandbyLacksWhatItHasNotHeard(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "S40")
	v, primary := startVendor(t), services.NewPostgres(t)
	standby := primary.Standby(t, false)
	at, err := url.Parse(primary.URL())
	if err != nil {
		t.Fatal(err)
	}
	line := newExchange(t, at.Host) // between the two
	_, port, _ := net.SplitHostPort(line.Addr().String())
	standby.Exec(t, "ALTER SYSTEM SET primary_conninfo = 'user=postgres host=127.0.0.1 port="+port+"'")
	standby.Exec(t, "SELECT pg_reload_conf()")
	i := install(t, primary.Both(standby), services.NewRedis(t).URL(), v)
	c := i.client(t, "t0")
	i.serve(t)
	push(t, c, "heard", 300, 8)
	eventually(t, 60*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), 300) })
	eventually(t, 60*time.Second, "the standby has heard of everybody", func() bool { return people(t, standby.URL()) == 300 })
	line.connect("")
	push(t, c, "unheard", 200, 8)
	eventually(t, 60*time.Second, "they have accounts too", func() bool { return allActive(v.accounts(t), 500) })
	primary.Kill(t)
	standby.Promote(t)
	eventually(t, 60*time.Second, "the standby serves", func() bool {
		status, answer, _ := c.do("GET", "/Users?count=0", "")
		if status == 401 || status == 404 {
			t.Errorf("%d meanwhile", status)
		}
		return status == 200 && answer["totalResults"] == 300.0
	})
	lacked := 500 - people(t, standby.URL())
	push(t, c, "unheard", 200, 8)
	eventually(t, 60*time.Second, "all is as the directory says", func() bool {
		out, _, _ := command(t, "tenant", "status", "t0", "--config", i.config, "--json")
		var views []heldStatus
		return json.Unmarshal([]byte(out), &views) == nil && len(views) == 1 && views[0].Pending == 0 && allActive(v.accounts(t), 500)
	})
	check.Work("acknowledged writes that an asynchronous standby lacked", lacked, 200)
}

// people is how many a database has.
func people(t *testing.T, url string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM resources WHERE type = 'User' AND NOT deleted").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
