package server_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim/server"
	"scimrelay/store"
)

// three are the events of three creations that have ended.
func (w *world) three(t *testing.T, c *client) []heard {
	t.Helper()
	for _, name := range []string{"a", "b", "c"} {
		c.promised(t, post("/Users", user(name)))
	}
	w.turn(t, c.tenant, c.target(t, w), applied)
	all := c.events(t, atOnce)
	if len(all) != 3 {
		t.Fatalf("%d events", len(all))
	}
	return all
}

// target is the name of the tenant's only target.
func (c *client) target(t *testing.T, w *world) string {
	t.Helper()
	tenant, known := w.registry.Tenant(c.tenant)
	if !known || len(tenant.Targets) != 1 {
		t.Fatalf("tenant %s", c.tenant)
	}
	return tenant.Targets[0].ID
}

func eventIDs(all []heard) (list []string) {
	for _, h := range all {
		list = append(list, h.id)
	}
	return list
}

func TestEventsComeInPortions(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		all := eventIDs(w.three(t, c))
		ask := func(body string, more bool, want ...string) {
			t.Helper()
			got := c.do(t, poll(body)).want(t, http.StatusOK)
			if diff := cmp.Diff(want, eventIDs(c.read(t, got))); diff != "" || got.value("moreAvailable") != more {
				t.Errorf("%s: more %v\n%s", body, got.value("moreAvailable"), diff)
			}
			if got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%v", got.header)
			}
		}
		ask(`{"maxEvents":2}`, true, all[0], all[1])
		ask(`{"maxEvents":3}`, false, all...)
		ask(`{"maxEvents":0}`, true) // waits for nothing: it is there to acknowledge
		ask(`{"maxEvents":2,"ack":["`+all[0]+`","nonsense"]}`, false, all[1], all[2])
		ask(`{"setErrs":{"`+all[2]+`":{"err":"jwtAud","description":"not for us"}}}`, false, all[1])
		if !w.log.has("a client cannot use its events") || !w.log.has("jwtAud") || w.log.has("not for us") {
			t.Error("the log does not say what it should")
		}
		ask(`{"maxEvents":0,"ack":["`+all[1]+`"]}`, false)
		ask(atOnce, false)
	})
}

func TestEventsAreForWhoAsked(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		second, stranger := *c, w.tenant(t, "sage")
		second.secret = w.token(t, c.tenant)
		all := eventIDs(w.three(t, c))
		ack := `{"returnImmediately":true,"ack":["` + strings.Join(all, `","`) + `"]}`
		for name, other := range map[string]*client{"another token": &second, "another tenant": stranger} {
			if got := other.events(t, ack); len(got) != 0 {
				t.Errorf("%s hears %v", name, got)
			}
		}
		foreign := *c
		foreign.secret = stranger.secret
		foreign.do(t, poll(ack)).want(t, http.StatusUnauthorized)
		c.do(t, poll(ack).with(token)).want(t, http.StatusUnauthorized)
		if diff := cmp.Diff(all, eventIDs(c.events(t, atOnce))); diff != "" {
			t.Errorf("what others said has changed it:\n%s", diff)
		}
	})
}

func TestAnEventThatWasChangedIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t, "sage")
	e := w.three(t, c)[0]
	part := strings.Split(e.token, ".")
	claims, err := base64.RawURLEncoding.DecodeString(part[1])
	if err != nil {
		t.Fatal(err)
	}
	part[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), `"201"`, `"400"`, 1)))
	if _, err := c.believe(t, strings.Join(part, ".")); err == nil {
		t.Error("it is believed")
	}
}

func TestTheKeysAreTheSameForEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c, nobody := w.tenant(t), w.client("no-such-tenant", "")
	want := c.do(t, get("/../../jwks.json")).want(t, http.StatusOK)
	for name, got := range map[string]answer{
		"without a token":      c.do(t, get("/../../jwks.json").with(token)),
		"with another's token": c.do(t, get("/../../jwks.json").with(token, "Bearer "+w.tenant(t).secret)),
		"of no tenant":         nobody.do(t, get("/../../jwks.json").with(token)),
		"with a slash":         c.do(t, get("/../../jwks.json/").with(token)),
	} {
		if got.status != http.StatusOK || got.body != want.body || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
		}
	}
	if strings.Contains(want.body, `"d"`) {
		t.Errorf("the private key is shown: %s", want.body)
	}
	c.do(t, call{method: http.MethodHead, target: "/../../jwks.json"}.with(token)).want(t, http.StatusOK)
	c.do(t, post("/../../jwks.json", "{}").with(token)).want(t, http.StatusUnauthorized)
	c.do(t, post("/../../jwks.json", "{}")).want(t, http.StatusMethodNotAllowed)
}

func TestAPollThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t, "sage")
	for name, in := range map[string]struct {
		call
		status int
	}{
		"no body":       {poll(""), http.StatusBadRequest},
		"no object":     {poll("[]"), http.StatusBadRequest},
		"a wrong type":  {poll(`{"maxEvents":"all"}`), http.StatusBadRequest},
		"no JSON":       {poll(`{}`).with("Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		"much too long": {poll(`{"ack":["` + strings.Repeat("a", 1<<20) + `"]}`), http.StatusRequestEntityTooLarge},
		"a read":        {get("/../../events"), http.StatusMethodNotAllowed},
	} {
		if got := c.do(t, in.call); got.status != in.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// watched tells when somebody looks for events.
type watched struct {
	server.Transactions
	looks chan struct{}
}

// Settled implements server.Transactions.
func (w watched) Settled(ctx context.Context, tenant, client string, limit int) ([]store.Transaction, error) {
	found, err := w.Transactions.Settled(ctx, tenant, client, limit)
	select {
	case w.looks <- struct{}{}:
	default:
	}
	return found, err
}

// waiting is a world in which polls wait so long, and tell when they look.
func waiting(t *testing.T, url string, long time.Duration, changes ...func(*server.Server)) (*world, watched) {
	t.Helper()
	var spy watched
	changes = append(changes, func(s *server.Server) {
		spy = watched{s.Transactions, make(chan struct{}, 1)}
		s.Transactions, s.Limits.Poll, s.Limits.PollEvery = spy, long, 5*time.Millisecond
	})
	return newWorld(t, url, changes...), spy
}

func TestAPollWaitsUntilSomethingEnds(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, spy := waiting(t, open(t), time.Minute)
			c := w.tenant(t, "sage")
			txn := c.promised(t, post("/Users", user("ines")))
			got := polling(t, c)
			<-spy.looks
			<-spy.looks // the second time it is waiting already
			w.turn(t, c.tenant, "sage", applied)
			if all := c.read(t, (<-got).want(t, http.StatusOK)); len(all) != 1 || all[0].claims["txn"] != txn {
				t.Errorf("%v", all)
			}
		})
	}
}

func TestAPollWaitsSoLong(t *testing.T) {
	t.Parallel()
	w, _ := waiting(t, stores["sqlite"](t), 30*time.Millisecond, func(s *server.Server) { s.Limits.Time = 10 * time.Second })
	c := w.tenant(t, "sage")
	c.promised(t, post("/Users", user("ines")))
	if got := c.do(t, poll(`{}`)).want(t, http.StatusOK); len(c.read(t, got)) != 0 || got.value("moreAvailable") != false {
		t.Error(got.body)
	}
}

// Who waits is not the one to hold up a process that ends.
func TestNobodyIsKeptWaitingAtTheEnd(t *testing.T) {
	t.Parallel()
	leaving := make(chan struct{})
	w, spy := waiting(t, stores["sqlite"](t), time.Hour, func(s *server.Server) { s.Leaving = leaving })
	c := w.tenant(t, "sage")
	got := polling(t, c)
	<-spy.looks
	close(leaving)
	if a := (<-got).want(t, http.StatusOK); len(c.read(t, a)) != 0 {
		t.Error(a.body)
	}
}

// A token that is revoked while its poll waits gets nothing any more.
func TestAPollOfARevokedTokenHearsNothing(t *testing.T) {
	t.Parallel()
	w, spy := waiting(t, stores["sqlite"](t), time.Hour)
	c := w.tenant(t, "sage")
	c.promised(t, post("/Users", user("ines")))
	got := polling(t, c)
	<-spy.looks
	<-spy.looks
	w.revoke(t, c.tenant, c.secret)
	w.turn(t, c.tenant, "sage", applied)
	(<-got).want(t, http.StatusUnauthorized)
}

// A tenant may keep a few polls waiting; more of them are answered at once.
func TestATenantKeepsFewPollsWaiting(t *testing.T) {
	t.Parallel()
	leaving := make(chan struct{})
	w, spy := waiting(t, stores["sqlite"](t), time.Hour, func(s *server.Server) { s.Limits.Polls, s.Leaving = 1, leaving })
	c := w.tenant(t, "sage")
	var all sync.WaitGroup
	all.Go(func() {
		if a, err := c.send(t, poll(`{}`)); err != nil || a.status != http.StatusOK {
			t.Errorf("%d, %v", a.status, err)
		}
	})
	<-spy.looks
	<-spy.looks
	for range 3 {
		if a := c.do(t, poll(`{}`)).want(t, http.StatusOK); len(c.read(t, a)) != 0 {
			t.Error(a.body)
		}
	}
	close(leaving)
	all.Wait()
}

// polling is a poll under way, and its answer once there is one.
func polling(t *testing.T, c *client) <-chan answer {
	got := make(chan answer, 1)
	go func() {
		a, err := c.send(t, poll(`{}`))
		if err != nil {
			t.Error(err)
		}
		got <- a
	}()
	return got
}
