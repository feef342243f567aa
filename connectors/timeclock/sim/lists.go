package sim

import (
	"strings"
	"time"
)

// Pages of users.list. ASSUMED.
const (
	pageSize    = 100
	maxPageSize = 200
)

// listUsers shows users by id. There is no snapshot: who is made or changed meanwhile shows.
func (s *Sim) listUsers(c *customer, p *parameters) (any, *user, error) {
	p.only("filter", "active", "offset", "limit")
	username, filtered, active := p.filter()
	offset, sent := p.integer("offset")
	if sent && offset < 0 {
		p.wrong("offset")
	}
	limit, sent := p.integer("limit")
	if !sent {
		limit = pageSize
	}
	if limit < 1 || limit > maxPageSize {
		p.wrong("limit")
	}
	if p.err != nil {
		return nil, nil, p.err
	}
	rows := s.rows(c, username, filtered, active)
	limit = min(limit, int64(s.knobs.PageCap))
	total, from := int64(len(rows)), offset
	if s.knobs.DuplicateRows { // one more user stands in front with each page
		total, from = total+offset/limit, offset-offset/limit
	}
	from = min(from, int64(len(rows)))
	items := rows[from:min(from+limit, int64(len(rows)))]
	return map[string]any{"total": total, "items": items}, nil, nil
}

// filter reads whom to list: by username or all, active or not or both.
func (p *parameters) filter() (username string, filtered bool, active *bool) {
	filter := &parameters{}
	if raw, sent := p.values["filter"]; sent && string(raw) != "null" {
		filter = p.inner("filter")
		filter.only("username")
		filtered = filter.read("username", &username)
	}
	if filter.err != nil {
		p.wrong("filter")
	}
	if raw, sent := p.values["active"]; sent && string(raw) != "null" {
		if wanted, ok := p.boolean("active"); ok {
			active = &wanted
		}
	}
	return username, filtered, active
}

func (s *Sim) rows(c *customer, username string, filtered bool, active *bool) []map[string]any {
	lag, ids := time.Duration(s.knobs.SearchLag), c.order
	if filtered && lag == 0 {
		ids = nil
		if id, there := c.byUsername[strings.ToLower(username)]; there {
			ids = []int64{id}
		}
	}
	rows := []map[string]any{}
	for _, id := range ids {
		u := c.users[id]
		row, there := u.past.Seen(u.created, s.now().Add(-lag), u.row())
		if !there {
			continue
		}
		name, _ := row["username"].(string)
		if (!filtered || strings.EqualFold(name, username)) && (active == nil || row["active"] == *active) {
			rows = append(rows, row)
		}
	}
	return rows
}

func (s *Sim) listRoles(_ *customer, p *parameters) (any, *user, error) {
	p.only()
	return map[string]any{"items": roles()}, nil, p.err
}

func (s *Sim) licenses(c *customer, p *parameters) (any, *user, error) {
	p.only()
	return map[string]any{"productId": productID, "total": s.knobs.Licences, "assigned": c.licences,
		"free": max(s.knobs.Licences-c.licences, 0)}, nil, p.err
}
