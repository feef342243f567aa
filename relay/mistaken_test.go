package relay_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/tenants"
)

// mistakes are the two ways in which a connector's own mistake comes up behind a call.
func mistakes() map[string]func() error {
	return map[string]func() error{
		"a panic":                   func() error { panic("a null where nobody expected one") },
		"an error that is no fault": func() error { return errors.New("an answer that nobody reads") },
	}
}

// P5, P17: a connector that trips over the answer to a create has sent it. What it made is
// searched for, and the audit says that it may be there.
func TestACreateWhoseAnswerCannotBeReadMakesNoSecondAccount(t *testing.T) {
	t.Parallel()
	for name, mistake := range mistakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, v := at(t, 20*time.Second)
			once := true
			v.after = func(_ context.Context, op relaytest.Operation, _ string) error {
				if op != relaytest.Create || !once {
					return nil
				}
				once = false
				return mistake()
			}
			id := w.Person("ana", nil)
			w.Turn()
			if k, _ := w.Link(id); k.State != "verify" || k.Fault != "internal" || k.Intent.IsZero() {
				t.Fatalf("link %+v", k)
			}
			w.Clock.Advance(time.Second)
			w.Change(id, "ana", scim.Document{"title": "T"})
			for range 60 {
				w.Turn()
				w.Clock.Advance(time.Second)
			}
			v.one(t)
			synced(t, w, id)
			if said := done(t, w, id); !strings.Contains(said[1], "created?") {
				t.Errorf("the audit has %q", said)
			}
		})
	}
}

// A mistake that repeats itself is made ever more rarely: ten times soon, then a few times a day.
func TestAMistakeBeforeACreateIsMadeEverMoreRarely(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	made := 0
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			made++
			panic("a record that cannot be written")
		}
		return nil
	}
	id := w.Person("ana", nil)
	for end := w.Clock.Now().Add(24 * time.Hour); w.Clock.Now().Before(end) && made <= 15; {
		w.Turn()
		k, _ := w.Link(id)
		w.Clock.Advance(max(time.Second, k.NextAt.Sub(w.Clock.Now())))
	}
	if k, _ := w.Link(id); made < 3 || made > 15 || k.State != "escrow" {
		t.Errorf("made %d times in a day, link %+v", made, k)
	}
}

// P21: a create that a dying process cut off is none that failed, whatever went wrong before.
func TestADeathBehindAMistakeCostsNoAttempt(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Vendor.Before = func(context.Context, relaytest.Operation, string) error { panic("a null where nobody expected one") }
	id := w.Person("ana", nil)
	w.Turn()
	w.Change(id, "ana", scim.Document{"title": "T"})
	diesAtItsFirstRead(t, w)
	if k, _ := w.Link(id); k.Intent.IsZero() || k.Fault != "internal" {
		t.Fatalf("link %+v", k)
	}
	w.Vendor.Before = refuses(relaytest.Create, "ana", connectors.Transient)
	w.Turn()
	w.Clock.Advance(30 * time.Second)
	w.Turn()
	if k, _ := w.Link(id); k.Fault != "transient" || k.Attempts != 1 {
		t.Errorf("link %+v", k)
	}
}

// P5, X60: a create that was refused is none that may have been done, whatever goes wrong in the
// search behind it.
func TestAMistakeBehindARefusedCreateGivesNoClaim(t *testing.T) {
	t.Parallel()
	w := mailed(t, "user.userName", tenants.AdoptNever)
	victim(w, "ana")
	searches := 0
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Find {
			if searches++; searches == 2 {
				panic("a null where nobody expected one")
			}
		}
		return nil
	}
	w.Vendor.Hidden = func(string) bool { return searches < 2 }
	id := w.Person("ana", ana("mallory@evil.test"))
	w.Turn()
	w.Clock.Advance(6 * time.Hour)
	w.Turn()
	wantMail(t, w, "ana", "victim@acme.test")
	if k, _ := w.Link(id); k.Fault != "ambiguous" || !k.Intent.IsZero() {
		t.Errorf("link %+v", k)
	}
}

// P17: so with every other write.
func TestTheAuditNamesAWriteWhoseAnswerCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, mistake := range mistakes() {
		for op, change := range map[relaytest.Operation]func(w *relaytest.World, id, group string){
			relaytest.Update:     func(w *relaytest.World, id, _ string) { w.Change(id, "ana", scim.Document{"title": "T"}) },
			relaytest.Deactivate: func(w *relaytest.World, id, _ string) { w.Change(id, "ana", inactive()) },
			relaytest.Reactivate: func(w *relaytest.World, id, _ string) {
				w.Change(id, "ana", inactive())
				w.Turn()
				w.Change(id, "ana", nil)
			},
			relaytest.Delete: func(w *relaytest.World, id, _ string) {
				w.Session.Capabilities.Delete, w.Session.Target.OnDelete = true, "delete"
				w.Delete(id)
			},
			relaytest.Members: func(w *relaytest.World, id, group string) { w.Leave(group, "Staff", id) },
		} {
			t.Run(fmt.Sprint(op, ", ", name), func(t *testing.T) {
				t.Parallel()
				w := relaytest.New(t)
				id := w.Person("ana", nil)
				group := w.Group("Staff", id)
				w.Turn()
				w.Vendor.After = func(_ context.Context, is relaytest.Operation, _ string) error {
					if is != op {
						return nil
					}
					w.Vendor.After = nil
					return mistake()
				}
				change(w, id, group)
				w.Turn()
				of, verb := id, map[relaytest.Operation]string{relaytest.Update: "updated(title)?", relaytest.Deactivate: "deactivated?",
					relaytest.Reactivate: "reactivated?", relaytest.Delete: "deleted?", relaytest.Members: "members(+0,-1)?"}[op]
				if op == relaytest.Members {
					of = group
				}
				if said := strings.Join(done(t, w, of), "; "); !strings.Contains(said, verb+" internal") {
					t.Errorf("the audit has %q, want %q", said, verb)
				}
			})
		}
	}
}

// twin is a vendor that answers a create with the account of somebody else.
type twin struct{ *relaytest.Vendor }

// Create implements connectors.Connector.
func (v twin) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	made, err := v.Vendor.Create(ctx, want)
	if want.Key == "bob" {
		made.ID = "1"
	}
	return made, err
}

// What was counted of a link counts also when its account turns out to be another's.
func TestAnAccountThatIsAnothersLeavesWhatWasCounted(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Connector = twin{w.Vendor}
	first := w.Person("ana", nil)
	w.Turn()
	second := w.Person("bob", nil)
	outcomes, _ := w.Chunk(w.Begin())
	w.End()
	if len(outcomes) != 1 {
		t.Fatalf("outcomes %+v", outcomes)
	}
	o := outcomes[0]
	if o.Next.Resource != second || o.Next.Fault != "ambiguous" || o.Next.VendorID != "" {
		t.Fatalf("outcome %+v", o)
	}
	if o.Claims != first || o.Seat != store.SeatTaken || o.Next.Tried == 0 {
		t.Errorf("it claims %q, its seat is %v, and it was tried at %v", o.Claims, o.Seat, o.Next.Tried)
	}
}
