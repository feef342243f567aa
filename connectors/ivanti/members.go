package ivanti

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// EditMembers implements connectors.MemberEditor: who leaves first.
func (c *connector) EditMembers(ctx context.Context, group connectors.Remote, add, remove []string) error {
	if err := c.removeMembers(ctx, group, remove); err != nil {
		return err
	}
	_, err := c.members(ctx, group, http.MethodPost, add)
	return err
}

// removeMembers takes people out. Where one of several has no account any more, Ivanti refuses
// all of them: then they are taken out one by one, and who is gone is out already.
func (c *connector) removeMembers(ctx context.Context, group connectors.Remote, ids []string) error {
	answer, err := c.members(ctx, group, http.MethodDelete, ids)
	if !said(answer, err, noUser) || len(ids) < 2 {
		return unlessGone(answer, err)
	}
	for _, id := range ids {
		if err := unlessGone(c.members(ctx, group, http.MethodDelete, []string{id})); err != nil {
			return err
		}
	}
	return nil
}

func unlessGone(answer rest.Answer, err error) error {
	if said(answer, err, noUser) {
		return nil
	}
	return err
}

func (c *connector) members(ctx context.Context, group connectors.Remote, method string, ids []string) (rest.Answer, error) {
	if len(ids) == 0 {
		return rest.Answer{}, nil
	}
	answer, err := c.call(ctx, rest.Call{Method: method, Path: membersPath, Params: map[string]string{"id": group.ID},
		Body: url.Values{"accountIds": ids}, Idempotent: true, Private: []string{group.Key}})
	if connectors.Is(err, connectors.Denied) && answer.Status == http.StatusBadRequest {
		return answer, connectors.Faultf(connectors.Denied,
			"Ivanti lets nobody edit the members of this group: it is not a local one, or a rule decides who is in it. Make it a local group with members chosen by hand, or rename it")
	}
	return answer, err
}

// deleteGroup deletes a group, once it is clear whom that would disable: Ivanti disables the
// members who are in no other group (documented for its SCIM, ASSUMED of this call).
func (c *connector) deleteGroup(ctx context.Context, have connectors.Remote) error {
	if !have.Confirmed {
		n, more, err := c.onlyHere(ctx, have)
		if connectors.Is(err, connectors.NotFound) {
			c.groups.drop(have.Key, have.ID)
			return nil
		}
		if err != nil {
			return err
		}
		if n > c.defaults.GroupDeleteLimit {
			return connectors.Faultf(connectors.Confirm, "deleting the group would disable %s people who are in no other group", count(n, more))
		}
	}
	_, err := c.call(ctx, rest.Call{Method: http.MethodDelete, Path: groupPath, Params: map[string]string{"id": have.ID},
		Idempotent: true, Private: []string{have.Key}})
	if err != nil && !connectors.Is(err, connectors.NotFound) {
		return err
	}
	c.groups.drop(have.Key, have.ID)
	return nil
}

func count(n int, more bool) string {
	if more {
		return "more than " + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// enough is how many more than it may be are counted.
const enough = 1000

// onlyHere counts the enabled members who are in no other group, and says whether there are more
// than it has counted. Whoever does not show their groups counts as in no other one.
func (c *connector) onlyHere(ctx context.Context, group connectors.Remote) (n int, more bool, err error) {
	seen, walk := map[string]bool{}, &load{ids: map[string][]string{}}
	for next := true; next; {
		var page rows
		answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: membersPath, Params: map[string]string{"id": group.ID},
			Query: url.Values{"start": {strconv.Itoa(walk.rows)}, "rows": {strconv.Itoa(groupRows)}}})
		if err == nil {
			err = result(answer, &page)
		}
		if err != nil {
			return 0, false, err
		}
		names := accountKeys(page.Rows)
		next = walk.take(names, page.Total)
		for i, row := range page.Rows {
			if !seen[names[i].id] && row["enabled"] != false && alone(row, group.ID) {
				n++
			}
			seen[names[i].id] = true
		}
		if n > c.defaults.GroupDeleteLimit+enough {
			return n - 1, true, nil
		}
	}
	return n, false, nil
}

func alone(row map[string]any, group string) bool {
	ids, told := row["groupIds"].([]any)
	if !told {
		return true
	}
	for _, id := range ids {
		if connectors.ScalarText(id) != group {
			return false
		}
	}
	return true
}
