package scimtarget

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// replace makes the change with PUT: it reads the resource, changes our parts and writes it back,
// so that what others keep in it survives.
func (c *connector) replace(ctx context.Context, j job) (rest.Answer, error) {
	doc, version, answer, err := c.whole(ctx, j)
	if err != nil {
		return answer, err
	}
	write(doc, j.kind, j.changes)
	if j.active != nil {
		doc[spelled(doc, "active")] = *j.active
	}
	return c.put(ctx, j, doc, version)
}

// whole reads everything of a resource and, where the server has ETags, its version.
func (c *connector) whole(ctx context.Context, j job) (scim.Document, string, rest.Answer, error) {
	doc, answer, err := c.one(ctx, rest.Call{Method: http.MethodGet, Path: j.endpoint + oneSuffix,
		Params: map[string]string{"id": j.have.ID}, Private: j.hidden})
	if err == nil && j.kind == scim.TypeGroup {
		answer, err = c.completeMembers(ctx, j, doc, answer)
	}
	version := ""
	if j.server.etag && err == nil {
		version = cmp.Or(answer.Header.Get("ETag"), connectors.TextOf(get(get(doc, "meta"), "version")))
	}
	return doc, version, answer, err
}

// completeMembers makes sure that a group's members are all in what was read: a PUT would take
// out whom it does not name. There are servers that show members on request only, or never, and
// some that cut them at the length of a page.
func (c *connector) completeMembers(ctx context.Context, j job, doc scim.Document, answer rest.Answer) (rest.Answer, error) {
	if get(doc, "members") == nil {
		shown, again, err := c.one(ctx, rest.Call{Method: http.MethodGet, Path: j.endpoint + oneSuffix, Query: url.Values{"attributes": {"members"}},
			Params: map[string]string{"id": j.have.ID}, Private: j.hidden})
		if err != nil {
			return again, err
		}
		if members := listOf(get(shown, "members")); members != nil {
			doc["members"] = members
		}
	}
	a, _ := j.server.of(place{name: "members"}, scim.TypeGroup)
	members := listOf(get(doc, "members"))
	cut := j.server.maxResults > 0 && len(members) == j.server.maxResults
	if cut || answer.Status == http.StatusPartialContent || len(members) == 0 && strings.EqualFold(a.returned, "never") {
		return answer, connectors.Faultf(connectors.Denied,
			"the group is not written: the server takes it only as a whole, and may have shown a part of its members")
	}
	return answer, nil
}

// put writes the resource back, unless somebody was faster.
func (c *connector) put(ctx context.Context, j job, doc scim.Document, version string) (rest.Answer, error) {
	delete(doc, spelled(doc, "meta"))
	if j.kind != scim.TypeGroup {
		delete(doc, spelled(doc, "groups"))
	}
	call := rest.Call{Method: http.MethodPut, Path: j.endpoint + oneSuffix, Idempotent: true,
		Params: map[string]string{"id": j.have.ID}, Body: doc, Private: j.hidden}
	if version != "" {
		call.Header = http.Header{"If-Match": {version}}
	}
	return c.call(ctx, call)
}
