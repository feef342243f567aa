package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"scimrelay/scim"
	"scimrelay/store"
)

func newID(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

func lifecycle(t *testing.T, open Open) {
	s, w := start(t, open), by("acme")
	r := create(t, s, w, "ana")
	got, err := s.Directory.Get(t.Context(), "acme", scim.TypeUser, r.ID)
	if err != nil || string(got.Body) != `{"userName":"ana"}` || got.Version != 1 || got.Created.IsZero() {
		t.Fatalf("got %+v, %v", got, err)
	}
	next, err := s.Directory.Update(t.Context(), w, scim.TypeUser, r.ID, func(scim.Resource) (store.Revision, error) { return user("anna"), nil })
	if err != nil || next.Version != 2 || next.Modified.Before(next.Created) {
		t.Fatalf("updated %+v, %v", next, err)
	}
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, r.ID, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, r.ID, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleting twice: %v", err)
	}
	if _, err := s.Directory.Get(t.Context(), "acme", scim.TypeUser, r.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("read after delete: %v", err)
	}
	if again := create(t, s, w, "anna"); again.ID == r.ID {
		t.Error("an id came back")
	}
	events, err := s.Events.Latest(t.Context(), "acme", 10)
	if err != nil || len(events) != 4 || events[0].Kind != "resource.created" || events[1].Kind != "resource.deleted" {
		t.Errorf("events %+v, %v", events, err)
	}
}

func oneOfFifty(t *testing.T, open Open) {
	s := start(t, open)
	var made, refused atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		id := newID(t)
		all.Go(func() {
			switch _, err := s.Directory.Create(t.Context(), by("acme", "sage"), scim.TypeUser, id, user("ana")); {
			case err == nil:
				made.Add(1)
			case errors.Is(err, store.ErrConflict):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 || refused.Load() != 49 {
		t.Errorf("%d made, %d refused", made.Load(), refused.Load())
	}
	if work := dueNow(t, s, "acme", "sage"); len(work) != 1 {
		t.Errorf("%d links due", len(work))
	}
}

func lostUpdates(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	r := create(t, s, w, "ana")
	const writers, each = 8, 40
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				_, err := s.Directory.Update(t.Context(), w, scim.TypeUser, r.ID, func(now scim.Resource) (store.Revision, error) {
					rev := user("ana")
					rev.Body = fmt.Appendf(nil, `{"n":%d}`, now.Version)
					return rev, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, err := s.Directory.Get(t.Context(), "acme", scim.TypeUser, r.ID)
	if want := fmt.Sprintf(`{"n":%d}`, writers*each); err != nil || got.Version != writers*each+1 || string(got.Body) != want {
		t.Errorf("version %d body %s, want %s: %v", got.Version, got.Body, want, err)
	}
	if work := dueNow(t, s, "acme", "sage"); len(work) != 1 || work[0].Link.Wanted != got.Version {
		t.Errorf("due %+v", work)
	}
}

func unchanged(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	r := create(t, s, w, "ana")
	got, err := s.Directory.Update(t.Context(), w, scim.TypeUser, r.ID, func(scim.Resource) (store.Revision, error) {
		return store.Revision{}, store.ErrUnchanged
	})
	if err != nil || got.Version != 1 || !got.Modified.Equal(r.Modified) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func tenancy(t *testing.T, open Open) {
	s := start(t, open)
	mine := create(t, s, by("acme", "sage"), "ana")
	theirs := create(t, s, by("other", "sage"), "ana") // the same name is free elsewhere
	if _, err := s.Directory.Get(t.Context(), "other", scim.TypeUser, mine.ID); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("read across: %v", err)
	}
	if err := s.Directory.Delete(t.Context(), by("other"), scim.TypeUser, mine.ID, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("delete across: %v", err)
	}
	_, err := s.Directory.Update(t.Context(), by("other"), scim.TypeUser, mine.ID, func(scim.Resource) (store.Revision, error) { return user("eve"), nil })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("update across: %v", err)
	}
	found, err := s.Directory.Find(t.Context(), "other", scim.TypeUser, store.ByName, "ana")
	if err != nil || len(found) != 1 || found[0].ID != theirs.ID {
		t.Errorf("found %+v, %v", found, err)
	}
	if work := dueNow(t, s, "other", "sage"); len(work) != 1 || work[0].Link.Resource != theirs.ID {
		t.Errorf("due %+v", work)
	}
}

func lookups(t *testing.T, open Open) {
	s, w := start(t, open), by("acme")
	rev := user("ana")
	rev.Keys.ExternalID, rev.Keys.WorkMail = "Ab1", "ana@acme.example"
	ana, err := s.Directory.Create(t.Context(), w, scim.TypeUser, newID(t), rev)
	if err != nil {
		t.Fatal(err)
	}
	create(t, s, w, "bob")
	for name, q := range map[string]struct {
		field store.Field
		value string
		want  int
	}{
		"by name": {store.ByName, "ana", 1}, "by id": {store.ByID, ana.ID, 1},
		"by external id": {store.ByExternalID, "Ab1", 1}, "external ids are exact": {store.ByExternalID, "ab1", 0},
		"by mail": {store.ByWorkMail, "ana@acme.example", 1}, "absent values match nobody": {store.ByExternalID, "", 0},
		"quotes are data": {store.ByName, "' OR 1=1 --", 0},
	} {
		found, err := s.Directory.Find(t.Context(), "acme", scim.TypeUser, q.field, q.value)
		if err != nil || len(found) != q.want {
			t.Errorf("%s: %d found, want %d: %v", name, len(found), q.want, err)
		}
	}
}

func pages(t *testing.T, open Open) {
	s, w := start(t, open), by("acme")
	var ids []string
	for i := range 25 {
		ids = append(ids, create(t, s, w, fmt.Sprintf("user%02d", i)).ID)
	}
	var seen []string
	for offset := 0; ; offset += 10 {
		page, total, err := s.Directory.List(t.Context(), "acme", scim.TypeUser, offset, 10)
		if err != nil || total < 25 {
			t.Fatalf("total %d: %v", total, err)
		}
		for _, r := range page {
			seen = append(seen, r.ID)
		}
		create(t, s, w, fmt.Sprintf("later%02d", offset)) // newcomers go to the end
		if offset > 20 {
			break
		}
	}
	if len(seen) < 25 || fmt.Sprint(seen[:25]) != fmt.Sprint(ids) {
		t.Errorf("read %v\nwant %v", seen, ids)
	}
	rest, err := s.Directory.After(t.Context(), "acme", scim.TypeUser, ids[23], 1)
	if err != nil || len(rest) != 1 || rest[0].ID != ids[24] {
		t.Errorf("after: %+v, %v", rest, err)
	}
}

// refusals puts conflicting and fine writes into the same batches: a refused one must leave
// the others alone, and nothing of itself.
func refusals(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	create(t, s, w, "taken")
	ids := make([]string, 30)
	for i := range ids {
		ids[i] = create(t, s, w, fmt.Sprintf("user%d", i)).ID
	}
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			name := fmt.Sprintf("renamed%d", i)
			if i%2 == 0 {
				name = "taken"
			}
			_, err := s.Directory.Update(t.Context(), w, scim.TypeUser, id, func(scim.Resource) (store.Revision, error) { return user(name), nil })
			if (i%2 == 0) != errors.Is(err, store.ErrConflict) {
				t.Errorf("rename %d: %v", i, err)
			}
		})
	}
	all.Wait()
	for i, id := range ids {
		got, err := s.Directory.Get(t.Context(), "acme", scim.TypeUser, id)
		if want := int64(1 + i%2); err != nil || got.Version != want {
			t.Errorf("user%d is at version %d, want %d: %v", i, got.Version, want, err)
		}
	}
}

func reopening(t *testing.T, open Open) {
	url := open(t)
	first, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := create(t, first, by("acme", "sage"), "ana")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := background()
	defer cancel()
	if err := first.Directory.Delete(ctx, by("acme"), scim.TypeUser, r.ID, nil); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a closed store answered %v", err)
	}
	second := reopen(t, url)
	if _, err := second.Directory.Get(t.Context(), "acme", scim.TypeUser, r.ID); err != nil {
		t.Error(err)
	}
	if work := dueNow(t, second, "acme", "sage"); len(work) != 1 {
		t.Errorf("%d due", len(work))
	}
}
