package sim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// full says whether no licence is left.
func (s *Sim) full(c *customer) bool { return c.licences >= s.knobs.Licences }

// noLicence is what anybody who needs one is told.
func noLicence() error { return refuse(1402, "No license left", "") }

func (s *Sim) createUser(c *customer, p *parameters) (any, *user, error) {
	p.only(slices.Concat(texts(), numbers(), []string{"assignLicense", "inviteViaEmail"})...)
	fields := p.fields()
	for _, name := range needed() {
		if _, sent := fields[name]; !sent {
			p.wrong(name)
		}
	}
	licensed, _ := p.boolean("assignLicense")
	if invite, sent := p.integer("inviteViaEmail"); sent && invite != 0 && invite != 1 {
		p.wrong("inviteViaEmail")
	}
	if p.err != nil {
		return nil, nil, p.err
	}
	if err := c.check(0, fields); err != nil {
		return nil, nil, err
	}
	if licensed && s.full(c) {
		return nil, nil, noLicence()
	}
	if fields["roleId"] == nil {
		fields["roleId"] = int64(1)
	}
	s.users++
	u := &user{id: s.users, fields: fields, active: true, created: s.now()}
	c.users[u.id] = u
	c.order = append(c.order, u.id)
	c.index(u)
	c.license(u, licensed)
	return map[string]any{"id": u.id}, u, nil
}

func (c *customer) index(u *user) {
	c.byUsername[strings.ToLower(u.text("username"))] = u.id
	c.byEmail[strings.ToLower(u.text("email"))] = u.id
}

// license gives the user a licence or takes it back.
func (c *customer) license(u *user, held bool) {
	switch {
	case held && !u.licensed:
		c.licences++
	case !held && u.licensed:
		c.licences--
	}
	u.licensed = held
}

func (s *Sim) getUser(_ *customer, u *user, _ *parameters) (any, error) { return u.row(), nil }

func (s *Sim) updateUser(c *customer, u *user, p *parameters) (any, error) {
	p.only("id", "changes")
	changes := p.inner("changes")
	if changes.values == nil {
		p.wrong("changes")
	}
	changes.only(slices.Concat(texts(), numbers())...)
	fields := changes.fields()
	for _, err := range []error{p.err, changes.err, c.check(u.id, fields)} {
		if err != nil {
			return nil, err
		}
	}
	s.change(u)
	delete(c.byUsername, strings.ToLower(u.text("username")))
	delete(c.byEmail, strings.ToLower(u.text("email")))
	maps.Copy(u.fields, fields)
	c.index(u)
	return map[string]any{"id": u.id}, nil
}

// change is called before a user changes, and keeps the row as it was for lists that lag.
func (s *Sim) change(u *user) {
	u.past.Keep(u.row(), s.now(), time.Duration(s.knobs.SearchLag))
}

// deactivateUser takes access away and leaves the licence.
func (s *Sim) deactivateUser(_ *customer, u *user, p *parameters) (any, error) {
	p.only("id", "terminationDate")
	ended := u.ended
	if raw, sent := p.values["terminationDate"]; sent && string(raw) != "null" {
		var day string
		if p.read("terminationDate", &day) {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				p.wrong("terminationDate")
			}
			ended = day
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	s.change(u)
	u.active, u.ended = false, ended
	return map[string]any{"id": u.id}, nil
}

// activateUser gives access back. Whoever holds no licence takes a free one.
func (s *Sim) activateUser(c *customer, u *user, p *parameters) (any, error) {
	if p.only("id"); p.err != nil {
		return nil, p.err
	}
	if !u.licensed && s.full(c) {
		return nil, noLicence()
	}
	s.change(u)
	c.license(u, true)
	u.active, u.ended = true, nil
	return map[string]any{"id": u.id}, nil
}

// releaseLicense takes the licence back from a user who is not active: the vendor's FAQ has the
// two steps in this order.
func (s *Sim) releaseLicense(c *customer, u *user, p *parameters) (any, error) {
	if p.only("id"); p.err != nil {
		return nil, p.err
	}
	if u.active {
		return nil, refuse(1422, "The user is active", "active")
	}
	s.change(u)
	c.license(u, false)
	return map[string]any{"id": u.id}, nil
}

func (s *Sim) assignLicense(c *customer, u *user, p *parameters) (any, error) {
	if p.only("id"); p.err != nil {
		return nil, p.err
	}
	if !u.licensed && s.full(c) {
		return nil, noLicence()
	}
	s.change(u)
	c.license(u, true)
	return map[string]any{"id": u.id}, nil
}
