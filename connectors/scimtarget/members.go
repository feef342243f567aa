package scimtarget

import (
	"context"
	"net/http"
	"slices"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// EditMembers implements connectors.MemberEditor.
func (c *connector) EditMembers(ctx context.Context, group connectors.Remote, add, remove []string) error {
	server, err := c.known(ctx)
	if err != nil {
		return err
	}
	endpoint, err := server.at(scim.TypeGroup)
	if err != nil {
		return err
	}
	j := job{server: server, endpoint: endpoint, kind: scim.TypeGroup, have: group, hidden: connectors.Private(group, connectors.Record{})}
	_, err = c.byEither(server, endpoint, func(method string) (rest.Answer, error) {
		if method == put {
			return c.replaceMembers(ctx, j, add, remove)
		}
		return c.patchMembers(ctx, j, add, remove)
	})
	return err
}

// patchMembers sends as many members at once as the server takes, and half of them when it says
// that these are too many.
func (c *connector) patchMembers(ctx context.Context, j job, add, remove []string) (answer rest.Answer, err error) {
	for len(add)+len(remove) > 0 {
		most := c.membersMost()
		// Whoever leaves goes first: one who cannot be added must keep nobody from losing access.
		leave := remove[:min(most, len(remove))]
		come := add[:min(most-len(leave), len(add))]
		answer, err = c.patch(ctx, j, style(c.defaults.PatchStyle).members(come, leave))
		switch n := len(leave) + len(come); {
		case err == nil:
		case tooMany(answer) && n > 1:
			c.noteMembersMost(n / 2)
			continue
		case !doneBefore(answer):
			return answer, err
		case n > 1:
			if answer, err = c.oneByOne(ctx, j, come, leave); err != nil {
				return answer, err
			}
		}
		remove, add = remove[len(leave):], add[len(come):]
	}
	return answer, nil
}

// oneByOne sends members alone. That one is in already, or is not in, is what was wanted.
func (c *connector) oneByOne(ctx context.Context, j job, add, remove []string) (answer rest.Answer, err error) {
	how := style(c.defaults.PatchStyle)
	var calls [][]operation
	for _, id := range remove {
		calls = append(calls, how.members(nil, []string{id}))
	}
	for _, id := range add {
		calls = append(calls, how.members([]string{id}, nil))
	}
	for _, operations := range calls {
		if answer, err = c.patch(ctx, j, operations); err != nil && !doneBefore(answer) {
			return answer, err
		}
	}
	return answer, nil
}

func tooMany(answer rest.Answer) bool {
	return answer.Status == http.StatusRequestEntityTooLarge || errorIn(answer).kind == scim.TypeTooMany
}

// doneBefore says whether a refusal may mean that a member is in already, or is not in. The RFC
// has neither for an error; there are servers that do.
func doneBefore(answer rest.Answer) bool {
	kind := errorIn(answer).kind
	return kind == scim.TypeUniqueness || kind == scim.TypeNoTarget
}

func (c *connector) membersMost() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if most := c.learned.membersMost; most > 0 {
		return most
	}
	return c.defaults.MembersPerRequest
}

func (c *connector) noteMembersMost(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.learned.membersMost = max(n, 1)
}

// replaceMembers writes the whole group back with the members changed, and nothing when that
// changes nothing.
func (c *connector) replaceMembers(ctx context.Context, j job, add, remove []string) (rest.Answer, error) {
	doc, version, answer, err := c.whole(ctx, j)
	if err != nil {
		return answer, err
	}
	members := listOf(get(doc, "members"))
	is := func(id string) func(any) bool {
		return func(member any) bool { return connectors.TextOf(get(member, "value")) == id }
	}
	kept := slices.DeleteFunc(slices.Clone(members), func(member any) bool {
		return slices.Contains(remove, connectors.TextOf(get(member, "value")))
	})
	changed := len(kept) != len(members)
	for _, id := range add {
		if !slices.ContainsFunc(kept, is(id)) {
			kept, changed = append(kept, map[string]any{"value": id}), true
		}
	}
	if !changed {
		return answer, nil
	}
	if kept == nil {
		kept = []any{}
	}
	doc[spelled(doc, "members")] = kept
	return c.put(ctx, j, doc, version)
}
