package sim

import (
	"slices"
	"strings"
	"time"
)

// anonymous is what is shown in the place of a name once it is erased. The vendor calls it
// "deleted user" in French and English documents.
const anonymous = "deleted user"

// person is one UserDto. Fields hold what can be written.
type person struct {
	id         int64
	tenant     int64
	fields     map[string]any
	roles      map[int64][]int64 // by workspace
	teams      map[int64]*team
	owner      bool
	invited    bool
	anonymised bool
	detached   bool
	externalID any // of SCIM
	made       time.Time
	changed    time.Time
}

// limits are the fields that can be written, with their greatest lengths; those but for username,
// zipCode and countryCode are ASSUMED.
func limits() map[string]int {
	return map[string]int{"email": 150, "username": 150, "givenName": 100, "familyName": 100, "displayName": 200,
		"phoneNumber": 50, "address": 500, "zipCode": 10, "city": 100, "countryCode": 3, "bio": 4000, "blogUrl": 500,
		"language": 10, "timeZone": 100}
}

// add makes a person out of checked fields.
func (s *Sim) add(o *organisation, fields map[string]any) *person {
	s.ids++
	p := &person{id: s.ids, tenant: o.number, fields: fields, roles: map[int64][]int64{}, teams: map[int64]*team{}, made: s.now()}
	if p.fields["username"] == nil {
		p.fields["username"] = p.fields["email"]
	}
	if p.fields["displayName"] == nil {
		if name := strings.TrimSpace(text(fields["givenName"]) + " " + text(fields["familyName"])); name != "" {
			p.fields["displayName"] = name
		}
	}
	if p.fields["language"] == nil {
		p.fields["language"] = "fr"
	}
	o.people[p.id] = p
	o.order = append(o.order, p.id)
	o.byEmail[fold(p.email())] = p.id
	return p
}

func (p *person) email() string {
	email, _ := p.fields["email"].(string)
	return email
}

// there says whether the person is one of the organisation's whom calls can still be about.
func (p *person) there() bool { return p != nil && !p.detached }

// works says whether the person may do anything.
func (p *person) works() bool {
	return !p.anonymised && !p.detached && (p.owner || len(p.heldAnywhere()) > 0)
}

// heldAnywhere are the roles in all workspaces, each once.
func (p *person) heldAnywhere() (held []int64) {
	for _, w := range workspaces() {
		for _, role := range p.roles[w["id"].(int64)] {
			if !slices.Contains(held, role) {
				held = append(held, role)
			}
		}
	}
	return held
}

// field implements entry.
func (p *person) field(name string) (any, bool) {
	switch name {
	case "id":
		return p.id, true
	case "active":
		return !p.anonymised, true
	case "isOwner":
		return p.owner, true
	}
	_, known := limits()[name]
	return p.fields[name], known
}

// row implements entry: the person as the organisation's list shows it.
func (p *person) row() map[string]any {
	row := map[string]any{
		"id": p.id, "active": !p.anonymised, "emailVerified": false, "isInvited": p.invited, "isOwner": p.owner, "role": "User",
		"roles": rolesShown(p.heldAnywhere()), "teams": p.teamsShown(), "invitations": []any{},
		"ssoConfigurationId": p.fields["ssoConfigurationId"], "twoFactorAuthEnabled": false, "canReceiveNotification": true,
		"tenantId": p.tenant, "tenantOwnerId": nil, "avatarUrl": nil, "color": "#4a6fa5",
		"dateCreation": stamp(p.made), "dateUpdate": stamp(p.changed),
	}
	for name := range limits() {
		row[name] = p.fields[name]
	}
	return row
}

// teamsShown lists the person's teams. Whether users names the others as well is not known; only
// the person is named here.
func (p *person) teamsShown() []map[string]any {
	shown := []map[string]any{}
	for _, t := range p.teams {
		shown = append(shown, map[string]any{"id": t.id, "label": t.label, "ref": t.ref, "areas": t.areas, "users": []int64{p.id}})
	}
	slices.SortFunc(shown, func(a, b map[string]any) int { return compare(a["id"], b["id"]) })
	return shown
}

func stamp(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format(time.RFC3339)
}

// member is a person as a workspace's list shows it.
type member struct {
	*person
	workspace int64
}

func (m member) row() map[string]any {
	row := m.person.row()
	row["roles"] = rolesShown(m.roles[m.workspace])
	return row
}

// anonymise erases the person and keeps the id. The e-mail is free again.
func (o *organisation) anonymise(p *person) {
	if holder := o.byEmail[fold(p.email())]; holder == p.id {
		delete(o.byEmail, fold(p.email()))
	}
	for name := range p.fields {
		p.fields[name] = nil
	}
	for _, t := range p.teams {
		t.drop(p)
	}
	p.fields["displayName"], p.externalID = anonymous, nil
	p.anonymised, p.owner, p.roles = true, false, map[int64][]int64{}
}

// lastOwner says whether nobody else owns the account.
func (o *organisation) lastOwner(p *person) bool {
	if !p.owner {
		return false
	}
	for _, other := range o.people {
		if other != p && other.owner && other.there() {
			return false
		}
	}
	return true
}

// seats are those that are taken.
func (o *organisation) seats() (n int) {
	for _, p := range o.people {
		if p.there() && !p.anonymised {
			n++
		}
	}
	return n
}
