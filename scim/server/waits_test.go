package server_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/scim/server"
	"scimrelay/store"
)

// Who does not wait gets the answer before the vendor has said anything.
func TestTheseDoNotWait(t *testing.T) {
	t.Parallel()
	bulk := `{"schemas":["` + scim.MessageBulkRequest + `"],"Operations":[{"method":"POST","path":"/Users","bulkId":"a","data":` + user("bulk") + `}]}`
	for name, test := range map[string]struct {
		targets []string
		call    call
		status  int
	}{
		"a target without wait":             {[]string{"one"}, post("/Users", user("ines")), http.StatusCreated},
		"a target that is not activated":    {[]string{patient("one", "5s") + ", activate: false"}, post("/Users", user("ines")), http.StatusCreated},
		"an operation of a bulk request":    {[]string{patient("one", "5s")}, post("/Bulk", bulk), http.StatusOK},
		"a client that wants to hear later": {[]string{patient("one", "5s")}, post("/Users", user("ines")).later(), http.StatusAccepted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorks(t, test.targets, func(t *testing.T, w *works) {
				w.stall("one")
				got, took := w.timed(test.call)
				got.want(t, test.status)
				if calls := w.links.take(); took >= 5*time.Second || len(calls) != 0 {
					t.Errorf("after %v and %v", took, calls)
				}
			})
		})
	}
}

// Without a wait no request asks about links, whatever it is.
func TestWithoutAWaitNothingIsAskedAboutLinks(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{"one"}, func(t *testing.T, w *works) {
		id := w.do(post("/Users", user("ines"))).want(t, http.StatusCreated).text("id")
		w.do(title(id, "Head")).want(t, http.StatusOK)
		w.do(title(id, "Head")).want(t, http.StatusOK)
		w.do(put("/Users/"+id, user("ines"))).want(t, http.StatusOK)
		w.do(get("/Users/"+id)).want(t, http.StatusOK)
		w.do(get("/Users")).want(t, http.StatusOK)
		w.do(remove("/Users/"+id)).want(t, http.StatusNoContent)
		w.do(remove("/Users/"+id)).want(t, http.StatusNotFound)
		if calls := w.links.take(); len(calls) != 0 {
			t.Errorf("%v", calls)
		}
	})
}

func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for name, test := range map[string]struct {
		targets []string
		before  func(w *works)
		took    time.Duration
		how     string
	}{
		"when time runs out":      {[]string{patient("one", "7s")}, func(*works) {}, 7 * second, "late"},
		"with the longest wait":   {[]string{patient("one", "2s"), patient("two", "20s")}, func(w *works) { w.stall("two") }, 20 * second, "late"},
		"when the process leaves": {[]string{patient("one", "30s")}, func(w *works) { time.AfterFunc(3*second, func() { close(w.leaving) }) }, 3 * second, "leaving"},
		"where the target rests":  {[]string{patient("one", "30s")}, func(w *works) { w.rest("one") }, 0, "ended"},
		"where the target pauses": {[]string{patient("one", "30s")}, func(w *works) { w.pause("one") }, 0, "ended"},
		"with somebody else's want": {[]string{patient("one", "30s")}, func(w *works) {
			time.AfterFunc(4*second, func() { w.supersede("ines") })
		}, 4 * second, "ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorks(t, test.targets, func(t *testing.T, w *works) {
				w.stall("one")
				test.before(w)
				ended := w.waited()[test.how]
				got, took := w.timed(post("/Users", user("ines")))
				got.want(t, http.StatusCreated)
				if at := took.Truncate(second); at != test.took || w.waited()[test.how] != ended+1 {
					t.Errorf("after %v, %v", took, w.waited())
				}
				if calls := w.links.take(); calls["standings"] > 10+4*int(test.took/second) {
					t.Errorf("%v in %v", calls, took)
				}
				w.do(get("/Users/"+got.text("id"))).want(t, http.StatusOK)
			})
		})
	}
}

func (w *works) rest(target string) {
	w.tb.Helper()
	w.refuse(target, connectors.Plan, "not in your plan", relaytest.Find)
	w.do(post("/Users", user("first"))).want(w.tb, http.StatusCreated)
	if status, err := w.store.Targets.Status(w.tb.Context(), w.tenantID, target); err != nil || !status.RestUntil.After(w.now()) {
		w.tb.Fatalf("%+v, %v", status, err)
	}
	w.links.take()
}

func (w *works) pause(target string) {
	w.tb.Helper()
	if err := w.store.Targets.Pause(w.tb.Context(), store.Order{Tenant: w.tenantID, Target: target, Actor: "test"}, true); err != nil {
		w.tb.Fatal(err)
	}
}

// supersede changes a person by another hand.
func (w *works) supersede(name string) {
	found := w.do(get(`/Users?filter=userName eq "` + name + `"`))
	var id string
	if list, _ := found.value("Resources").([]any); len(list) == 1 {
		one, _ := list[0].(map[string]any)
		id, _ = one["id"].(string)
	}
	if got := w.do(title(id, "Head").later()); got.status != http.StatusAccepted {
		w.tb.Errorf("%d %s", got.status, got.body)
	}
}

// A client that has gone is waited for no longer, and takes nothing back.
func TestAClientThatHasGoneEndsTheWaiting(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "30s")}, func(t *testing.T, w *works) {
		w.stall("one")
		ctx, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, hangUp)
		began := time.Now()
		w.as(ctx, post("/Users", user("ines")))
		if took := time.Since(began); took.Truncate(time.Second) != 2*time.Second || w.waited()["gone"] != 1 {
			t.Errorf("after %v, %v", took, w.waited())
		}
		if found := w.do(get("/Users")); found.value("totalResults") != float64(1) {
			t.Errorf("%s", found.body)
		}
	})
}

// So many of a tenant's requests wait, and so many of all; the others are answered as ever.
func TestOnlySoManyWait(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]server.Waiting{
		"of a tenant":  {Tenant: 5, Process: 100, First: time.Second, Every: time.Second},
		"of a process": {Tenant: 100, Process: 5, First: time.Second, Every: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorks(t, []string{patient("one", "30s")}, func(t *testing.T, w *works) {
				w.server.Limits.Waiting = limits
				w.stall("one")
				done := make(chan answer)
				for n := range 5 {
					go func() { done <- w.do(post("/Users", user(fmt.Sprint("u", n)))) }()
				}
				synctest.Wait()
				got, took := w.timed(post("/Users", user("ines")))
				got.want(t, http.StatusCreated)
				if took >= time.Second || w.waited()["crowded"] != 1 {
					t.Errorf("after %v, %v", took, w.waited())
				}
				for range 5 {
					(<-done).want(t, http.StatusCreated)
				}
				if got, took := w.timed(post("/Users", user("odile"))); got.status != http.StatusCreated || took < 30*time.Second {
					t.Errorf("nobody waits, and yet %d after %v", got.status, took)
				}
			})
		})
	}
}

// A write that waits for its outcome no longer holds the place of its long body: two of a tenant
// wait side by side.
func TestAWaitingWriteHoldsNoPlaceForLongBodies(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "30s")}, func(t *testing.T, w *works) {
		w.stall("one")
		done := make(chan answer, 2)
		began := time.Now()
		for _, name := range []string{"Staff", "Crew"} {
			go func() { done <- w.as(t.Context(), post("/Groups", staffed(name)).chunked()) }()
		}
		for range 2 {
			(<-done).want(t, http.StatusCreated)
		}
		if took := time.Since(began); took.Truncate(time.Second) != 30*time.Second || w.waited()["late"] != 2 {
			t.Errorf("after %v, %v", took, w.waited())
		}
	})
}

// A store that cannot be asked about links has the write all the same.
func TestAStoreThatCannotBeAskedEndsTheWaiting(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "30s")}, func(t *testing.T, w *works) {
		w.server.Links = silent{w.links}
		got, took := w.timed(post("/Users", user("ines")))
		got.want(t, http.StatusCreated)
		if ended := w.waited(); took >= time.Second || ended["unknown"] != 1 || len(ended) != 1 {
			t.Errorf("after %v, %v", took, ended)
		}
	})
}

// A refusal that is in hand when time runs out is the answer, and counted as one.
func TestARefusalInHandIsTheAnswerWhenTimeRunsOut(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "5s"), patient("two", "5s")}, func(t *testing.T, w *works) {
		id := w.do(post("/Users", user("ines"))).want(t, http.StatusCreated).text("id")
		w.refuse("one", connectors.Invalid, "no such title", relaytest.Update)
		w.stall("two")
		got, took := w.timed(title(id, "Head"))
		got.want(t, http.StatusBadRequest)
		if ended := w.waited(); took.Truncate(time.Second) != 5*time.Second || ended["refused"] != 1 || ended["late"] != 0 {
			t.Errorf("after %v, %v", took, ended)
		}
	})
}

// Whether a creation could be withdrawn may be unknown: then nobody may say that it is there.
func TestAWithdrawalOfUnknownOutcomeIsATemporaryTrouble(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "30s")}, func(t *testing.T, w *works) {
		w.server.Links = stuck{w.links}
		w.refuse("one", connectors.Invalid, "no", relaytest.Create)
		w.do(post("/Users", user("ines"))).want(t, http.StatusServiceUnavailable)
	})
}

// stuck is a store that withdraws nothing.
type stuck struct{ server.Links }

func (stuck) Withdraw(context.Context, store.Write, string, string, int64, store.Refusal) error {
	return store.ErrUnavailable
}
