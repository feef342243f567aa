package server

import (
	"errors"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/order"
	"scimrelay/store"
)

// mostSorted is how many places a sorted search keeps at once to find its page.
const mostSorted = 100_000

// sortedBy reads the order that was asked for, in one type's terms.
func (h *hunt) sortedBy(w *sought) (err error) {
	if w.order, err = order.Parse(w.kind, h.sortBy, h.sortOrder); err != nil {
		return err
	}
	if name := w.order.Unknown(); name != "" {
		h.request.notes = append(h.request.notes, "unknown-sort-attribute:"+name)
	}
	return nil
}

// inOrder is a page of what a search finds, sorted: everything is looked at, the places up to the
// page are kept, and its resources read again (RFC 7644 section 3.4.2.3).
func (h *hunt) inOrder(f from) (found, error) {
	top := order.NewTop[string](h.kinds[0].order, f.skip+1, h.size, mostSorted)
	if f.known {
		key, err := order.ParseKey(f.at.key)
		if err != nil {
			return found{}, err
		}
		top = order.NewAfter[string](h.kinds[0].order, order.Place{Key: key, ID: f.at.id}, h.size)
	}
	for _, w := range h.kinds {
		err := h.look(w, "", func(res scim.Resource, subject *filter.Subject) error {
			return top.Add(w.order.Place(*subject), res.Type)
		})
		if err != nil {
			return found{}, err
		}
	}
	page := found{total: top.Total(), more: top.More()}
	for _, entry := range top.Page() {
		res, err := h.Directory.Get(h.request, h.tenant, entry.Item, entry.ID)
		if errors.Is(err, store.ErrNotFound) { // gone since it was looked at
			continue
		}
		if err != nil {
			return found{}, err
		}
		page.list = append(page.list, res)
		page.keys = append(page.keys, entry.Key.Append(nil))
	}
	return h.walked(page), nil
}
