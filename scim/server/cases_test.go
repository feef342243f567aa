package server_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"scimrelay/scim"
	"scimrelay/store"
)

// many puts users straight into the store, all with the external id "same".
func (w *world) many(t *testing.T, tenant string, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		id, err := newID()
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("user-%d", i)
		rev := store.Revision{Active: true, Keys: store.Keys{Name: name, ExternalID: "same"},
			Body: fmt.Appendf(nil, `{"externalId":"same","schemas":[%q],"userName":%q}`, scim.SchemaUser, name)}
		all.Go(func() {
			if _, err := w.store.Directory.Create(t.Context(), store.Write{Tenant: tenant}, scim.TypeUser, id, rev); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// R-42 and B-27: pages end where they are said to, totals do not.
func TestPagesAndTotalsOfMany(t *testing.T) {
	t.Parallel()
	proves(t, "R-42", "B-27")
	const users = 1205
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t)
		w.many(t, c.tenant, users)
		for name, test := range map[string]struct {
			target string
			page   float64
		}{
			"R-42":               {"/Users?count=100000", 200},
			"R-42 by default":    {"/Users", 100},
			"R-42 the last page": {"/Users?count=100&startIndex=1201", 5},
			"R-42 of matches":    {`/Users?count=100000&filter=userName sw "USER-"`, 200},
			"B-27 of an index":   {`/Users?count=100&startIndex=1201&filter=externalId eq "same"`, 5},
		} {
			got := c.do(t, get(test.target)).want(t, http.StatusOK)
			if got.value("totalResults") != float64(users) || got.value("itemsPerPage") != test.page {
				t.Errorf("%s: %v of %v", name, got.value("itemsPerPage"), got.value("totalResults"))
			}
		}
		max := c.do(t, get("/ServiceProviderConfig")).value("filter").(map[string]any)["maxResults"]
		if max != 200.0 {
			t.Errorf("advertised %v", max)
		}
	})
}

// O-05: every user is on one page, in an order that stays.
func TestPagesCoverEverybodyOnce(t *testing.T) {
	t.Parallel()
	proves(t, "O-05")
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t)
		w.many(t, c.tenant, 250)
		seen := map[any]int{}
		for start := 1; start <= 250; start += 100 {
			c.created(t, fmt.Sprintf("newcomer-%d", start)) // behind those who were there
			list, _ := c.do(t, get(fmt.Sprintf("/Users?count=100&startIndex=%d", start))).value("Resources").([]any)
			for _, r := range list {
				seen[r.(map[string]any)["userName"]]++
			}
		}
		for i := range 250 {
			if n := seen[fmt.Sprintf("user-%d", i)]; n != 1 {
				t.Errorf("user-%d is on %d pages", i, n)
			}
		}
	})
}

func TestR103AResourceTypeNamesASchemaThereIs(t *testing.T) {
	t.Parallel()
	proves(t, "R-103")
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	types, _ := c.do(t, get("/ResourceTypes")).want(t, http.StatusOK).value("Resources").([]any)
	if len(types) == 0 {
		t.Fatal("no resource types")
	}
	for _, r := range types {
		kind := r.(map[string]any)
		if kind["id"] != kind["name"] {
			t.Errorf("id %v, name %v", kind["id"], kind["name"])
		}
		c.do(t, get(fmt.Sprint("/Schemas/", kind["schema"]))).want(t, http.StatusOK)
		c.do(t, get(fmt.Sprint(kind["endpoint"]))).want(t, http.StatusOK)
	}
}

// What was acknowledged is owed to every target.
func TestEveryAcceptedChangeIsWantedAtEveryTarget(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "dastra", "sage")
		id := c.created(t, "ines")
		wanted := func(version int64, urgency store.Urgency) {
			t.Helper()
			links, err := w.store.Links.OfResource(t.Context(), c.tenant, id)
			if err != nil || len(links) != 2 {
				t.Fatalf("%d links, %v", len(links), err)
			}
			for _, l := range links {
				if l.Wanted != version || l.Applied != 0 || l.Urgency != urgency {
					t.Errorf("link %s wants %d with urgency %d, not %d with %d", l.Target, l.Wanted, l.Urgency, version, urgency)
				}
			}
		}
		wanted(1, store.UrgencyCreate)
		c.do(t, patch("/Users/"+id, operations(`{"op":"add","path":"title","value":"T"}`))).want(t, http.StatusOK)
		wanted(2, store.UrgencyCreate)
		c.do(t, patch("/Users/"+id, operations(`{"op":"add","path":"title","value":"T"}`))).want(t, http.StatusOK)
		c.do(t, patch("/Users/"+id, operations(`{"op":"add","path":"nosuch","value":"T"}`))).want(t, http.StatusBadRequest)
		wanted(2, store.UrgencyCreate)
		c.do(t, patch("/Users/"+id, operations(`{"op":"Replace","path":"active","value":"False"}`))).want(t, http.StatusOK)
		wanted(3, store.UrgencyDeactivate)
		c.do(t, remove("/Users/"+id)).want(t, http.StatusNoContent)
		wanted(4, store.UrgencyDelete)
	})
}
