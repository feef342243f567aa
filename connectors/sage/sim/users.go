package sim

import (
	"maps"
	"net/http"
	"strconv"
	"time"
)

// created is the answer to a create.
type created struct {
	Message string `json:"Message"`
	ID      int64  `json:"id"`
	email   string
}

type done struct {
	Message string `json:"Message"`
	ID      int64  `json:"id"`
}

func idOf(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, bad("")
	}
	return id, nil
}

func (c *customer) user(r *http.Request) (*user, error) {
	id, err := idOf(r)
	if err != nil {
		return nil, err
	}
	u := c.users[id]
	if u == nil {
		return nil, bad("")
	}
	return u, nil
}

func (s *Sim) createUser(c *customer, r *http.Request) (any, error) {
	fields, err := readFields(r)
	if err != nil {
		return nil, err
	}
	for name, p := range properties() {
		if _, sent := fields[name]; p.required && !sent {
			return nil, bad("")
		}
	}
	if _, told := fields["isActive"]; !told {
		fields["isActive"] = true
	}
	if err := s.check(c, 0, fields); err != nil {
		return nil, err
	}
	if fields["isActive"] == true && s.full(c) {
		return nil, bad("no licences available")
	}
	s.users++
	u := &user{id: s.users, fields: fields, created: s.now()}
	c.users[u.id] = u
	c.order = append(c.order, u.id)
	c.byEmail[fold(u.email())] = u.id
	return created{"entity created", u.id, u.email()}, nil
}

// full says whether no licence is left.
func (s *Sim) full(c *customer) bool {
	if s.knobs.Licences == nil {
		return false
	}
	used := 0
	for _, u := range c.users {
		if u.active() && u.deleted.IsZero() {
			used++
		}
	}
	return used >= *s.knobs.Licences
}

func (s *Sim) getUser(c *customer, r *http.Request) (any, error) {
	u, err := c.user(r)
	if err != nil {
		return nil, err
	}
	return u.row(), nil
}

func (s *Sim) updateUser(c *customer, r *http.Request) (any, error) {
	u, err := c.user(r)
	if err != nil {
		return nil, err
	}
	fields, err := readFields(r)
	if err != nil {
		return nil, err
	}
	if err := s.check(c, u.id, fields); err != nil {
		return nil, err
	}
	if !u.deleted.IsZero() {
		return nil, bad("")
	}
	if fields["isActive"] == true && !u.active() && s.full(c) {
		return nil, bad("no licences available")
	}
	s.remember(u)
	delete(c.byEmail, fold(u.email()))
	maps.Copy(u.fields, fields)
	c.byEmail[fold(u.email())] = u.id
	u.updated = s.now()
	return done{"entity updated", u.id}, nil
}

func (s *Sim) deleteUser(c *customer, r *http.Request) (any, error) {
	u, err := c.user(r)
	if err != nil {
		return nil, err
	}
	s.remember(u)
	u.deleted = s.now()
	u.fields["isActive"] = false
	return done{"entity deleted", u.id}, nil
}

// remember keeps the row as it was, for lists that lag.
func (s *Sim) remember(u *user) {
	u.past.Keep(u.row(), s.now(), time.Duration(s.knobs.SearchLag))
}
