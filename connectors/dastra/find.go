package dastra

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// Find implements connectors.Connector. People are always read over REST, whatever the mode, so
// that ids are those which roles and teams go by.
func (c *connector) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	if want.Type == scim.TypeGroup {
		return c.findTeam(ctx, want)
	}
	hidden := connectors.Private(connectors.Remote{}, want)
	if want.VendorID != "" {
		return c.findByID(ctx, want.VendorID, hidden)
	}
	if want.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "there is no e-mail to look for")
	}
	return c.findByEmail(ctx, want.Key, hidden)
}

func (c *connector) findByID(ctx context.Context, id string, hidden []string) (connectors.Remote, error) {
	person, err := c.person(ctx, id, hidden)
	if err != nil {
		return connectors.Remote{}, err
	}
	return c.withRoles(ctx, person)
}

// findByEmail asks for the e-mail and compares again: the vendor's filter is not trusted to be
// exact.
func (c *connector) findByEmail(ctx context.Context, email string, hidden []string) (connectors.Remote, error) {
	people, err := c.all(ctx, search{usersPath, equal("email", email), searchSize, hidden}, func(r row) bool {
		return connectors.SameText(r["email"], email)
	})
	switch {
	case err != nil:
		return connectors.Remote{}, err
	case len(people) == 0:
		return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "Dastra has nobody with this e-mail")
	case len(people) > 1:
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous, "Dastra has %d people with this e-mail", len(people))
	default:
		return c.withRoles(ctx, people[0])
	}
}

// person reads one person. Whoever was anonymised is nobody any more.
func (c *connector) person(ctx context.Context, id string, hidden []string) (row, error) {
	answer, err := c.do(ctx, rest.Call{Method: http.MethodGet, Path: userPath, Params: map[string]string{"id": id}, Private: hidden})
	if err != nil {
		return nil, err
	}
	var person row
	if err := answer.Decode(&person); err != nil {
		return nil, err
	}
	if connectors.TextOf(person["id"]) != id {
		return nil, connectors.Faultf(connectors.Nonsense, "Dastra answered with another person than asked for")
	}
	if isAnonymous(person) {
		return nil, connectors.Faultf(connectors.NotFound, "the person was anonymised in Dastra")
	}
	return person, nil
}

// isAnonymous recognises who was anonymised: no e-mail is left. ASSUMED.
func isAnonymous(person row) bool {
	email, _ := person["email"].(string)
	return strings.TrimSpace(email) == ""
}

// withRoles completes a person by the roles in the workspace.
func (c *connector) withRoles(ctx context.Context, person row) (connectors.Remote, error) {
	roles, err := c.roles(ctx, connectors.TextOf(person["id"]))
	if err != nil {
		return connectors.Remote{}, err
	}
	return c.remote(person, roles), nil
}

// List implements connectors.Lister. Somebody may come twice when people are taken out while the
// list is read; who was anonymised is left out.
func (c *connector) List(ctx context.Context, cursor string) (connectors.Page, error) {
	at, err := parsePlace(cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	p, err := c.page(ctx, search{path: usersPath, size: listSize}, at.number)
	if err != nil {
		return connectors.Page{}, err
	}
	roles, err := c.rolesOf(ctx, p.Items)
	if err != nil {
		return connectors.Page{}, err
	}
	var listed connectors.Page
	for _, person := range p.Items {
		if !isAnonymous(person) {
			listed.Accounts = append(listed.Accounts, c.remote(person, roles[connectors.TextOf(person["id"])]))
		}
	}
	if next, more := at.after(p, listSize); more {
		listed.Next = strconv.Itoa(next.number) + ":" + strconv.Itoa(next.total)
	}
	return listed, nil
}

func parsePlace(cursor string) (place, error) {
	if cursor == "" {
		return place{number: 1}, nil
	}
	page, total, _ := strings.Cut(cursor, ":")
	number, err := strconv.Atoi(page)
	before, errTotal := strconv.Atoi(total)
	if err != nil || errTotal != nil || number < 1 {
		return place{}, connectors.Faultf(connectors.Internal, "the cursor is none of this list")
	}
	return place{number, before}, nil
}
