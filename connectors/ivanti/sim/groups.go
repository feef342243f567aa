package sim

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// group is one user group.
type group struct {
	id      int64
	name    string
	source  string
	static  bool
	members []int64
	creator string
	created time.Time
}

func (g *group) row() map[string]any {
	return map[string]any{"id": g.id, "name": g.name, "source": g.source, "membershipStatic": g.static,
		"createdBy": g.creator, "createdAt": g.created.UnixMilli(), "memberCount": len(g.members)}
}

// groupsOf are the ids of the groups the account is in; All Users does not count.
func (t *tenant) groupsOf(account int64) []int64 {
	in := []int64{}
	for _, id := range slices.Sorted(maps.Keys(t.groups)) {
		if slices.Contains(t.groups[id].members, account) {
			in = append(in, id)
		}
	}
	return in
}

func (t *tenant) group(r *http.Request) (*group, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || t.groups[id] == nil {
		return nil, missing()
	}
	return t.groups[id], nil
}

// named finds a group by its name, letter case aside.
func (t *tenant) named(name string) *group {
	for _, g := range t.groups {
		if fold(g.name) == fold(name) {
			return g
		}
	}
	return nil
}

// createGroup makes a local group. Names are refused that any source uses.
func (s *Sim) createGroup(t *tenant, r *http.Request) (any, error) {
	form, err := formIn(r)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(form.Get("name"))
	switch {
	case name == "":
		return nil, bad("Required", "must not be blank", "name")
	case form.Get("source") != "LOCAL":
		return nil, bad("Source", "only LOCAL groups can be made", "source")
	case form.Get("membershipStatic") != "true" && form.Get("definition") == "":
		return nil, bad("Required", "a rule is expected", "definition")
	case t.named(name) != nil:
		return nil, bad("Unique", "name already exists", "name")
	}
	g := s.addGroup(t, name, "LOCAL", form.Get("membershipStatic") == "true")
	return g.row(), nil
}

func (s *Sim) addGroup(t *tenant, name, source string, static bool) *group {
	s.groups++
	g := &group{id: s.groups, name: name, source: source, static: static, creator: t.admin, created: s.now()}
	t.groups[g.id] = g
	return g
}

// AddGroup puts a group there that came from elsewhere, in the sample's tenant: from LDAP, say, or
// with a rule in the place of chosen members.
func (s *Sim) AddGroup(name, source string, static bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const sample = "acme"
	if s.tenants[sample] == nil {
		s.tenants[sample] = s.found(sample, "api@"+sample+".test")
	}
	s.addGroup(s.tenants[sample], name, source, static)
}

// listGroups gives 50 rows at most, whatever is asked.
func (s *Sim) listGroups(t *tenant, r *http.Request) (any, error) {
	var found []map[string]any
	for _, id := range slices.Sorted(maps.Keys(t.groups)) {
		if g := t.groups[id]; !s.hidden(g.created) {
			found = append(found, g.row())
		}
	}
	return s.paged(found, r, fewRows)
}

func (s *Sim) getGroup(t *tenant, r *http.Request) (any, error) {
	g, err := t.group(r)
	if err != nil {
		return nil, err
	}
	return g.row(), nil
}

func (s *Sim) renameGroup(t *tenant, r *http.Request) (any, error) {
	g, err := t.group(r)
	if err != nil {
		return nil, err
	}
	form, err := formIn(r)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(form.Get("name"))
	if other := t.named(name); other != nil && other != g {
		return nil, bad("Unique", "name already exists", "name")
	}
	if g.source != "LOCAL" {
		return nil, badly("Group is not Local")
	}
	if name != "" {
		g.name = name
	}
	return g.row(), nil
}

// deleteGroup deletes the group and disables who is in no other one: they fall back to All Users.
func (s *Sim) deleteGroup(t *tenant, r *http.Request) (any, error) {
	g, err := t.group(r)
	if err != nil {
		return nil, err
	}
	delete(t.groups, g.id)
	for _, member := range g.members {
		if a := t.accounts[member]; s.knobs.Cascade && a != nil && len(t.groupsOf(member)) == 0 {
			a.enabled = false
		}
	}
	return nil, nil
}

// listMembers shows who is in the group, 50 at a time; those deleted for good are there, disabled.
func (s *Sim) listMembers(t *tenant, r *http.Request) (any, error) {
	g, err := t.group(r)
	if err != nil {
		return nil, err
	}
	var found []map[string]any
	for _, member := range g.members {
		found = append(found, s.shown(t, t.accounts[member]))
	}
	return s.paged(found, r, fewRows)
}

// editMembers adds or removes all of the accounts or none.
func (s *Sim) editMembers(t *tenant, r *http.Request) (any, error) {
	g, err := t.group(r)
	if err != nil {
		return nil, err
	}
	form, err := formIn(r)
	if err != nil {
		return nil, err
	}
	list, err := ids(form["accountIds"])
	switch {
	case err != nil:
		return nil, err
	case g.source != "LOCAL":
		return nil, badly("Group is not Local")
	case !g.static:
		return nil, badly("Group is not manually managed")
	}
	for _, id := range list {
		a := t.accounts[id]
		if (a == nil || a.deleted) && !slices.Contains(g.members, id) {
			return nil, badly("User not found")
		}
	}
	if r.Method == http.MethodDelete {
		g.members = slices.DeleteFunc(g.members, func(id int64) bool { return slices.Contains(list, id) })
		return nil, nil
	}
	for _, id := range list {
		if !slices.Contains(g.members, id) {
			g.members = append(g.members, id)
		}
	}
	return nil, nil
}
