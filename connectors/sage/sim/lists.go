package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// page is one page of a list; it answers as a bare array.
type page struct {
	rows   []map[string]any
	number int
	next   int // 0 on the last page
}

// MarshalJSON implements json.Marshaler.
func (p page) MarshalJSON() ([]byte, error) {
	if p.rows == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(p.rows)
}

func (s *Sim) listUsers(c *customer, r *http.Request) (any, error) {
	condition, err := parseWhere(r.URL.Query().Get("where"))
	if err != nil {
		return nil, refusal{http.StatusBadRequest, "Bad Request", 901}
	}
	lag, now := time.Duration(s.knobs.SearchLag), s.now()
	ids := c.order
	if email, ok := condition.email(); ok && lag == 0 {
		ids = nil
		if id, there := c.byEmail[fold(email)]; there {
			ids = []int64{id}
		}
	}
	var rows []map[string]any
	for _, id := range ids {
		u := c.users[id]
		if row, there := u.past.Seen(u.created, now.Add(-lag), u.row()); there && condition.matches(row) {
			rows = append(rows, row)
		}
	}
	return s.paged(rows, r)
}

func (s *Sim) listOf(list func() []map[string]any) func(*customer, *http.Request) (any, error) {
	return func(_ *customer, r *http.Request) (any, error) { return s.paged(list(), r) }
}

func oneOf(list func() []map[string]any) func(*customer, *http.Request) (any, error) {
	return func(_ *customer, r *http.Request) (any, error) {
		id, err := idOf(r)
		if err != nil {
			return nil, err
		}
		for _, entry := range list() {
			if entry["id"] == id {
				return entry, nil
			}
		}
		return nil, bad("")
	}
}

func (s *Sim) roleUsers(c *customer, r *http.Request) (any, error) {
	role, err := oneOf(roles)(c, r)
	if err != nil {
		return nil, err
	}
	id, _ := role.(map[string]any)["id"].(int64)
	var rows []map[string]any
	for _, user := range c.order {
		if u := c.users[user]; slices.Contains(u.roles, id) {
			rows = append(rows, u.row())
		}
	}
	return s.paged(rows, r)
}

// paged cuts a page out of the rows. There is no snapshot and no total.
func (s *Sim) paged(rows []map[string]any, r *http.Request) (any, error) {
	query := r.URL.Query()
	if field := query.Get("order"); field != "" {
		slices.SortStableFunc(rows, func(a, b map[string]any) int { return compare(b[field], a[field]) })
	}
	size, err := s.size(r)
	if err != nil {
		return nil, err
	}
	number := 0
	if asked := query.Get("page"); asked != "" {
		if number, err = strconv.Atoi(asked); err != nil || number < 0 {
			return nil, bad("")
		}
	}
	from := number * size
	if s.knobs.DuplicateRows {
		from -= number
	}
	from = min(from, len(rows))
	to := min(from+size, len(rows))
	p := page{rows: rows[from:to], number: number}
	if to < len(rows) {
		p.next = number + 1
	}
	return p, nil
}

// size reads the page size from either header: 50 by default, and 100 when neither size nor
// page is sent, as one page of the documentation says. More than 100 gives 100. ASSUMED.
func (s *Sim) size(r *http.Request) (int, error) {
	asked := cmp.Or(r.Header.Get("X-FM-Entity-Count"), r.Header.Get("Count"))
	switch {
	case s.knobs.IgnoreCount, asked == "" && r.URL.Query().Get("page") == "":
		return 100, nil
	case asked == "":
		return 50, nil
	}
	size, err := strconv.Atoi(asked)
	if err != nil || size < 1 {
		return 0, bad("")
	}
	return min(size, 100), nil
}

// compare orders two values of one field.
func compare(a, b any) int {
	x, isNumber := a.(int64)
	y, both := b.(int64)
	if isNumber && both {
		return cmp.Compare(x, y)
	}
	return strings.Compare(fold(fmt.Sprint(a)), fold(fmt.Sprint(b)))
}
