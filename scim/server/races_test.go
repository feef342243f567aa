package server_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"scimrelay/internal/board"

	"github.com/google/go-cmp/cmp"

	"scimrelay/store"
)

// together runs n calls of f at the same time and waits for them.
func together(n int, f func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	all.Wait()
}

// S43, B-29.
func TestFiftyPostsOfOneNameMakeOneUser(t *testing.T) {
	t.Parallel()
	creations := board.Begin(t, "S43").Sum("creations of one name at once", 100)
	proves(t, "B-29")
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		answers := make([]answer, 50)
		together(len(answers), func(i int) {
			name := "ines"
			if i%2 == 1 {
				name = "INES"
			}
			answers[i], _ = c.send(t, post("/Users", user(name)))
		})
		count := map[string]int{}
		for _, a := range answers {
			count[fmt.Sprint(a.status, a.text("scimType"))]++
			creations.Add(1)
		}
		if diff := cmp.Diff(map[string]int{"201": 1, "409uniqueness": 49}, count); diff != "" {
			t.Error(diff)
		}
		if total := c.do(t, get("/Users")).value("totalResults"); total != 1.0 {
			t.Errorf("%v users", total)
		}
		if rings := w.bell.take(c.tenant); len(rings) != 1 {
			t.Errorf("%d rings", len(rings))
		}
	})
}

func TestConcurrentPatchesLoseNothing(t *testing.T) {
	t.Parallel()
	const writers = 24
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		id := c.created(t, "ines")
		together(writers, func(i int) {
			body := operations(fmt.Sprintf(`{"op":"add","path":"roles","value":[{"value":"role-%d"}]}`, i))
			if got, err := c.send(t, patch("/Users/"+id, body)); err != nil || got.status != http.StatusOK {
				t.Errorf("%v, %d %s", err, got.status, got.body)
			}
		})
		got := c.do(t, get("/Users/"+id)).want(t, http.StatusOK)
		roles, _ := got.value("roles").([]any)
		seen := map[any]bool{}
		for _, r := range roles {
			seen[r.(map[string]any)["value"]] = true
		}
		if len(roles) != writers || len(seen) != writers {
			t.Errorf("%d roles, %d different: %s", len(roles), len(seen), got.body)
		}
		if tag := got.header.Get("Etag"); tag != fmt.Sprintf(`W/"%d"`, writers+1) {
			t.Errorf("version %s after %d changes", tag, writers)
		}
		if rings := w.bell.take(c.tenant); len(rings) != writers+1 {
			t.Errorf("%d rings", len(rings))
		}
	})
}

func TestTheBellRingsOncePerChange(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "dastra", "sage")
		id := c.created(t, "ines")
		other := c.created(t, "other")
		w.bell.take(c.tenant)
		active := func(v string) string { return operations(`{"op":"replace","path":"active","value":` + v + `}`) }
		none := []ring(nil)
		one := func(u store.Urgency) []ring { return []ring{{[]string{"dastra", "sage"}, u}} }
		for _, step := range []struct {
			name string
			call call
			want []ring
		}{
			{"create", post("/Users", user("third")), one(store.UrgencyCreate)},
			{"create of a leaver", post("/Users", `{"userName":"fourth","active":false}`), one(store.UrgencyCreate)},
			{"update", patch("/Users/"+id, operations(`{"op":"add","path":"title","value":"T"}`)), one(store.UrgencyUpdate)},
			{"the same update", patch("/Users/"+id, operations(`{"op":"add","path":"title","value":"T"}`)), none},
			{"replace", put("/Users/"+id, `{"userName":"ines","title":"U"}`), one(store.UrgencyUpdate)},
			{"the same replace", put("/Users/"+id, `{"userName":"ines","title":"U"}`), none},
			{"deactivate", patch("/Users/"+id, active("false")), one(store.UrgencyDeactivate)},
			{"deactivate again", patch("/Users/"+id, active("false")), none},
			{"deactivate by replacing", put("/Users/"+other, `{"userName":"other","active":false}`), one(store.UrgencyDeactivate)},
			{"reactivate", patch("/Users/"+id, active("true")), one(store.UrgencyUpdate)},
			{"read", get("/Users/" + id), none},
			{"search", get(`/Users?filter=userName eq "ines"`), none},
			{"a name that is taken", post("/Users", user("INES")), none},
			{"a rename to one", patch("/Users/"+id, operations(`{"op":"replace","path":"userName","value":"other"}`)), none},
			{"nonsense", post("/Users", "{"), none},
			{"a patch half wrong", patch("/Users/"+id, operations(`{"op":"add","path":"title","value":"X"}`, `{"op":"x"}`)), none},
			{"a wrong token", post("/Users", user("fifth")).with(token, "Bearer nope"), none},
			{"delete", remove("/Users/" + id), one(store.UrgencyDelete)},
			{"delete again", remove("/Users/" + id), none},
			{"patch of the deleted", patch("/Users/"+id, active("true")), none},
		} {
			got := c.do(t, step.call)
			if diff := cmp.Diff(step.want, w.bell.take(c.tenant)); diff != "" {
				t.Errorf("%s (%d): %s", step.name, got.status, diff)
			}
		}
	})
}

// O-07: whoever is created while their inactive namesake is being deleted is created: never a 404,
// which identity providers act on, and no conflict with somebody who is gone.
func TestARestoreThatComesTooLateIsACreation(t *testing.T) {
	t.Parallel()
	proves(t, "O-07")
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenantOf(t, "client: {restore: inactive}\n")
		plain := *c
		plain.http = &http.Client{} // what was made may be gone before its location is looked at
		for round := range 40 {
			body := fmt.Sprintf(`{"userName":"leaver-%d","active":false}`, round)
			id := c.do(t, post("/Users", body)).want(t, http.StatusCreated).text("id")
			together(2, func(i int) {
				in, want := post("/Users", fmt.Sprintf(`{"userName":"leaver-%d"}`, round)), http.StatusCreated
				if i == 1 {
					in, want = remove("/Users/"+id), http.StatusNoContent
				}
				if got, err := plain.send(t, in); err != nil || got.status != want {
					t.Errorf("round %d, %s: %d %s, %v", round, in.method, got.status, got.body, err)
				}
			})
		}
	})
}
