package sim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// person is a Steeple account. It stays when the person is removed from the organisation.
type person struct {
	id         string
	fields     map[string]any    // the profile
	status     string            // invited, active, suspended
	before     string            // the status before the suspension
	invitation string            // pending, sent
	roles      map[string]string // in manual communities
	past       []past
	ownEmail   bool // the person has changed the e-mail
	removed    bool
	postsTo    string
}

// past is a person's roles as reads may still show them.
type past struct {
	until time.Time // when they changed
	roles map[string]string
}

func (p *person) text(name string) string {
	text, _ := p.fields[name].(string)
	return text
}

func (o *organisation) person(id string) *person {
	if o == nil || id == "" {
		return nil
	}
	return o.people[strings.ToLower(id)]
}

// member is the person of the id, unless removed.
func (o *organisation) member(id string) (*person, error) {
	p := o.person(id)
	if p == nil || p.removed {
		return nil, missing("user_id")
	}
	return p, nil
}

// withEmail is the account with the e-mail, in the organisation or not.
func (o *organisation) withEmail(email string) *person {
	at := slices.IndexFunc(o.order, func(p *person) bool { return fold(p.text("email")) == fold(email) })
	if at < 0 {
		return nil
	}
	return o.order[at]
}

// set changes the roles and keeps the old ones for reads that lag.
func (p *person) set(now time.Time, change func(map[string]string)) {
	p.past = slices.DeleteFunc(p.past, func(old past) bool { return now.Sub(old.until) > time.Minute })
	p.past = append(p.past, past{now, maps.Clone(p.roles)})
	if p.roles == nil {
		p.roles = map[string]string{}
	}
	change(p.roles)
}

// shown is the roles in manual communities as a read that lags shows them.
func (p *person) shown(now time.Time, lag time.Duration) map[string]string {
	for _, old := range p.past {
		if lag > 0 && old.until.After(now.Add(-lag)) {
			return old.roles
		}
	}
	return p.roles
}

// in is the role in the community, none when the person is not in it. Everybody is in the main
// community, and who fulfils the rule in the dynamic one.
func (p *person) in(c community, manual map[string]string) string {
	switch {
	case p.removed:
		return ""
	case c.kind == "main", c.kind == "dynamic" && p.text("department") == dynamicDepartment:
		return "member"
	default:
		return manual[c.id]
	}
}

// row is the person as the API shows one, manual roles as given.
func (p *person) row(manual map[string]string) map[string]any {
	row := map[string]any{"id": p.id, "status": p.status, "invitation": p.invitation}
	for name := range profile() {
		row[name] = p.fields[name]
	}
	memberships := []any{}
	for _, c := range communities() {
		if role := p.in(c, manual); role != "" {
			memberships = append(memberships, map[string]any{"community_id": c.id, "community_type": c.kind, "role": role})
		}
	}
	row["memberships"] = memberships
	return row
}

func fold(text string) string { return strings.ToLower(text) }
