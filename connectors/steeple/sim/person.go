package sim

import (
	"maps"
	"slices"
	"strings"
	"time"

	"scimrelay/connectors/simhost"
)

// person is a Steeple account. It stays when the person is removed from the organisation.
type person struct {
	id         string
	fields     map[string]any    // the profile
	status     string            // invited, active, suspended
	before     string            // the status before the suspension
	invitation string            // pending, sent
	roles      map[string]string // in manual communities
	past       simhost.Past[map[string]string]
	ownEmail   bool // the person has changed the e-mail
	removed    bool
	postsTo    string
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
func (s *Sim) set(p *person, change func(map[string]string)) {
	p.past.Keep(maps.Clone(p.roles), s.now(), time.Duration(s.knobs.MembershipLag))
	if p.roles == nil {
		p.roles = map[string]string{}
	}
	change(p.roles)
}

// read is a person's roles in manual communities as a read shows them now.
func (s *Sim) read(p *person) map[string]string {
	roles, _ := p.past.Seen(time.Time{}, s.now().Add(-time.Duration(s.knobs.MembershipLag)), p.roles)
	return roles
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
