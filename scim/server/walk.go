package server

import (
	"context"
	"errors"
	"slices"
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/store"
)

// from is where the page begins: behind a place, or after so many resources from the start.
type from struct {
	at    place
	known bool
	skip  int
}

// from reads the beginning of the page out of the cursor, the trail or the index.
func (h *hunt) from() (from, error) {
	if h.cursored {
		return h.fromCursor()
	}
	if h.start > 1 {
		if at, ok := h.trail.before(h.walk, h.start, h.size, h.Now()); ok {
			return from{at: at, known: true}, nil
		}
	}
	return from{skip: h.start - 1}, nil
}

// everything is a page of all resources of the types, one type after the other, in the order
// of their ids, which is the order in which they were made.
func (h *hunt) everything(f from) (found, error) {
	counts := make([]int, len(h.kinds))
	total := 0
	for i, w := range h.kinds {
		n, err := h.Finder.Count(h.request, h.tenant, w.kind.Name)
		if err != nil {
			return found{}, err
		}
		counts[i], total = n, total+n
	}
	page := found{total: total}
	if h.size == 0 {
		return page, nil
	}
	first := h.first(f)
	for i, w := range h.kinds[first:] {
		if !f.known && f.skip >= counts[first+i] {
			f.skip -= counts[first+i]
			continue
		}
		batch, err := h.next(w, f, h.size+1-len(page.list))
		if err != nil {
			return found{}, err
		}
		page.list, f = append(page.list, batch...), from{}
		if len(page.list) > h.size {
			break
		}
	}
	return h.cut(page), nil
}

// first is the type in which the page begins.
func (h *hunt) first(f from) int {
	return max(0, slices.IndexFunc(h.kinds, func(w sought) bool { return f.known && w.kind.Name == f.at.kind }))
}

// next reads resources of one type from the beginning of the page on.
func (h *hunt) next(w sought, f from, n int) ([]scim.Resource, error) {
	if f.skip > 0 {
		batch, _, err := h.Finder.List(h.request, h.tenant, w.kind.Name, f.skip, n)
		return batch, err
	}
	return h.Finder.After(h.request, h.tenant, w.kind.Name, f.at.id, n)
}

// cut takes the page out of what was read, one resource more than asked for if there is one.
func (h *hunt) cut(page found) found {
	if len(page.list) > h.size {
		page.list, page.more = page.list[:h.size], true
	}
	return h.walked(page)
}

// walked keeps a total that was counted while others deleted from ending a client's walk too
// early: as long as there is more, it says so.
func (h *hunt) walked(page found) found {
	if seen := h.start - 1 + len(page.list); page.more && !h.cursored && len(page.list) > 0 && page.total <= seen {
		page.total = seen + 1
	}
	return page
}

// matching is a page of what a filter matches, in the order of everything.
func (h *hunt) matching(f from) (found, error) {
	m := &matches{hunt: h, from: f}
	first := h.first(f)
	for i, w := range h.kinds {
		if h.cursored && i < first {
			continue
		}
		m.behind, m.ahead = !f.known || i > first, f.known && i < first
		after := ""
		if h.cursored && i == first {
			after = f.at.id
		}
		if err := h.look(w, after, m.add); err != nil && !errors.Is(err, errEnough) {
			return found{}, err
		}
		if m.enough() {
			break
		}
	}
	page := h.cut(found{list: m.list, total: m.total})
	if m.early {
		page.total = -1
	}
	return page, nil
}

// errEnough ends a scan that has found what was asked for.
var errEnough = errors.New("enough")

// matches gathers the page of what matches, and counts the rest.
type matches struct {
	*hunt
	from   from
	behind bool // the place where the page begins is in an earlier type, or at the very start
	ahead  bool // it is in a later one
	list   []scim.Resource
	total  int
	early  bool // the count stopped with the page
}

func (m *matches) add(res scim.Resource, _ *filter.Subject) error {
	m.total++
	switch {
	case m.ahead || !m.behind && res.ID <= m.from.at.id:
	case !m.from.known && m.total <= m.from.skip:
	case len(m.list) <= m.size:
		m.list = append(m.list, res)
	}
	if m.enough() {
		m.early = true
		return errEnough
	}
	return nil
}

// enough reports that nothing more has to be looked at: the page of a cursor is not counted.
func (m *matches) enough() bool { return m.cursored && m.size > 0 && len(m.list) > m.size }

// look calls each for every resource of the type that matches, in the order of their ids: those
// that an index knows, else all of them behind after.
func (h *hunt) look(w sought, after string, each func(scim.Resource, *filter.Subject) error) error {
	if w.filter != nil {
		if field, value, ok := indexed(w.kind.Name, w.filter.Equalities()); ok {
			candidates, err := h.candidates(w, field, value)
			if err != nil {
				return err
			}
			if len(candidates) < scanStep { // with more, the index has not told them all
				return h.examine(w, candidates, each)
			}
		}
	}
	return h.scan(w, after, each)
}

// candidates are those that the index knows under the value, in the order of their ids.
func (h *hunt) candidates(w sought, field store.Field, value string) ([]scim.Resource, error) {
	list, err := h.Finder.Find(h.request, h.tenant, w.kind.Name, field, value)
	if err != nil || field != store.ByWorkMail {
		return list, err
	}
	others, err := h.Finder.Find(h.request, h.tenant, w.kind.Name, field, severalMails)
	list = append(list, others...)
	slices.SortFunc(list, func(a, b scim.Resource) int { return strings.Compare(a.ID, b.ID) })
	return list, err
}

// index is which field of the store answers an equality of the type, best first.
func index(kind string) []struct {
	attribute string
	field     store.Field
} {
	name := filter.UserName
	if kind == scim.TypeGroup {
		name = filter.DisplayName
	}
	return []struct {
		attribute string
		field     store.Field
	}{
		{filter.ID, store.ByID}, {name, store.ByName}, {filter.ExternalID, store.ByExternalID}, {filter.WorkMail, store.ByWorkMail},
		{filter.ByMember, store.ByMember}, {filter.ByGroup, store.ByGroup},
	}
}

// indexed chooses the equality that leaves the fewest candidates.
func indexed(kind string, equalities []filter.Equality) (store.Field, string, bool) {
	for _, choice := range index(kind) {
		for _, e := range equalities {
			if e.Attribute == choice.attribute && e.Value != "" {
				return choice.field, e.Value, true
			}
		}
	}
	return "", "", false
}

// scanStep is how many resources a scan reads at once; the request's time bounds the whole.
const scanStep = 500

// scan looks at all of the type behind the id.
func (h *hunt) scan(w sought, after string, each func(scim.Resource, *filter.Subject) error) error {
	for {
		batch, err := h.Finder.After(h.request, h.tenant, w.kind.Name, after, scanStep)
		if err != nil {
			return err
		}
		if err := h.examine(w, batch, each); err != nil || len(batch) < scanStep {
			return err
		}
		after = batch[len(batch)-1].ID
	}
}

// broad is after how many resources it is the search that took the time, and not the store.
const broad = 10_000

// tooBroad gives a search that ran out of time its name: asking the same again would not help,
// as a 503 promises (RFC 7644 section 3.4.2.1).
func (h *hunt) tooBroad(err error) error {
	if h.examined > broad && errors.Is(h.request.Err(), context.DeadlineExceeded) {
		return scim.BadRequest(scim.TypeTooMany, "the search looks at too many resources: ask for userName, externalId or the work mail with eq")
	}
	return err
}
