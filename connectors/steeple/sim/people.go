package sim

import (
	"fmt"
	"maps"
	"net/http"

	"github.com/google/uuid"

	"scimrelay/connectors/simhost"
)

func (s *Sim) listPeople(o *organisation, r *http.Request) (answer, error) {
	query := r.URL.Query()
	matches := func(p *person) bool {
		if s.knobs.FilterIgnored {
			return true
		}
		for _, name := range []string{"email", "registration_number"} {
			if want := query.Get(name); want != "" && fold(p.text(name)) != fold(want) {
				return false
			}
		}
		want := query.Get("status")
		return want == "" || want == p.status
	}
	var rows []any
	for _, p := range o.order {
		if !p.removed && matches(p) {
			rows = append(rows, p.row(s.read(p)))
		}
	}
	return s.page(rows, r)
}

func (s *Sim) getPerson(o *organisation, r *http.Request) (answer, error) {
	p, err := o.member(r.PathValue("user"))
	if err != nil {
		return answer{}, err
	}
	return data(http.StatusOK, p, p.row(s.read(p))), nil
}

// createPerson finds or creates by e-mail. Who is found comes back with the profile of then.
func (s *Sim) createPerson(o *organisation, r *http.Request) (answer, error) {
	fields, err := body(r)
	if err != nil {
		return answer{}, err
	}
	role, communities, invite, err := admission(fields)
	if err != nil {
		return answer{}, err
	}
	email, _ := fields["email"].(string)
	p, status := o.withEmail(email), http.StatusOK
	if p != nil && !p.removed && !s.knobs.Upsert {
		return answer{}, refusal{http.StatusConflict, "email_taken", "email", "the e-mail is taken"}
	}
	if err := s.check(o, p, fields); err != nil {
		return answer{}, err
	}
	if p == nil {
		if err := s.complete(fields); err != nil {
			return answer{}, err
		}
		p, status = s.newPerson(fields, invite), http.StatusCreated
		o.people[p.id], o.order = p, append(o.order, p)
	}
	p.removed, p.postsTo = false, ""
	s.set(p, func(roles map[string]string) {
		for _, id := range communities {
			roles[id] = role
		}
	})
	return data(status, p, p.row(p.roles)), nil
}

func (s *Sim) newPerson(fields map[string]any, invite bool) *person {
	s.people++
	p := &person{id: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, s.people)).String(), fields: fields, status: "active", invitation: "pending"}
	if invite {
		p.status, p.invitation = "invited", "sent"
	}
	return p
}

// admission takes out of the body of a create what is not profile.
func admission(fields map[string]any) (role string, ids []string, invite bool, err error) {
	role, invite = "member", false
	if value, told := fields["role"]; told {
		if role, _ = value.(string); !isRole(role) {
			return "", nil, false, invalid("role", "want member or administrator")
		}
	}
	if value, told := fields["send_invitation"]; told {
		var ok bool
		if invite, ok = value.(bool); !ok {
			return "", nil, false, invalid("send_invitation", "want true or false")
		}
	}
	if value, told := fields["community_ids"]; told {
		if ids, err = manualOnes(value); err != nil {
			return "", nil, false, err
		}
	}
	for _, name := range []string{"role", "send_invitation", "community_ids"} {
		delete(fields, name)
	}
	return role, ids, invite, nil
}

func (s *Sim) updatePerson(o *organisation, r *http.Request) (answer, error) {
	p, err := o.member(r.PathValue("user"))
	if err != nil {
		return answer{}, err
	}
	fields, err := body(r)
	if err != nil {
		return answer{}, err
	}
	if p.ownEmail {
		delete(fields, "email")
	}
	if err := s.check(o, p, fields); err != nil {
		return answer{}, err
	}
	maps.Copy(p.fields, fields)
	return data(http.StatusOK, p, p.row(s.read(p))), nil
}

func (s *Sim) removePerson(o *organisation, r *http.Request) (answer, error) {
	p, err := s.mayGo(o, r)
	if err != nil {
		return answer{}, err
	}
	if heir := r.URL.Query().Get("transfer_posts_to"); heir != "" {
		to, err := o.member(heir)
		if err != nil || to == p {
			return answer{}, invalid("transfer_posts_to", "want the id of another user")
		}
		p.postsTo = to.id
	}
	p.removed, p.past, p.roles = true, simhost.Past[map[string]string]{}, nil
	return answer{http.StatusNoContent, p, nil}, nil
}

// mayGo is the person of the path, unless the token is that person's own.
func (s *Sim) mayGo(o *organisation, r *http.Request) (*person, error) {
	p, err := o.member(r.PathValue("user"))
	if err == nil && fold(p.text("email")) == fold(s.knobs.TokenUser) {
		err = refusal{http.StatusForbidden, "own_user", "", "nobody can remove himself"}
	}
	return p, err
}

func (s *Sim) suspend(o *organisation, r *http.Request) (answer, error) {
	p, err := s.mayGo(o, r)
	if err == nil && p.status == "suspended" {
		err = refusal{http.StatusConflict, "wrong_state", "", "the user is suspended"}
	}
	if err != nil {
		return answer{}, err
	}
	p.before, p.status = p.status, "suspended"
	return data(http.StatusOK, p, p.row(s.read(p))), nil
}

func (s *Sim) restore(o *organisation, r *http.Request) (answer, error) {
	p, err := o.member(r.PathValue("user"))
	if err == nil && p.status != "suspended" {
		err = refusal{http.StatusConflict, "wrong_state", "", "the user is not suspended"}
	}
	if err != nil {
		return answer{}, err
	}
	p.status = p.before
	return data(http.StatusOK, p, p.row(s.read(p))), nil
}
