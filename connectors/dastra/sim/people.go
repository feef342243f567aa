package sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// recent says whether something is too young to be in lists.
func (s *Sim) recent(made time.Time) bool {
	return s.now().Sub(made) < time.Duration(s.knobs.SearchLag)
}

// inLists are the people that lists show.
func (s *Sim) inLists(o *organisation) []*person {
	people := make([]*person, 0, len(o.order))
	for _, id := range o.order {
		if p := o.people[id]; p.there() && !s.recent(p.made) {
			people = append(people, p)
		}
	}
	return people
}

func (s *Sim) listPeople(o *organisation, r *http.Request) (any, error) {
	f, err := s.readFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	if f != nil && f.Field == "email" && f.Operator == "equal" { // by the index, for large organisations
		var found []*person
		if p := o.people[o.byEmail[fold(text(f.Value))]]; p != nil && !s.recent(p.made) {
			found = []*person{p}
		}
		return paged(s, found, r)
	}
	return paged(s, s.inLists(o), r)
}

func (s *Sim) countPeople(o *organisation, _ *http.Request) (any, error) {
	return len(s.inLists(o)), nil
}

func (o *organisation) person(r *http.Request) (*person, error) {
	if p := o.people[number(r.PathValue("id"))]; p.there() {
		return p, nil
	}
	return nil, missing("user")
}

func (s *Sim) getPerson(o *organisation, r *http.Request) (any, error) {
	p, err := o.person(r)
	if err != nil {
		return nil, err
	}
	return p.row(), nil
}

// readPerson reads what can be written of a person. Other fields are passed over.
func readPerson(body map[string]any) (map[string]any, error) {
	fields := map[string]any{}
	for name, most := range limits() {
		value := body[name]
		if value == nil {
			continue
		}
		words, ok := value.(string)
		if !ok || len([]rune(words)) > most {
			return nil, invalid(name, "not a possible text")
		}
		if words != "" {
			fields[name] = words
		}
	}
	if email, _ := fields["email"].(string); !strings.Contains(email, "@") {
		return nil, invalid("email", "the e-mail is required")
	}
	if sso, ok := body["ssoConfigurationId"]; ok && sso != nil {
		fields["ssoConfigurationId"] = number(text(sso))
	}
	return fields, nil
}

func (s *Sim) createPerson(o *organisation, r *http.Request) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	fields, err := readPerson(body)
	if err != nil {
		return nil, err
	}
	workspace := number(text(body["workspaceId"]))
	if w := workspaceByID(workspace); w == nil || w["state"] != "Active" {
		return nil, invalid("workspaceId", "no active workspace")
	}
	roles, err := integers(body, "roleIds")
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(roles, func(id int64) bool { return roleByID(id) == nil }) {
		return nil, invalid("roleIds", "not a role of the workspace")
	}
	teams, err := o.teamsNamed(body, workspace)
	if err != nil {
		return nil, err
	}
	if err := s.room(o, text(fields["email"])); err != nil {
		return nil, err
	}
	p := s.add(o, fields)
	p.roles[workspace], p.invited = roles, body["sendInvitation"] == true
	for _, t := range teams {
		t.take(p)
	}
	return about{person: p, body: p.row()}, nil
}

// room refuses a new person with a taken e-mail, or without a free seat.
func (s *Sim) room(o *organisation, email string) error {
	if _, taken := o.byEmail[fold(email)]; taken {
		return conflict("User already exists")
	}
	if s.knobs.UserCredit != nil && o.seats() >= *s.knobs.UserCredit {
		return refusal{status: http.StatusPaymentRequired, title: "Quota exceeded", detail: "userCredit"}
	}
	return nil
}

// replacePerson takes the whole person: what is left out is emptied. Roles and teams are ignored.
func (s *Sim) replacePerson(o *organisation, r *http.Request) (any, error) {
	p, err := o.person(r)
	if err != nil {
		return nil, err
	}
	if p.anonymised {
		return nil, missing("user")
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	fields, err := readPerson(body)
	if err != nil {
		return nil, err
	}
	if err := s.change(o, p, fields); err != nil {
		return nil, err
	}
	return about{person: p, body: p.row()}, nil
}

// change puts the fields in the place of the person's own.
func (s *Sim) change(o *organisation, p *person, fields map[string]any) error {
	email := fold(text(fields["email"]))
	if holder, taken := o.byEmail[email]; taken && holder != p.id {
		return conflict("User already exists")
	}
	delete(o.byEmail, fold(p.email()))
	o.byEmail[email] = p.id
	p.fields, p.changed = fields, s.now()
	return nil
}

func (s *Sim) deletePerson(o *organisation, r *http.Request) (any, error) {
	p, err := o.person(r)
	if err != nil {
		return nil, err
	}
	if o.lastOwner(p) {
		return nil, refusal{status: http.StatusForbidden, title: "Forbidden", detail: "the last owner cannot be removed"}
	}
	row := p.row()
	if s.knobs.Delete == deleteAnonymises {
		o.anonymise(p)
	}
	delete(o.byEmail, fold(p.email()))
	for _, t := range p.teams {
		t.drop(p)
	}
	p.detached, p.roles = true, map[int64][]int64{}
	return row, nil
}

// aboutPerson is {id}/anonymize or resetpassword/{id}, which one pattern has to serve.
func (s *Sim) aboutPerson(o *organisation, r *http.Request) (any, error) {
	first, second := r.PathValue("id"), r.PathValue("call")
	switch {
	case first == "resetpassword":
		r.SetPathValue("id", second)
		return s.resetPassword(o, r)
	case second == "anonymize":
		return s.licensed(s.anonymisePerson)(o, r)
	default:
		return nil, missing("page")
	}
}

func (s *Sim) anonymisePerson(o *organisation, r *http.Request) (any, error) {
	p, err := o.person(r)
	if err != nil {
		return nil, err
	}
	if o.lastOwner(p) {
		return nil, refusal{status: http.StatusForbidden, title: "Forbidden", detail: "the last owner cannot be anonymised"}
	}
	o.anonymise(p)
	return about{status: http.StatusNoContent}, nil
}

func (s *Sim) resetPassword(o *organisation, r *http.Request) (any, error) {
	p, err := o.person(r)
	if err == nil && p.anonymised {
		err = missing("user")
	}
	return nil, err
}
