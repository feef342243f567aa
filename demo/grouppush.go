package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// membersPerPatch is how many members one PATCH adds or removes.
const membersPerPatch = 500

// Groups pushes the groups that are not as pushed before, as Entra does: the group first, without
// members, and then who is in it, by differences.
func (pr *Provider) Groups(ctx context.Context, groups []Group) error {
	for _, g := range groups {
		if err := pr.group(ctx, g); err != nil {
			return fmt.Errorf("demo: push group %s: %w", g.Name, err)
		}
	}
	return nil
}

func (pr *Provider) group(ctx context.Context, g Group) error {
	before := pr.groups[g.ID]
	if before.scim == "" {
		id, err := pr.client.findGroup(ctx, g.Name)
		if err == nil && id == "" {
			id, err = pr.client.createGroup(ctx, g)
		}
		if err != nil {
			return err
		}
		before.scim = id
	}
	come, leave := missing(g.Members, before.members), pr.living(missing(before.members, g.Members))
	for _, step := range []struct {
		op     string
		people []string
	}{{"Add", come}, {"Remove", leave}} {
		for part := range slices.Chunk(step.people, membersPerPatch) {
			if err := pr.client.editGroup(ctx, before.scim, step.op, pr.references(part)); err != nil {
				return err
			}
		}
	}
	before.members = g.Members
	pr.groups[g.ID] = before
	return nil
}

// pushedGroup is a group as the tenant last accepted it.
type pushedGroup struct {
	scim    string // its id there
	members []string
}

// missing are those of the one list that the other lacks.
func missing(of, in []string) (lacking []string) {
	there := make(map[string]bool, len(in))
	for _, id := range in {
		there[id] = true
	}
	return slices.DeleteFunc(slices.Clone(of), func(id string) bool { return there[id] })
}

// living leaves out whom the tenant has deleted, and with them their memberships.
func (pr *Provider) living(people []string) []string {
	return slices.DeleteFunc(people, func(id string) bool { p, _ := pr.known(id); return p.Gone })
}

func (pr *Provider) references(people []string) (members []any) {
	for _, id := range people {
		members = append(members, object{"value": pr.anchor(id)})
	}
	return members
}

func (c *Client) findGroup(ctx context.Context, name string) (string, error) {
	filter := `displayName eq "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	var page struct {
		Resources []struct {
			ID string `json:"id"`
		} `json:"Resources"`
	}
	query := strings.ReplaceAll(url.QueryEscape(filter), "+", "%20") + "&excludedAttributes=members"
	if err := c.call(ctx, http.MethodGet, "/Groups?filter="+query, nil, http.StatusOK, &page); err != nil || len(page.Resources) == 0 {
		return "", err
	}
	return page.Resources[0].ID, nil
}

func (c *Client) createGroup(ctx context.Context, g Group) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	err := c.call(ctx, http.MethodPost, "/Groups", object{"schemas": []string{groupURN}, "externalId": g.ID, "displayName": g.Name,
		"members": []any{}}, http.StatusCreated, &made)
	if err == nil && made.ID == "" {
		err = fmt.Errorf("the answer to POST /Groups has no id")
	}
	return made.ID, err
}

func (c *Client) editGroup(ctx context.Context, id, op string, members []any) error {
	return c.call(ctx, http.MethodPatch, "/Groups/"+id, object{"schemas": []string{patchURN},
		"Operations": []any{object{"op": op, "path": "members", "value": members}}}, http.StatusOK, nil)
}
