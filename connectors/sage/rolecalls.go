package sage

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// shown is the account with its roles, where the settings manage some. When Sage does not tell
// them it is found all the same: who has to go must not wait for them, and Update asks again.
func (c *connector) shown(ctx context.Context, have connectors.Remote, hidden []string) connectors.Remote {
	if len(c.defaults.Roles) == 0 {
		return have
	}
	if held, err := c.readRoles(ctx, have.ID, hidden); err == nil {
		have = withRoles(have, held)
	}
	return have
}

// loseRoles takes away what the account holds against the table and says what it lacks.
func (c *connector) loseRoles(ctx context.Context, have connectors.Remote, want connectors.Record, hidden []string) (connectors.Remote, []int64, error) {
	if !c.looksAtRoles(have, want) {
		return have, nil, nil
	}
	if _, known := heldRoles(have); !known {
		held, err := c.readRoles(ctx, have.ID, hidden)
		if err != nil {
			return have, nil, err
		}
		have = withRoles(have, held)
	}
	add, remove := c.defaults.roleChange(have, want)
	if err := c.takeRoles(ctx, have.ID, remove, hidden); err != nil {
		return have, nil, err
	}
	held, _ := heldRoles(have)
	return withRoles(have, changed(held, nil, remove)), add, nil
}

// gainRoles gives what the account lacks.
func (c *connector) gainRoles(ctx context.Context, have connectors.Remote, add []int64, hidden []string) (connectors.Remote, error) {
	if len(add) > 0 {
		if _, err := c.giveRoles(ctx, have.ID, add, hidden); err != nil {
			return have, err
		}
		held, _ := heldRoles(have)
		have = withRoles(have, changed(held, add, nil))
	}
	if _, known := heldRoles(have); known && len(c.defaults.Roles) == 0 {
		c.noteRole(have.ID)
	}
	return have, nil
}

// looksAtRoles says whether an account's roles are read: always where there is a table, else once
// for each user of our own making, whose create may have been cut off before the basic role.
func (c *connector) looksAtRoles(have connectors.Remote, want connectors.Record) bool {
	return len(c.defaults.Roles) > 0 || c.defaults.RoleID > 0 && madeByUs(have, want) && !c.hasRole(have.ID)
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

// readRoles reads the roles the user holds.
func (c *connector) readRoles(ctx context.Context, id string, hidden []string) (held []int64, err error) {
	rows, err := c.rows(ctx, rest.Call{Path: userRolesPath, Params: map[string]string{"id": id}, Private: hidden}, anyRow)
	for _, row := range rows {
		if role, ok := plain(row["id"]).(int64); ok {
			held = append(held, role)
		}
	}
	return held, err
}

// giveRoles adds to what the user holds, so twice is once.
func (c *connector) giveRoles(ctx context.Context, id string, roles []int64, hidden []string) (rest.Answer, error) {
	return c.editRoles(ctx, http.MethodPut, id, roles, hidden)
}

// takeRoles takes roles away. Sage refuses all when the user lacks one of them, which another
// hand may have taken since they were read.
func (c *connector) takeRoles(ctx context.Context, id string, roles []int64, hidden []string) error {
	answer, err := c.editRoles(ctx, http.MethodDelete, id, roles, hidden)
	if !unexplained(answer, err) {
		return err
	}
	held, readErr := c.readRoles(ctx, id, hidden)
	left := slices.DeleteFunc(slices.Clone(roles), func(role int64) bool { return !slices.Contains(held, role) })
	if readErr != nil || len(left) == len(roles) {
		return err
	}
	_, err = c.editRoles(ctx, http.MethodDelete, id, left, hidden)
	return err
}

func (c *connector) editRoles(ctx context.Context, method, id string, roles []int64, hidden []string) (rest.Answer, error) {
	if len(roles) == 0 {
		return rest.Answer{}, nil
	}
	// What was read before is sent, so a repetition after a lost answer starts from a new reading.
	answer, err := c.call(ctx, rest.Call{Method: method, Path: userRolesPath, Idempotent: true,
		Params: map[string]string{"id": id}, Body: map[string]any{"rolesId": roles}, Private: hidden})
	if unexplained(answer, err) {
		fault := *connectors.FaultOf(err)
		fault.Detail = "Sage refuses to change role " + numbers(roles) + " of the user; a role that it does not have must be " +
			"corrected in defaults.role_id or defaults.roles: " + fault.Detail
		return answer, &fault
	}
	return answer, err
}

func numbers(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(texts, ", ")
}
