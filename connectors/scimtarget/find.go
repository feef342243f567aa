package scimtarget

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// oneSuffix ends the path of every call about one resource.
const oneSuffix = "/{id}"

// scanMost is how many resources are read to find one by reading all.
const scanMost = 1000

// at is the endpoint of resources of the type, if the server has one.
func (s *server) at(kind string) (string, error) {
	switch {
	case kind != scim.TypeGroup:
		return s.users, nil
	case s.groups == "":
		return "", connectors.Faultf(connectors.Denied, "the server has no groups: it does not list them in %s", typesPath)
	default:
		return s.groups, nil
	}
}

// Find implements connectors.Connector.
func (c *connector) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	hidden := connectors.Private(connectors.Remote{}, want)
	server, err := c.known(ctx)
	if err != nil {
		return connectors.Remote{}, err
	}
	endpoint, err := server.at(want.Type)
	if err != nil {
		return connectors.Remote{}, err
	}
	if want.VendorID != "" {
		doc, _, err := c.get(ctx, endpoint, want.Type, want.VendorID, hidden)
		if err != nil {
			return connectors.Remote{}, err
		}
		return c.remote(doc, want.Type), nil
	}
	if want.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "there is no %s to look for", c.attribute(want.Type))
	}
	found, err := c.search(ctx, server, endpoint, want, hidden)
	switch {
	case err != nil:
		return connectors.Remote{}, err
	case len(found) == 0:
		return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "the server has nobody with this %s", c.attribute(want.Type))
	case len(found) > 1:
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous, "the server has several with this %s", c.attribute(want.Type))
	default:
		return c.remote(found[0], want.Type), nil
	}
}

// get reads one resource. A group's members, who may be many, are left out.
func (c *connector) get(ctx context.Context, endpoint, kind, id string, hidden []string) (scim.Document, rest.Answer, error) {
	call := rest.Call{Method: http.MethodGet, Path: endpoint + oneSuffix, Params: map[string]string{"id": id}, Private: hidden}
	if kind == scim.TypeGroup {
		call.Query = url.Values{"excludedAttributes": {"members"}}
	}
	return c.one(ctx, call)
}

// one reads the resource that the call asks for.
func (c *connector) one(ctx context.Context, call rest.Call) (scim.Document, rest.Answer, error) {
	answer, err := c.call(ctx, call)
	if err != nil {
		return nil, answer, err
	}
	doc, err := documentIn(answer)
	if err != nil {
		return nil, answer, err
	}
	if connectors.TextOf(get(doc, "id")) != call.Params["id"] {
		return nil, answer, connectors.Faultf(connectors.Nonsense, "the server answered with another resource than asked for")
	}
	return doc, answer, nil
}

// attribute is what resources of the type are looked for by.
func (c *connector) attribute(kind string) string {
	switch {
	case kind == scim.TypeGroup:
		return "displayName"
	case c.defaults.Match == byExternalID:
		return "externalId"
	case c.defaults.Match == byEmail:
		return "emails.value"
	default:
		return "userName"
	}
}

// search looks by the match key: with a filter, and by reading all where the server has none or
// refuses it.
func (c *connector) search(ctx context.Context, server *server, endpoint string, want connectors.Record, hidden []string) ([]scim.Document, error) {
	attribute := c.attribute(want.Type)
	list := listing{endpoint: endpoint, server: server, hidden: hidden}
	if want.Type == scim.TypeGroup {
		list.without = "members"
	}
	if c.filters(server, attribute) {
		filtered := list
		filtered.filter = attribute + " eq " + quoted(want.Key)
		found, refused, err := c.collect(ctx, filtered, c.has(attribute, want.Key))
		if !refused {
			return found, err
		}
		c.noteUnfiltered(attribute)
	}
	found, _, err := c.collect(ctx, list, c.has(attribute, want.Key))
	return found, err
}

// has compares on our side what the server was asked to compare.
func (c *connector) has(attribute, key string) func(scim.Document) bool {
	return func(doc scim.Document) bool {
		switch attribute {
		case "emails.value":
			for _, item := range listOf(get(doc, "emails")) {
				if strings.EqualFold(connectors.TextOf(get(item, "value")), key) {
					return true
				}
			}
			return false
		case "externalId":
			return connectors.TextOf(get(doc, attribute)) == key
		case "userName":
			name := connectors.TextOf(get(doc, attribute))
			return name == key || !c.exactNames() && strings.EqualFold(name, key)
		default:
			return strings.EqualFold(connectors.TextOf(get(doc, attribute)), key)
		}
	}
}

// collect goes through the list and keeps what matches. Refused says that the server takes no
// such filter. Whoever is not among more than can be read is not said to be absent.
func (c *connector) collect(ctx context.Context, list listing, match func(scim.Document) bool) (found []scim.Document, refused bool, err error) {
	seen := map[string]bool{}
	pages := connectors.Pages{}
	for read := 0; ; {
		if err := pages.Turn(); err != nil {
			return nil, false, err
		}
		page, err := c.page(ctx, list)
		if err != nil {
			return nil, list.filter != "" && page.refused, err
		}
		for _, doc := range page.rows {
			if id := connectors.TextOf(get(doc, "id")); !seen[id] && match(doc) {
				seen[id] = true
				found = append(found, doc)
			}
		}
		if page.next == "" {
			return found, false, nil
		}
		if read += len(page.rows); read >= scanMost || page.total > scanMost {
			return nil, false, connectors.Faultf(connectors.Denied,
				"the server has no filter that finds this one, and more than %d to look through: it has to support a filter by %s", scanMost, c.defaults.Match)
		}
		list.at = page.next
	}
}

func (c *connector) filters(server *server, attribute string) bool {
	if server.noFilter || attribute == "externalId" && c.defaults.ExternalIDFilter != nil && !*c.defaults.ExternalIDFilter {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.learned.unfiltered[attribute]
}

func (c *connector) noteUnfiltered(attribute string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.learned.unfiltered == nil {
		c.learned.unfiltered = map[string]bool{}
	}
	c.learned.unfiltered[attribute] = true
}
