package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"scimrelay/connectors/simhost"
	"scimrelay/scim"
	"scimrelay/scim/patch"
	"scimrelay/scim/schema"
)

// resource is a user or a group.
type resource struct {
	id      string
	kind    string
	doc     scim.Document // normalised
	members []string
	version int
	created time.Time
	changed time.Time
	past    simhost.Past[scim.Document]
}

func (r *resource) name() string {
	if r.kind == scim.TypeGroup {
		return text(r.doc, "displayName")
	}
	return text(r.doc, "userName")
}

func (r *resource) active() bool { return r.doc["active"] != false }

func (r *resource) etag() string { return fmt.Sprintf(`W/"%d"`, r.version) }

func (r *resource) at() string { return root + "/" + r.kind + "s/" + r.id }

func text(doc scim.Document, name string) string {
	value, _ := doc[name].(string)
	return value
}

func (s *Sim) of(kind string) *schema.ResourceType {
	if kind == scim.TypeGroup {
		return s.club
	}
	return s.user
}

func (c *customer) all(kind string) map[string]*resource {
	if kind == scim.TypeGroup {
		return c.groups
	}
	return c.users
}

// view is the resource as the API shows it.
func (s *Sim) view(r *resource) scim.Document { return s.shown(r, r.doc) }

func (s *Sim) shown(r *resource, doc scim.Document) scim.Document {
	view := maps.Clone(doc)
	view["id"] = r.id
	view["meta"] = map[string]any{"resourceType": r.kind, "created": r.created.UTC().Format(time.RFC3339),
		"lastModified": r.changed.UTC().Format(time.RFC3339), "version": r.etag(), "location": r.at()}
	if r.kind == scim.TypeGroup && len(r.members) > 0 {
		members := r.members
		if most := s.knobs.MembersShown; most > 0 {
			members = members[:min(most, len(members))]
		}
		list := make([]any, len(members))
		for i, id := range members {
			list[i] = map[string]any{"value": id}
		}
		view["members"] = list
	}
	return view
}

// chosen leaves out what the query does not want to see.
func (s *Sim) chosen(view scim.Document, r *http.Request) scim.Document {
	query := r.URL.Query()
	asked := strings.Split(query.Get("attributes"), ",")
	if query.Has("attributes") {
		for name := range view {
			if name != "id" && name != "schemas" && !slices.Contains(asked, name) {
				delete(view, name)
			}
		}
	} else if s.knobs.MembersOnRequest {
		delete(view, "members")
	}
	for name := range strings.SplitSeq(query.Get("excludedAttributes"), ",") {
		delete(view, name)
	}
	return view
}

func (s *Sim) find(c *customer, kind string, r *http.Request) (*resource, error) {
	found := c.all(kind)[r.PathValue("id")]
	if found == nil || kind == scim.TypeGroup && s.knobs.NoGroups {
		return nil, scim.NotFound(kind, r.PathValue("id"))
	}
	return found, nil
}

func (s *Sim) one(r *resource, status int) answer {
	return answer{status: status, body: s.view(r), key: r.name(), version: r.etag(), at: r.at()}
}

func (s *Sim) read(kind string) handler {
	return func(c *customer, r *http.Request) (answer, error) {
		found, err := s.find(c, kind, r)
		if err != nil {
			return answer{}, err
		}
		a := s.one(found, http.StatusOK)
		a.body = s.chosen(s.view(found), r)
		return a, nil
	}
}

// accept reads the document of a POST or PUT.
func (s *Sim) accept(kind string, r *http.Request) (schema.Normalized, error) {
	doc, err := body(r)
	if err != nil {
		return schema.Normalized{}, err
	}
	if err := s.lacks(doc); err != nil {
		return schema.Normalized{}, err
	}
	return s.of(kind).Normalize(doc, schema.Rules{Refused: s.refused()})
}

// refused are the leniencies that a server by the letter does not have.
func (s *Sim) refused() []string {
	if s.knobs.EntraDialect {
		return nil
	}
	return []string{schema.RuleStringBoolean, schema.RuleSingleForArray, schema.RuleArrayForSingle, schema.RuleBareReference,
		schema.RuleBareExtension, schema.RuleQualifiedKey, schema.RuleOddURN, schema.RuleMissingSchemas, patch.RuleOpCase,
		patch.RuleEmptyPath, patch.RuleNamedKey}
}

// lacks refuses attributes that the server's schemas do not have, as a key or in a path.
func (s *Sim) lacks(doc scim.Document) error {
	raw, _ := json.Marshal(doc)
	for _, name := range s.knobs.Lacks {
		if strings.Contains(string(raw), `"`+name) {
			return scim.BadRequest(scim.TypeInvalidSyntax, "Attribute %s is not in the schema.", name)
		}
	}
	return nil
}

func (s *Sim) create(kind string) handler {
	return func(c *customer, r *http.Request) (answer, error) {
		if kind == scim.TypeGroup && s.knobs.NoGroups {
			return answer{}, &scim.Error{Status: http.StatusNotFound, Detail: "There are no groups."}
		}
		sent, err := s.accept(kind, r)
		if err != nil {
			return answer{}, err
		}
		if s.knobs.Quota != nil && kind == scim.TypeUser && len(c.users) >= *s.knobs.Quota {
			return answer{}, &scim.Error{Status: http.StatusForbidden, Detail: "The quota of users is used up."}
		}
		made := &resource{id: s.nextID(), kind: kind, doc: sent.Document, created: s.now(), changed: s.now(), version: 1}
		if s.knobs.IgnoreActive {
			made.doc["active"] = true
		}
		if err := s.keep(c, made, made.doc, sent.Members); err != nil {
			return answer{}, err
		}
		c.order = append(c.order, made.id)
		return s.one(made, http.StatusCreated), nil
	}
}

// keep stores a document once it has been held against the others.
func (s *Sim) keep(c *customer, r *resource, doc scim.Document, edit scim.MemberEdit) error {
	if err := s.taken(c, r, doc); err != nil {
		return err
	}
	for _, id := range edit.Add {
		if c.users[id] == nil && c.groups[id] == nil {
			return scim.BadRequest(scim.TypeInvalidValue, "There is no member %s.", id)
		}
	}
	if r.kind == scim.TypeUser {
		delete(c.byName, s.fold(r.name()))
		c.byName[s.fold(text(doc, "userName"))] = r.id
	}
	r.doc = doc
	if edit.Clear {
		r.members = nil
	}
	r.members = slices.DeleteFunc(r.members, func(id string) bool { return slices.Contains(edit.Remove, id) })
	for _, id := range edit.Add {
		if !slices.Contains(r.members, id) {
			r.members = append(r.members, id)
		}
	}
	c.all(r.kind)[r.id] = r
	return nil
}

// taken holds names to be unique: of users, and here of groups too.
func (s *Sim) taken(c *customer, r *resource, doc scim.Document) error {
	if r.kind == scim.TypeUser {
		if holder := c.byName[s.fold(text(doc, "userName"))]; holder != "" && holder != r.id {
			return scim.Conflict("userName")
		}
		return nil
	}
	for id, g := range c.groups {
		if id != r.id && schema.Fold(g.name()) == schema.Fold(text(doc, "displayName")) {
			return scim.Conflict("displayName")
		}
	}
	return nil
}

func (s *Sim) fold(name string) string {
	if s.knobs.CaseSensitive {
		return name
	}
	return schema.Fold(name)
}

// change stores a new document of a resource there is.
func (s *Sim) change(c *customer, r *resource, doc scim.Document, edit scim.MemberEdit) error {
	if s.knobs.IgnoreActive {
		doc["active"] = r.active()
	}
	before := r.doc
	if err := s.keep(c, r, doc, edit); err != nil {
		return err
	}
	r.past.Keep(before, s.now(), time.Duration(s.knobs.SearchLag))
	r.version++
	r.changed = s.now()
	return nil
}

func (s *Sim) remove(kind string) handler {
	return func(c *customer, r *http.Request) (answer, error) {
		found, err := s.find(c, kind, r)
		if err != nil {
			return answer{}, err
		}
		delete(c.all(kind), found.id)
		if kind == scim.TypeUser {
			delete(c.byName, s.fold(found.name()))
		}
		c.order = slices.DeleteFunc(c.order, func(id string) bool { return id == found.id })
		for _, g := range c.groups {
			g.members = slices.DeleteFunc(g.members, func(id string) bool { return id == found.id })
		}
		return answer{key: found.name()}, nil
	}
}
