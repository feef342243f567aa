package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"scimrelay/queue"
	"scimrelay/store"
)

// What a command says has to be so: a paused target tries nothing.
func TestOrdersSayWhatBecomesOfThem(t *testing.T) {
	t.Parallel()
	d, ids := crowded(t)
	retry := []string{"tenant", "retry", "acme", "--resource", ids["user1"], "--reason", "why"}
	if out := d.told(exitFine, retry...); !strings.Contains(out, "target sales tries it next\n") {
		t.Error(out)
	}
	d.told(exitFine, "tenant", "pause", "acme", "--actor", "ana", "--reason", "a trial")
	if out := d.told(exitFine, retry...); !strings.Contains(out, "target sales is paused: it tries it once it is resumed\n") {
		t.Error(out)
	}
	d.told(exitFine, "tenant", "disable", "acme", "--target", "sales", "--reason", "why")
	if out := d.told(exitFine, "tenant", "status", "acme"); !strings.Contains(out, "target sales: paused disabled: admin: 33 links") {
		t.Error(out)
	}
	d.told(exitFine, "tenant", "resume", "acme")
	if out := d.told(exitFine, retry...); !strings.Contains(out, "target sales is disabled: it tries it once it is enabled\n") {
		t.Error(out)
	}
	d.write("tenants/empty.yaml", "id: empty\n")
	if out := d.told(exitFailed, "tenant", "approve-deletes", "empty", "--reason", "why"); !strings.Contains(out, "tenant empty has no targets") {
		t.Error(out)
	}
}

func TestAnOrderThatFailsSaysWhatTheFirstTargetsDid(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	second := strings.SplitAfterN(explained, "targets:\n", 2)[1]
	d.write("tenants/acme.yaml", explained+strings.Replace(second, "id: sales", "id: second", 1))
	f := orderFlags{tenantFlags: tenantFlags{configFlag{Config: d.config}, "acme"}, Reason: "why"}
	var out screen
	err := f.carry(t.Context(), console{&out, &out}, "nothing", func(_ *store.Store, o store.Order) (orderView, error) {
		if o.Target == "second" {
			return orderView{}, errors.New("the database went away")
		}
		return either(true, "is done", ""), nil
	})
	if err == nil || !strings.Contains(err.Error(), "target second: the database went away") || out.String() != "target sales is done\n" {
		t.Errorf("%v, printed %q", err, &out)
	}
}

func TestWhatIsAdvisedCanBeTyped(t *testing.T) {
	t.Parallel()
	c := syncCommand{tenantFlags: tenantFlags{Tenant: "acme"}}
	if got := c.advised(queue.ErrResting).Error(); !strings.Contains(got, `"scimrelay tenant release acme --reason …"`) {
		t.Error(got)
	}
}

// A user name may look like somebody else's id: the id comes first, always.
func TestSomebodyIsFoundByIDFirst(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	s, _, _ := d.open()
	for id, name := range map[string]string{"one": "two", "two": "three"} {
		if _, err := s.Directory.Create(t.Context(), store.Write{Tenant: "acme"}, "User", id,
			store.Revision{Body: []byte("{}"), Keys: store.Keys{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
	desk, err := tenantFlags{configFlag{Config: d.config}, "acme"}.desk(t.Context(), console{new(screen), new(screen)})
	if err != nil {
		t.Fatal(err)
	}
	defer desk.close()
	for range 20 { // a map would choose one of the two
		if id, err := desk.find(t.Context(), "two"); err != nil || id != "two" {
			t.Fatalf("found %s, %v", id, err)
		}
	}
}

// What a log alerts on is what readiness shows.
func TestTheLogKnowsEveryComponent(t *testing.T) {
	t.Parallel()
	h := &health{busy: 0, overloaded: func() bool { return true }}
	of := h.components()["requests"]
	if of == nil {
		t.Fatal("requests are not watched")
	}
	if c := of(context.Background()); c.Reason != "overloaded" {
		t.Errorf("%+v", c)
	}
	h.busy = 15_000_000_000
	if said := h.troubles()[store.Busy]; said != "requests had to wait longer than 15s a moment ago" {
		t.Error(said)
	}
}
