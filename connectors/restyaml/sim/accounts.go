package sim

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

func (a *account) text(name string) string {
	text, _ := a.native[name].(string)
	return text
}

// listed are the accounts as lists show them, in the order of their ids.
func (s *Sim) listed(c *customer, keep func(native map[string]any) bool) (rows []map[string]any) {
	at := s.now().Add(-time.Duration(s.knobs.SearchLag))
	for _, id := range c.order {
		a := c.accounts[id]
		if a == nil {
			continue
		}
		if native, there := a.past.Seen(a.created, at, a.native); there && keep(native) {
			rows = append(rows, clone(native))
		}
	}
	return rows
}

// remember keeps the account as it was, for lists that lag.
func (s *Sim) remember(a *account) {
	a.past.Keep(clone(a.native), s.now(), time.Duration(s.knobs.SearchLag))
}

// add makes an account of the native object.
func (s *Sim) add(c *customer, native map[string]any) *account {
	s.last++
	a := &account{id: s.last, native: native, created: s.now()}
	native["id"] = a.id
	c.accounts[a.id] = a
	c.order = append(c.order, a.id)
	return a
}

// taken says whether another account has the text in the field, letter case aside.
func (c *customer) taken(field, text string, id int64) bool {
	for _, a := range c.accounts {
		if a.id != id && text != "" && strings.EqualFold(a.text(field), text) {
			return true
		}
	}
	return false
}

// full says whether no seat is left for one more of the accounts that take one.
func (s *Sim) full(c *customer, takes func(a *account) bool) bool {
	if s.knobs.Seats == nil {
		return false
	}
	used := 0
	for _, a := range c.accounts {
		if takes(a) {
			used++
		}
	}
	return used >= *s.knobs.Seats
}

// window cuts a page out of the rows.
func window(rows []map[string]any, from, size int) []map[string]any {
	from = min(max(from, 0), len(rows))
	page := rows[from:min(from+size, len(rows))]
	if page == nil {
		return []map[string]any{}
	}
	return page
}

// number reads a number of the query.
func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// pageSize is what was asked for, at most as much as is allowed.
func (s *Sim) pageSize(asked int) int {
	most := 100
	if s.knobs.MaxPageSize > 0 {
		most = min(most, s.knobs.MaxPageSize)
	}
	return min(asked, most)
}

// address is where the request went, with another query. The host has taken its own prefix off
// the path, but not off what the caller wrote.
func address(r *http.Request, query string) string {
	at, _, _ := strings.Cut(r.RequestURI, "?")
	return "http://" + r.Host + at + "?" + query
}

func clone(native map[string]any) map[string]any {
	copied := make(map[string]any, len(native))
	for name, value := range native {
		if inner, ok := value.(map[string]any); ok {
			value = clone(inner)
		}
		copied[name] = value
	}
	return copied
}
