package steeple

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// edit is a membership to be set, or without a role to be ended.
type edit struct{ community, role string }

// wanted is the role that the groups give in each community of the table, none where they give
// none. Who is a member and an administrator by two groups is an administrator.
func (d Defaults) wanted(groups []connectors.Group) map[string]string {
	roles := make(map[string]string, len(d.Communities))
	for _, g := range d.Communities {
		role := roles[g.CommunityID]
		given := slices.ContainsFunc(groups, func(of connectors.Group) bool { return of.Is(g.Group) })
		if given && role != administrator {
			role = g.Role
		}
		roles[g.CommunityID] = role
	}
	return roles
}

// Gives implements connectors.Entitler.
func (c *connector) Gives(group connectors.Group) bool {
	return slices.ContainsFunc(c.settings.Defaults.Communities, func(g Grant) bool { return group.Is(g.Group) })
}

// edits are the calls that bring the memberships to what the groups give, arrivals first: a
// person is in at least one community at all times. Communities outside the table are left alone.
func (c *connector) edits(have connectors.Remote, want connectors.Record) (edits []edit, notes []string) {
	held := rolesIn(have)
	for community, role := range c.settings.Defaults.wanted(want.Groups) {
		if held[community] == role {
			continue
		}
		if k, known := c.memory.kind(community); known && k.fixed() {
			// That everybody is a member of an automatic community is no news.
			if role != "" || held[community] == administrator {
				notes = append(notes, automaticNote(community, k))
			}
			continue
		}
		edits = append(edits, edit{community, role})
	}
	slices.SortFunc(edits, func(a, b edit) int {
		if leaves := a.role == ""; leaves != (b.role == "") {
			return map[bool]int{true: 1, false: -1}[leaves]
		}
		return cmp.Compare(a.community, b.community)
	})
	slices.Sort(notes)
	return edits, notes
}

func automaticNote(community string, k kind) string {
	return fmt.Sprintf("community %s is filled by Steeple itself (%s), so its members and roles stay as they are: "+
		"take it out of defaults.communities", community, k.name)
}

// entitle makes the edits. One community's refusal is not another's.
func (c *connector) entitle(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	edits, _ := c.edits(have, want)
	if err := c.know(ctx, edits); err != nil {
		return have, err
	}
	edits, notes := c.edits(have, want) // some may be known to be pointless now
	roles := rolesIn(have)
	var refusal error
	for _, e := range edits {
		err := c.edit(ctx, have, want, e)
		if k, _ := c.memory.kind(e.community); err != nil && k.fixed() {
			notes = append(notes, automaticNote(e.community, k))
			continue
		}
		if err != nil && !aboutPerson(err) {
			return c.holding(have, roles, notes), err
		}
		if err != nil {
			refusal = cmp.Or(refusal, err)
			continue
		}
		if roles[e.community] = e.role; e.role == "" {
			delete(roles, e.community)
		}
	}
	return c.holding(have, roles, notes), refusal
}

// holding is the account with these memberships and notes.
func (c *connector) holding(have connectors.Remote, roles map[string]string, notes []string) connectors.Remote {
	fields := make(map[string]any, len(have.Fields)+1)
	for name, value := range have.Fields {
		fields[name] = value
	}
	fields[communitiesField] = listed(roles)
	have.Fields, have.Notes = fields, append(have.Notes, notes...)
	return have
}

// edit sets or ends one membership.
func (c *connector) edit(ctx context.Context, have connectors.Remote, want connectors.Record, e edit) error {
	if _, known := c.memory.kind(e.community); !known && e.role != "" {
		return connectors.Faultf(connectors.Invalid, "Steeple has no community %s: correct defaults.communities", e.community)
	}
	call := rest.Call{Method: http.MethodDelete, Path: membershipPath, Idempotent: true, Private: connectors.Private(have, want),
		Params: map[string]string{"community_id": e.community, "user_id": have.ID}}
	if e.role != "" {
		call.Method, call.Body = http.MethodPut, map[string]any{"role": e.role}
	}
	answer, err := c.call(ctx, call)
	switch told := problemIn(answer); {
	case err == nil, e.role == "" && connectors.Is(err, connectors.NotFound):
		c.memory.wrote(have.ID, e.community, e.role)
		return nil
	case told.Code == codeNotManual:
		c.memory.learn(e.community, automatic)
	case connectors.Is(err, connectors.NotFound) && told.Field == "community_id":
		return connectors.Faultf(connectors.Invalid, "Steeple has no community %s any more: correct defaults.communities", e.community)
	}
	return err
}

// admit puts into the body of a create the communities that can be given with it: all with one
// role, and only those that are known to be manual, for any other would spoil the whole create.
// The rest is given afterwards.
func (c *connector) admit(ctx context.Context, body map[string]any, want connectors.Record) ([]string, error) {
	var edits []edit
	for community, role := range c.settings.Defaults.wanted(want.Groups) {
		if role != "" {
			edits = append(edits, edit{community, role})
		}
	}
	if err := c.know(ctx, edits); err != nil {
		return nil, err
	}
	by := map[string][]string{}
	for _, e := range edits {
		if k, known := c.memory.kind(e.community); known && k.name == manual {
			by[e.role] = append(by[e.role], e.community)
		}
	}
	role := member
	if len(by[member]) == 0 && len(by[administrator]) > 0 {
		role = administrator
	}
	admitted := by[role]
	slices.Sort(admitted)
	if body["role"] = role; len(admitted) > 0 {
		body["community_ids"] = admitted
	}
	return admitted, nil
}

// know reads the list of communities when one of the edits needs a community nothing is known of.
func (c *connector) know(ctx context.Context, edits []edit) error {
	unknown := func(e edit) bool {
		_, known := c.memory.kind(e.community)
		return !known
	}
	if !slices.ContainsFunc(edits, unknown) || !c.memory.wantsList() {
		return nil
	}
	all, err := c.communities(ctx)
	if err != nil {
		return err
	}
	for id, found := range all {
		c.memory.learn(id, found.kind)
	}
	c.memory.noteList()
	return nil
}

// community is one of the organisation's.
type community struct{ name, kind string }

// communities lists all of them by id.
func (c *connector) communities(ctx context.Context) (map[string]community, error) {
	all, at, pages := map[string]community{}, place{page: 1}, connectors.Pages{}
	for more := true; more; {
		if err := pages.Turn(); err != nil {
			return nil, err
		}
		answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: communitiesPath,
			Query: url.Values{"page": {strconv.Itoa(at.page)}, "per_page": {strconv.Itoa(pageSize)}}})
		if err != nil {
			return nil, err
		}
		rows, p, err := rowsIn(answer)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			id, _ := row["id"].(string)
			var found community
			found.name, _ = row["name"].(string)
			found.kind, _ = row["type"].(string)
			all[strings.ToLower(id)] = found
		}
		at, more = at.after(rows, p)
	}
	return all, nil
}
