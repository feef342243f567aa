package scimtarget

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
)

// relook is after how long discovery that failed is tried again.
const relook = 10 * time.Minute

const (
	configPath  = "/ServiceProviderConfig"
	typesPath   = "/ResourceTypes"
	schemasPath = "/Schemas"
)

// server is what a server says about itself. The zero value of everything is the RFC's usual case.
type server struct {
	noPatch, noFilter, etag, cursors bool
	maxResults                       int
	config, types                    bool   // the documents were read
	users, groups                    string // endpoints; no groups when empty
	schemas                          map[string]bool
	attributes                       map[string]attribute // nil when not known
	until                            time.Time            // look again then; zero is never
}

// attribute is what a schema says of one.
type attribute struct {
	required, exact      bool
	mutability, returned string
}

// known is what the server says about itself, asked for once and shared by all calls.
func (c *connector) known(ctx context.Context) (*server, error) {
	if s := c.current(); s != nil {
		return s, nil
	}
	// The look outlives the call that began it: others wait for it too.
	done := c.looks.DoChan("discovery", func() (any, error) { return c.discover(context.WithoutCancel(ctx)) })
	select {
	case result := <-done:
		s, _ := result.Val.(*server)
		return s, result.Err
	case <-ctx.Done():
		return nil, &connectors.Fault{Class: connectors.Transient, Detail: "the call was cut short", Err: ctx.Err()}
	}
}

func (c *connector) current() *server {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || !c.server.until.IsZero() && !c.now().Before(c.server.until) {
		return nil
	}
	return c.server
}

// seen is what the server said of itself the last time, nil when it never did.
func (c *connector) seen() *server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server
}

// discover reads the three documents. One that is absent or broken leaves the usual case.
func (c *connector) discover(ctx context.Context) (*server, error) {
	if s := c.current(); s != nil {
		return s, nil
	}
	s := &server{users: "/Users", groups: "/Groups"}
	if c.defaults.Discovery == nil || *c.defaults.Discovery {
		for _, look := range []struct {
			path string
			read func(scim.Document)
		}{{configPath, s.readConfig}, {typesPath, s.readTypes}, {schemasPath, s.readSchemas}} {
			doc, err := c.document(ctx, look.path)
			if err != nil {
				return nil, err
			}
			if look.read(doc); doc == nil {
				s.until = c.now().Add(relook)
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server = s
	return s, nil
}

// document reads one discovery document, nil when the server has none that can be read. Whatever
// would stop the next call as well is a fault.
func (c *connector) document(ctx context.Context, path string) (scim.Document, error) {
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: path})
	switch {
	case err == nil:
		doc, _ := documentIn(answer)
		return doc, nil
	case answer.Status == 0, connectors.Is(err, connectors.Auth), connectors.Is(err, connectors.Throttled):
		return nil, err
	default:
		return nil, nil
	}
}

func (s *server) readConfig(doc scim.Document) {
	supported := func(name string) (is, told bool) {
		is, told = get(get(doc, name), "supported").(bool)
		return is, told
	}
	if is, told := supported("patch"); told {
		s.noPatch, s.config = !is, true
	}
	if is, told := supported("filter"); told {
		s.noFilter = !is
	}
	s.etag, _ = supported("etag")
	s.maxResults = count(get(get(doc, "filter"), "maxResults"))
	pagination := get(doc, "pagination") // RFC 9865 section 4
	if most := count(get(pagination, "maxPageSize")); most > 0 && (s.maxResults == 0 || most < s.maxResults) {
		s.maxResults = most
	}
	cursor, _ := get(pagination, "cursor").(bool)
	index, told := get(pagination, "index").(bool)
	s.cursors = cursor && (told && !index || connectors.TextOf(get(pagination, "defaultPaginationMethod")) == "cursor")
}

// readTypes finds out where users and groups live. A list without Group says that there are none.
func (s *server) readTypes(doc scim.Document) {
	users, groups := "", ""
	for _, item := range resources(doc) {
		at := endpoint(connectors.TextOf(get(item, "endpoint")))
		switch strings.ToLower(connectors.TextOf(get(item, "schema"))) {
		case strings.ToLower(scim.SchemaUser):
			users = at
		case strings.ToLower(scim.SchemaGroup):
			groups = at
		}
	}
	if users != "" { // or else the list is none that can be trusted
		s.users, s.groups, s.types = users, groups, true
	}
}

// endpoint is a path below the base URL. Some servers give the whole address.
func endpoint(path string) string {
	if strings.Contains(path, "://") {
		path = path[strings.LastIndexByte(path, '/'):]
	}
	path = "/" + strings.Trim(path, "/")
	if !regexp.MustCompile(`^(/[A-Za-z0-9._~-]*[A-Za-z0-9])+$`).MatchString(path) {
		return ""
	}
	return path
}

func (s *server) readSchemas(doc scim.Document) {
	schemas, attributes := map[string]bool{}, map[string]attribute{}
	for _, item := range resources(doc) {
		urn := strings.ToLower(connectors.TextOf(get(item, "id")))
		schemas[urn] = true
		for _, a := range listOf(get(item, "attributes")) {
			name := urn + ":" + strings.ToLower(connectors.TextOf(get(a, "name")))
			attributes[name] = attributeIn(a)
			for _, sub := range listOf(get(a, "subAttributes")) {
				attributes[name+"."+strings.ToLower(connectors.TextOf(get(sub, "name")))] = attributeIn(sub)
			}
		}
	}
	if schemas[strings.ToLower(scim.SchemaUser)] {
		s.schemas, s.attributes = schemas, attributes
	}
}

func attributeIn(item any) attribute {
	required, _ := get(item, "required").(bool)
	exact, _ := get(item, "caseExact").(bool)
	return attribute{required, exact, connectors.TextOf(get(item, "mutability")), connectors.TextOf(get(item, "returned"))}
}

// of is what the schemas say of a place; unknown says that they know all the others and not it.
func (s *server) of(p place, kind string) (a attribute, unknown bool) {
	if s == nil || s.attributes == nil {
		return attribute{}, false
	}
	urn := p.urn
	if urn == "" {
		urn = schemaOf(kind)
	}
	name := strings.ToLower(urn + ":" + p.name)
	whole, listed := s.attributes[name]
	switch {
	case !s.schemas[strings.ToLower(urn)]:
		return attribute{}, p.urn != "" // a core schema that is not listed tells nothing
	case !listed:
		return attribute{}, p.urn != "" || p.name != "externalId" // a common attribute is in no schema
	}
	a, listed = s.attributes[name+"."+strings.ToLower(p.sub)]
	switch {
	case p.sub == "" || whole.mutability == readOnly:
		return whole, false
	case listed:
		return a, false
	}
	for other := range s.attributes {
		if strings.HasPrefix(other, name+".") {
			return whole, true
		}
	}
	return whole, false
}

const (
	readOnly  = "readOnly"
	immutable = "immutable"
)

func schemaOf(kind string) string {
	if kind == scim.TypeGroup {
		return scim.SchemaGroup
	}
	return scim.SchemaUser
}
