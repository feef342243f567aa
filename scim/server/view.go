package server

import (
	"context"
	"io"
	"net/http"

	"scimrelay/scim"
	"scimrelay/scim/projection"
	"scimrelay/scim/schema"
	"scimrelay/store"
)

// view shows resources of one type to one request.
type view struct {
	server  *Server
	request *request
	kind    *schema.ResourceType
	shown   projection.Projection
	groups  bool        // a user's groups are shown
	status  bool        // how far the targets are is shown
	members memberParts // what of a group's members is shown
}

// memberParts are the sub-attributes of members that are shown; none of them is none of it.
type memberParts struct{ value, ref, kind bool }

func (p memberParts) any() bool { return p.value || p.ref || p.kind }

func (s *Server) view(r *request, kind *schema.ResourceType, shown projection.Projection) *view {
	v := &view{server: s, request: r, kind: kind, shown: shown}
	v.status = s.Links != nil && !shown.All() && shown.Wants(statusTargets)
	switch kind.Name {
	case scim.TypeUser:
		v.groups = shown.Wants("groups")
	case scim.TypeGroup:
		if shown.Wants("members") {
			v.members = v.parts()
		}
	}
	return v
}

// parts asks the projection what it leaves of a member.
func (v *view) parts() memberParts {
	if v.shown.All() {
		return memberParts{true, true, true}
	}
	sample := v.shown.Apply(scim.Document{"id": "id", "members": []any{scim.Document{"value": "v", "$ref": "r", "type": "t"}}})
	list, _ := sample["members"].([]any)
	if len(list) == 0 {
		return memberParts{}
	}
	member, _ := list[0].(scim.Document)
	return memberParts{member["value"] != nil, member["$ref"] != nil, member["type"] != nil}
}

// picture is one resource ready to be sent, but for a group's members.
type picture struct {
	res      scim.Resource
	location string
	etag     string // without its quotes, empty when the client's profile wants none
	head     []byte // the object without its closing brace
}

// pictures renders resources of the view's type, with what else they show read together.
func (v *view) pictures(ctx context.Context, list []scim.Resource) ([]picture, error) {
	groups, err := v.groupsOf(ctx, list)
	if err != nil {
		return nil, err
	}
	standings, err := v.standings(ctx, list)
	if err != nil {
		return nil, err
	}
	all := make([]picture, len(list))
	for i, res := range list {
		if all[i], err = v.picture(res, groups[res.ID], standings[res.ID]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (v *view) picture(res scim.Resource, groups []membership, standings []store.Standing) (picture, error) {
	p := picture{res: res, location: v.request.base + v.kind.Endpoint + "/" + res.ID}
	if v.request.dialect.Profile.ETags {
		p.etag = entityTag(res, groups)
	}
	if v.shown.All() {
		rendered, err := v.renderGroups(groups)
		p.head = head(res, p.location, p.etag, rendered)
		return p, err
	}
	doc, err := v.server.stored(res)
	if err != nil {
		return p, err
	}
	doc["id"], doc["meta"] = res.ID, meta(res, p.location, p.etag)
	if len(groups) > 0 {
		doc["groups"] = v.groupList(groups)
	}
	if v.status {
		v.tell(doc, res, standings)
	}
	body, err := scim.Encode(v.shown.Apply(doc))
	if err == nil {
		p.head = body[:len(body)-1]
	}
	return p, err
}

// stored decodes what the store holds of a resource.
func (s *Server) stored(res scim.Resource) (scim.Document, error) {
	doc, err := scim.Decode(res.Body, s.Limits.JSON.Stored())
	if err != nil {
		return nil, &scim.Error{Status: http.StatusInternalServerError, Detail: "internal error", Err: err}
	}
	return doc, nil
}

// whole answers with one resource, or with 304 when the client has just this one.
func (s *Server) whole(r *request, status int, res scim.Resource) (reply, error) {
	v := s.view(r, r.kind, r.shown)
	list, err := v.pictures(r, []scim.Resource{res})
	if err != nil {
		return reply{}, err
	}
	p := list[0]
	answer := reply{status: status, location: p.location, wrote: written{res.ID, res.Version}}
	if p.etag != "" {
		answer.etag = weak(p.etag)
	}
	if !v.status && r.unmodified(answer.etag) { // the tag tells nothing of the targets
		return reply{status: http.StatusNotModified, etag: answer.etag}, nil
	}
	if !v.members.any() {
		answer.body = append(p.head, '}')
		return answer, nil
	}
	first, err := s.Groups.Members(r, r.principal.Tenant.ID, res.ID, "", memberStep)
	if err != nil {
		return reply{}, err
	}
	if len(first) < memberStep {
		answer.body = append(v.appendMembers(p.head, first, true), '}')
		return answer, nil
	}
	answer.stream = func(w io.Writer) error { return v.send(r, w, p, first) }
	return answer, nil
}
