package sim

import (
	"net/http"
	"slices"

	"scimrelay/connectors/simhost"
)

func (s *Sim) getRoles(c *customer, r *http.Request) (any, error) {
	u, err := c.user(r)
	if err != nil {
		return nil, err
	}
	return s.paged(u.held(), r)
}

func (u *user) held() []map[string]any {
	held := []map[string]any{}
	for _, role := range roles() {
		if id, _ := role["id"].(int64); slices.Contains(u.roles, id) {
			held = append(held, role)
		}
	}
	return held
}

func (s *Sim) addRoles(c *customer, r *http.Request) (any, error) {
	u, ids, err := c.roleCall(r)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.Contains(u.roles, id) {
			u.roles = append(u.roles, id)
		}
	}
	return u.held(), nil
}

// removeRoles takes all of the roles away or none. ASSUMED.
func (s *Sim) removeRoles(c *customer, r *http.Request) (any, error) {
	u, ids, err := c.roleCall(r)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.Contains(u.roles, id) {
			return nil, bad("")
		}
	}
	u.roles = slices.DeleteFunc(u.roles, func(id int64) bool { return slices.Contains(ids, id) })
	return u.held(), nil
}

func (c *customer) roleCall(r *http.Request) (*user, []int64, error) {
	u, err := c.user(r)
	if err != nil {
		return nil, nil, err
	}
	body, ok := simhost.ReadObject(r)
	if !ok {
		return nil, nil, bad("")
	}
	ids, err := integers(body["rolesId"])
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		if !has(roles(), id) {
			return nil, nil, bad("")
		}
	}
	return u, ids, nil
}
