package sim

import (
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// team is one team of a workspace.
type team struct {
	id        int64
	workspace int64
	label     string
	ref       any // a text, or nil
	areas     []any
	users     []*person
	made      time.Time
}

// field implements entry.
func (t *team) field(name string) (any, bool) {
	switch name {
	case "id":
		return t.id, true
	case "label":
		return t.label, true
	case "ref":
		return t.ref, true
	}
	return nil, false
}

// row implements entry: the team as lists show it.
func (t *team) row() map[string]any {
	return map[string]any{"id": t.id, "label": t.label, "ref": t.ref, "default": false, "nbUsers": len(t.users)}
}

// whole is the team by itself.
func (t *team) whole() map[string]any {
	users := []int64{}
	for _, p := range t.users {
		users = append(users, p.id)
	}
	row := t.row()
	row["areas"], row["users"] = t.areas, users
	return row
}

// take adds a person, drop removes one; either may be repeated.
func (t *team) take(p *person) {
	if !slices.Contains(t.users, p) {
		t.users = append(t.users, p)
	}
	p.teams[t.id] = t
}

func (t *team) drop(p *person) {
	t.users = slices.DeleteFunc(t.users, func(other *person) bool { return other == p })
	delete(p.teams, t.id)
}

// inTeams are the teams of the workspace in order.
func (s *Sim) inTeams(o *organisation, ws int64) (teams []*team) {
	for _, id := range o.lineUp {
		if t := o.teams[id]; t != nil && t.workspace == ws {
			teams = append(teams, t)
		}
	}
	return teams
}

func (s *Sim) listTeams(o *organisation, r *http.Request) (any, error) {
	ws, err := workspace(r)
	if err != nil {
		return nil, err
	}
	shown := slices.DeleteFunc(s.inTeams(o, ws), func(t *team) bool { return s.recent(t.made) })
	return paged(s, shown, r)
}

// team is the one of the path.
func (o *organisation) team(r *http.Request) (*team, error) {
	ws, err := workspace(r)
	if err != nil {
		return nil, err
	}
	t := o.teams[number(r.PathValue("team"))]
	if t == nil || t.workspace != ws {
		return nil, missing("team")
	}
	return t, nil
}

// teamsNamed are the teams of a new person.
func (o *organisation) teamsNamed(body map[string]any, ws int64) ([]*team, error) {
	ids, err := integers(body, "teamIds")
	if err != nil {
		return nil, err
	}
	var teams []*team
	for _, id := range ids {
		t := o.teams[id]
		if t == nil || t.workspace != ws {
			return nil, invalid("teamIds", "not a team of the workspace")
		}
		teams = append(teams, t)
	}
	return teams, nil
}

// content is what a team is made or replaced with.
type content struct {
	label string
	ref   any
	areas []any
	users []*person
}

func (s *Sim) readTeam(o *organisation, r *http.Request, ws, own int64) (c content, err error) {
	body, err := readBody(r)
	if err != nil {
		return c, err
	}
	c.label, _ = body["label"].(string)
	if c.label == "" {
		return c, invalid("label", "the label is required")
	}
	ref, isText := body["ref"].(string)
	if body["ref"] != nil && !isText || utf8.RuneCountInString(ref) > 80 {
		return c, invalid("ref", "not a text of at most 80 characters")
	}
	if ref != "" {
		c.ref = ref
		if s.knobs.UniqueRef && slices.ContainsFunc(s.inTeams(o, ws), func(t *team) bool { return t.ref == ref && t.id != own }) {
			return c, conflict("a team with this ref already exists")
		}
	}
	c.areas, _ = body["areas"].([]any)
	if c.areas == nil {
		c.areas = []any{}
	}
	ids, err := integers(body, "users")
	if err != nil {
		return c, err
	}
	for _, id := range ids {
		p := o.people[id]
		if !p.there() || p.anonymised {
			return c, invalid("users", "not a user")
		}
		c.users = append(c.users, p)
	}
	return c, nil
}

// createTeam answers nothing, as the vendor's OpenAPI has it.
func (s *Sim) createTeam(o *organisation, r *http.Request) (any, error) {
	ws, err := workspace(r)
	if err != nil {
		return nil, err
	}
	c, err := s.readTeam(o, r, ws, 0)
	if err != nil {
		return nil, err
	}
	s.ids++
	t := &team{id: s.ids, workspace: ws, made: s.now()}
	o.teams[t.id] = t
	o.lineUp = append(o.lineUp, t.id)
	t.replace(c)
	return nil, nil
}

func (t *team) replace(c content) {
	for _, p := range slices.Clone(t.users) {
		t.drop(p)
	}
	t.label, t.ref, t.areas = c.label, c.ref, c.areas
	for _, p := range c.users {
		t.take(p)
	}
}

func (s *Sim) getTeam(o *organisation, r *http.Request) (any, error) {
	t, err := o.team(r)
	if err != nil {
		return nil, err
	}
	return t.whole(), nil
}

func (s *Sim) replaceTeam(o *organisation, r *http.Request) (any, error) {
	t, err := o.team(r)
	if err != nil {
		return nil, err
	}
	c, err := s.readTeam(o, r, t.workspace, t.id)
	if err != nil {
		return nil, err
	}
	t.replace(c)
	return nil, nil
}

// deleteTeam deletes the team and none of its users.
func (s *Sim) deleteTeam(o *organisation, r *http.Request) (any, error) {
	t, err := o.team(r)
	if err != nil {
		return nil, err
	}
	for _, p := range slices.Clone(t.users) {
		t.drop(p)
	}
	delete(o.teams, t.id)
	o.lineUp = slices.DeleteFunc(o.lineUp, func(id int64) bool { return id == t.id })
	return nil, nil
}

func (s *Sim) teamsOf(o *organisation, r *http.Request) (any, error) {
	_, p, err := o.inWorkspace(r)
	if err != nil {
		return nil, err
	}
	return p.teamsShown(), nil
}

func (s *Sim) join(o *organisation, r *http.Request) (any, error) { return o.edit(r, (*team).take) }

func (s *Sim) leave(o *organisation, r *http.Request) (any, error) { return o.edit(r, (*team).drop) }

// edit answers the person's teams. ASSUMED.
func (o *organisation) edit(r *http.Request, do func(*team, *person)) (any, error) {
	_, p, err := o.inWorkspace(r)
	if err != nil {
		return nil, err
	}
	t, err := o.team(r)
	if err != nil {
		return nil, err
	}
	do(t, p)
	return p.teamsShown(), nil
}
