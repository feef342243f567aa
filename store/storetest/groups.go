package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"scimrelay/scim"
	"scimrelay/store"
)

func group(name string, edit scim.MemberEdit) store.Revision {
	return store.Revision{Body: fmt.Appendf(nil, `{"displayName":%q}`, name), Keys: store.Keys{Name: name}, Active: true, Members: edit}
}

func adding(ids ...string) scim.MemberEdit   { return scim.MemberEdit{Add: ids} }
func removing(ids ...string) scim.MemberEdit { return scim.MemberEdit{Remove: ids} }

func found(t *testing.T, s *store.Store, w store.Write, name string, members ...string) scim.Resource {
	t.Helper()
	r, err := s.Directory.Create(t.Context(), w, scim.TypeGroup, newID(t), group(name, adding(members...)))
	if err != nil {
		t.Fatalf("create group %s: %v", name, err)
	}
	return r
}

// edit changes a group's members and nothing else.
func edit(t *testing.T, s *store.Store, w store.Write, id string, e scim.MemberEdit) scim.Resource {
	t.Helper()
	r, err := tryEdit(t, s, w, id, e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryEdit(t *testing.T, s *store.Store, w store.Write, id string, e scim.MemberEdit) (scim.Resource, error) {
	t.Helper()
	return s.Directory.Update(t.Context(), w, scim.TypeGroup, id, func(now scim.Resource) (store.Revision, error) {
		return store.Revision{Body: now.Body, Keys: store.Keys{Name: "name of " + id}, Active: true, Members: e}, nil
	})
}

func membersOf(t *testing.T, s *store.Store, tenant, id string) (ids []string) {
	t.Helper()
	after := ""
	for {
		page, err := s.Directory.Members(t.Context(), tenant, id, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page {
			ids = append(ids, m.Value)
			after = m.Value
		}
		if len(page) < 2 {
			return ids
		}
	}
}

func wantMembers(t *testing.T, s *store.Store, id string, want ...string) {
	t.Helper()
	want = slices.Clone(want)
	slices.Sort(want)
	if got := membersOf(t, s, "acme", id); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("members %v, want %v", got, want)
	}
}

func editing(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, bob, cid := create(t, s, w, "ana").ID, create(t, s, w, "bob").ID, create(t, s, w, "cid").ID
	staff := found(t, s, w, "staff", ana, bob, ana)
	if wantMembers(t, s, staff.ID, ana, bob); staff.Version != 1 {
		t.Errorf("created %+v", staff)
	}
	for _, step := range []struct {
		name    string
		edit    scim.MemberEdit
		version int64
		members []string
		detail  string
	}{
		{"adding who is in is nothing", adding(ana, bob), 1, []string{ana, bob}, ""},
		{"removing who is not in is nothing", removing(cid, "nobody"), 1, []string{ana, bob}, ""},
		{"one comes", adding(cid, ana), 2, []string{ana, bob, cid}, "+1 -0 members"},
		{"one comes and two go", scim.MemberEdit{Add: []string{ana}, Remove: []string{bob, cid}}, 3, []string{ana}, "+0 -2 members"},
		{"clearing keeps whom it adds", scim.MemberEdit{Clear: true, Add: []string{bob, cid}}, 4, []string{bob, cid}, "+2 -1 members"},
		{"clearing to what is there is nothing", scim.MemberEdit{Clear: true, Add: []string{cid, bob, cid}}, 4, []string{bob, cid}, ""},
		{"everybody goes", scim.MemberEdit{Clear: true}, 5, nil, "+0 -2 members"},
		{"and comes again", adding(ana, bob), 6, []string{ana, bob}, "+2 -0 members"},
	} {
		now := edit(t, s, w, staff.ID, step.edit)
		if now.Version != step.version || now.Modified.Before(now.Created) {
			t.Errorf("%s: %+v, want version %d", step.name, now, step.version)
		}
		wantMembers(t, s, staff.ID, step.members...)
		events, err := s.Events.Latest(t.Context(), "acme", 1)
		if err != nil || step.detail != "" && (events[0].Kind != "resource.updated" || events[0].Detail != step.detail || events[0].Version != step.version) {
			t.Errorf("%s: events %+v, %v", step.name, events, err)
		}
		if work, err := s.Links.One(t.Context(), "acme", "sage", staff.ID); err != nil || work.Link.Wanted != step.version || work.Link.Urgency != store.UrgencyMembership {
			t.Errorf("%s: link %+v, %v", step.name, work.Link, err)
		}
	}
	renamed := regroup(t, s, w, staff.ID, group("crew", adding(ana)))
	if renamed.Version != 7 || string(renamed.Body) != `{"displayName":"crew"}` {
		t.Errorf("renamed %+v", renamed)
	}
	if same := regroup(t, s, w, staff.ID, group("crew", scim.MemberEdit{})); same.Version != 7 {
		t.Errorf("the same again %+v", same)
	}
	wantMembers(t, s, staff.ID, ana, bob)
}

func regroup(t *testing.T, s *store.Store, w store.Write, id string, rev store.Revision) scim.Resource {
	t.Helper()
	r, err := s.Directory.Update(t.Context(), w, scim.TypeGroup, id, func(scim.Resource) (store.Revision, error) { return rev, nil })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func strangers(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, left := create(t, s, w, "ana").ID, create(t, s, w, "left").ID
	theirs := create(t, s, by("other"), "eve").ID
	staff := found(t, s, w, "staff", ana)
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, left, nil); err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{"nobody": "nobody", "another tenant's": theirs, "one who left": left, "the group itself": staff.ID, "quotes": "' OR 1=1 --"} {
		var missing *store.MissingMemberError
		_, err := tryEdit(t, s, w, staff.ID, adding(ana, id))
		if !errors.As(err, &missing) || missing.ID != id {
			t.Errorf("%s: %v", name, err)
		}
		_, err = s.Directory.Create(t.Context(), w, scim.TypeGroup, newID(t), group("with "+name, adding(ana, id)))
		if name != "the group itself" && (!errors.As(err, &missing) || missing.ID != id) {
			t.Errorf("created with %s: %v", name, err)
		}
	}
	if now, err := s.Directory.Get(t.Context(), "acme", scim.TypeGroup, staff.ID); err != nil || now.Version != 1 {
		t.Errorf("a refused edit left %+v, %v", now, err)
	}
	wantMembers(t, s, staff.ID, ana)
	if n, err := s.Directory.Count(t.Context(), "acme", scim.TypeGroup); err != nil || n != 2 {
		t.Errorf("%d groups, want staff and the one with it as a member: %v", n, err)
	}
	if _, err := tryEdit(t, s, by("other"), staff.ID, adding(theirs)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("edited across: %v", err)
	}
	if got := membersOf(t, s, "other", staff.ID); len(got) > 0 {
		t.Errorf("members read across: %v", got)
	}
}

func oneGroupOfFifty(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana := create(t, s, w, "ana").ID
	create(t, s, w, "staff") // a user of that name is another thing
	var made, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		id, first := newID(t), scim.MemberEdit{}
		if i%2 == 0 {
			first = adding(ana)
		}
		all.Go(func() {
			switch _, err := s.Directory.Create(t.Context(), w, scim.TypeGroup, id, group("staff", first)); {
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
}

func eightEditors(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	staff := found(t, s, w, "staff")
	const writers, each = 8, 15
	var want []string
	for i := range writers * each {
		want = append(want, create(t, s, w, fmt.Sprint("user", i)).ID)
	}
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for _, id := range want[i*each : (i+1)*each] {
				if _, err := tryEdit(t, s, w, staff.ID, adding(id)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	wantMembers(t, s, staff.ID, want...)
	now, err := s.Directory.Get(t.Context(), "acme", scim.TypeGroup, staff.ID)
	if err != nil || now.Version != writers*each+1 {
		t.Errorf("version %d, want %d: %v", now.Version, writers*each+1, err)
	}
}

// matchKeys: what the tenant wants unique beside the name.
func matchKeys(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	with := func(name, match string) store.Revision {
		rev := user(name)
		rev.Keys.Match = match
		return rev
	}
	make := func(name, match string) (scim.Resource, error) {
		return s.Directory.Create(t.Context(), w, scim.TypeUser, newID(t), with(name, match))
	}
	ana, err := make("ana", "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := make("bob", "1"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a match key that is taken: %v", err)
	}
	bob, err := make("bob", "2")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"1": store.ErrConflict, "2": nil, "3": nil, "": nil} {
		_, err := s.Directory.Update(t.Context(), w, scim.TypeUser, bob.ID, func(scim.Resource) (store.Revision, error) { return with("bob", name), nil })
		if !errors.Is(err, want) {
			t.Errorf("changed to %q: %v, want %v", name, err, want)
		}
	}
	if _, err := make("cid", ""); err != nil { // without a key nobody is like anybody
		t.Error(err)
	}
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, ana.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := make("dan", "1"); err != nil {
		t.Errorf("the key of somebody who left: %v", err)
	}
}

func relations(t *testing.T, open Open) {
	s, w := start(t, open), by("acme")
	ana, bob, cid := create(t, s, w, "ana").ID, create(t, s, w, "bob").ID, create(t, s, w, "cid").ID
	staff, crew := found(t, s, w, "staff", ana, bob), found(t, s, w, "crew", bob)
	all := found(t, s, w, "all", staff.ID, cid, crew.ID)
	edit(t, s, w, crew.ID, adding(ana))
	edit(t, s, w, crew.ID, removing(bob))
	of, err := s.Directory.MemberOf(t.Context(), "acme", []string{ana, bob, staff.ID, "nobody"})
	if err != nil || len(of) != 3 || len(of[ana]) != 2 || of[ana][0].ID != staff.ID || of[ana][1].Version != 3 ||
		len(of[bob]) != 1 || string(of[bob][0].Body) != `{"displayName":"staff"}` || of[staff.ID][0].ID != all.ID {
		t.Errorf("member of %+v, %v", of, err)
	}
	is, err := s.Directory.IsMember(t.Context(), "acme", crew.ID, []string{ana, bob, "nobody"})
	if err != nil || !is[ana] || is[bob] || is["nobody"] {
		t.Errorf("is member %v, %v", is, err)
	}
	members, err := s.Directory.Members(t.Context(), "acme", all.ID, "", 10)
	if err != nil || fmt.Sprint(members) != fmt.Sprint([]scim.Member{{Value: cid, Type: scim.TypeUser}, {Value: staff.ID, Type: scim.TypeGroup}, {Value: crew.ID, Type: scim.TypeGroup}}) {
		t.Errorf("members %+v, %v", members, err)
	}
	for name, q := range map[string]struct {
		kind  string
		field store.Field
		value string
		want  []string
	}{
		"groups of a member":        {scim.TypeGroup, store.ByMember, ana, []string{staff.ID, crew.ID}},
		"groups of a group":         {scim.TypeGroup, store.ByMember, staff.ID, []string{all.ID}},
		"groups of one who left":    {scim.TypeGroup, store.ByMember, bob, []string{staff.ID}},
		"nobody is in no group":     {scim.TypeGroup, store.ByMember, "", nil},
		"users of a group":          {scim.TypeUser, store.ByGroup, all.ID, []string{cid}},
		"groups within a group":     {scim.TypeGroup, store.ByGroup, all.ID, []string{staff.ID, crew.ID}},
		"groups by name":            {scim.TypeGroup, store.ByName, "staff", []string{staff.ID}},
		"a group's name is no user": {scim.TypeUser, store.ByName, "staff", nil},
	} {
		var ids []string
		found, err := s.Directory.Find(t.Context(), "acme", q.kind, q.field, q.value)
		for _, r := range found {
			ids = append(ids, r.ID)
		}
		if err != nil || fmt.Sprint(ids) != fmt.Sprint(q.want) {
			t.Errorf("%s: %v, want %v: %v", name, ids, q.want, err)
		}
	}
	if n, err := s.Directory.Count(t.Context(), "acme", scim.TypeGroup); err != nil || n != 3 {
		t.Errorf("%d groups: %v", n, err)
	}
	if got, err := s.Directory.MemberOf(t.Context(), "other", []string{ana}); err != nil || len(got) > 0 {
		t.Errorf("read across: %v, %v", got, err)
	}
}

func admitting(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana := create(t, s, w, "ana")
	refusal := errors.New("precondition failed")
	err := s.Directory.Delete(t.Context(), w, scim.TypeUser, ana.ID, func(now scim.Resource) error {
		if now.ID != ana.ID || now.Version != 1 || string(now.Body) != string(ana.Body) {
			t.Errorf("asked about %+v", now)
		}
		return refusal
	})
	if err != refusal { //nolint:errorlint // the refusal itself comes back, not wrapped: the SCIM front answers with it
		t.Errorf("refused with %v", err)
	}
	if now, err := s.Directory.Get(t.Context(), "acme", scim.TypeUser, ana.ID); err != nil || now.Version != 1 {
		t.Errorf("refused, and %+v, %v", now, err)
	}
	if err := s.Directory.Delete(t.Context(), w, scim.TypeGroup, ana.ID, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a user deleted as a group: %v", err)
	}
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, ana.ID, func(scim.Resource) error { return nil }); err != nil {
		t.Errorf("admitted: %v", err)
	}
}
