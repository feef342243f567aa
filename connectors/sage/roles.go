package sage

import (
	"context"
	"net/http"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// assignRole gives the user the basic role. PUT adds to the set, so twice is once.
func (c *connector) assignRole(ctx context.Context, id string) error {
	if c.defaults.RoleID > 0 {
		if _, err := c.call(ctx, rest.Call{Method: http.MethodPut, Path: userRolesPath, Idempotent: true,
			Params: map[string]string{"id": id}, Body: map[string]any{"rolesId": []int64{c.defaults.RoleID}}}); err != nil {
			return err
		}
	}
	c.noteRole(id)
	return nil
}

// repairRole gives the basic role to a user of our own making who has none at all: a create
// was cut off between the two calls.
func (c *connector) repairRole(ctx context.Context, have connectors.Remote, want connectors.Record) error {
	if c.defaults.RoleID <= 0 || !madeByUs(have, want) || c.hasRole(have.ID) {
		return nil
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: userRolesPath, Params: map[string]string{"id": have.ID}})
	if err != nil {
		return err
	}
	var roles []any
	if err := answer.Decode(&roles); err != nil {
		return err
	}
	if len(roles) == 0 {
		return c.assignRole(ctx, have.ID)
	}
	c.noteRole(have.ID)
	return nil
}

func (c *connector) noteRole(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.roled == nil {
		c.roled = map[string]bool{}
	}
	c.roled[id] = true
}

func (c *connector) hasRole(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roled[id]
}

// madeByUs says whether the account carries the foreign id that a create of ours gives.
func madeByUs(have connectors.Remote, want connectors.Record) bool {
	mark := want.OnCreate["extId"]
	if mark == nil {
		mark = want.Fields["extId"]
	}
	return mark != nil && have.Fields["extId"] == mark
}
