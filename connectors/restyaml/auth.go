package restyaml

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// The kinds of authentication.
const (
	authHeader = "header"
	authBasic  = "basic"
	authBearer = "bearer"
	authLogin  = "login"
	authOAuth  = "oauth2"
)

// auth is one way to authenticate. A target uses the first whose credentials it has.
type auth struct {
	kind  string
	reads []string // the credentials it needs
	// header is the name of the header that is sent, value what it holds: of credentials, or for
	// a login of the token.
	header string
	value  *connectors.Formula
	// user and password are Basic's, or OAuth2's id and secret.
	user, password *connectors.Formula
	login          login
	oauth          oauth
}

// login is a call that gives a token.
type login struct {
	request request
	token   path
	life    time.Duration
	lifeAt  path
	refused []connectors.Class // classes that may mean that the token is not good any more
}

// oauth is OAuth2's client credentials grant.
type oauth struct {
	origin string // of another host than base_url, empty for the same
	path   string
	slots  []string
	scope  string
	inBody bool
	more   url.Values
}

// auths compiles the section: one way, or a list of them.
func (c *compiler) auths() (ways []auth) {
	node := c.root.Key("auth")
	nodes := node.Items()
	if node.IsMapping() {
		nodes = []configs.Node{node}
	}
	if node.Present() && len(nodes) == 0 {
		c.problem(node, "want one of %s, or a list of them", strings.Join(authKinds(), ", "))
	}
	for _, n := range nodes {
		keys := n.Keys()
		if len(keys) != 1 || !slices.Contains(authKinds(), keys[0]) {
			c.problem(n, "want exactly one of %s", strings.Join(authKinds(), ", "))
			continue
		}
		ways = append(ways, c.auth(keys[0], n.Key(keys[0])))
	}
	c.unread(ways)
	return ways
}

func authKinds() []string { return []string{authHeader, authBasic, authBearer, authLogin, authOAuth} }

// authShape shows the keys that a kind needs.
func authShape(kind string) string {
	switch kind {
	case authHeader:
		return "{name: …, value: …}"
	case authBasic:
		return "{user: …, password: …}"
	case authBearer:
		return "{token: …}"
	case authLogin:
		return "{request: …, token: …}"
	default:
		return "{token_url: …, client_id: …, client_secret: …}"
	}
}

// unread reports credentials that no way to authenticate reads: a typing mistake, or a secret
// that people would be asked for in vain.
func (c *compiler) unread(ways []auth) {
	node := c.root.Key("credentials")
	for _, name := range node.Keys() {
		if !slices.ContainsFunc(ways, func(a auth) bool { return slices.Contains(a.reads, name) }) && len(c.faults) == 0 {
			c.at(node.KeyPosition(name), node.Path(), "nothing under auth reads %s", name)
		}
	}
}

func (c *compiler) auth(kind string, node configs.Node) auth {
	a := auth{kind: kind, header: "Authorization"}
	names := map[string]any{"credentials": c.credentialNames(), "defaults": c.defaultNames()}
	if !node.IsMapping() {
		c.problem(node, "want keys and values, as in %s", authShape(kind))
		return a
	}
	decode := func(into any) bool {
		found := node.Decode(into)
		c.faults = append(c.faults, found...)
		return len(found) == 0
	}
	switch kind {
	case authHeader:
		var f headerFile
		if decode(&f) {
			a.header, a.value = f.Name, c.formula(f.Value, names, "string")
			if !isHeader(f.Name) {
				c.problem(node.Key("name"), "want the name of a header")
			}
		}
	case authBasic:
		var f basicFile
		if decode(&f) {
			a.user, a.password = c.formula(f.User, names, "string"), c.formula(f.Password, names, "string")
		}
	case authBearer:
		var f bearerFile
		if decode(&f) {
			a.value = c.formula(f.Token, names, "string")
		}
	case authLogin:
		var f loginFile
		if decode(&f) {
			c.login(&a, node, f, names)
		}
	case authOAuth:
		var f oauthFile
		if decode(&f) {
			a.user, a.password = c.formula(f.ClientID, names, "string"), c.formula(f.ClientSecret, names, "string")
			a.oauth = c.oauth(node, f)
		}
	}
	a.reads = a.needs(c.file.Credentials)
	return a
}

// needs lists the credentials that the way reads and cannot do without.
func (a auth) needs(declared map[string]credentialFile) (list []string) {
	read := map[string]bool{}
	for _, f := range []*connectors.Formula{a.value, a.user, a.password} {
		template{formula: f}.names(read)
	}
	for _, t := range []template{a.login.request.query, a.login.request.headers, a.login.request.body, a.login.request.form} {
		t.names(read)
	}
	for name := range declared {
		if read["credentials."+name] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

func (c *compiler) login(a *auth, node configs.Node, f loginFile, names map[string]any) {
	a.login = login{request: c.request(node, callLogin, f.Request, names), token: c.path(node.Key("token"), f.Token),
		life: time.Duration(f.Lifetime), lifeAt: c.path(node.Key("lifetime_at"), f.LifetimeAt), refused: []connectors.Class{connectors.Auth}}
	a.login.request.repeatable = true
	if f.Header != "" {
		a.header = f.Header
		if !isHeader(f.Header) {
			c.problem(node.Key("header"), "want the name of a header")
		}
	}
	if f.Value.Present() {
		a.value = c.formula(f.Value, map[string]any{"token": "string"}, "string")
	}
	if len(f.Refused) > 0 {
		a.login.refused = nil
	}
	for i, word := range f.Refused {
		c.oneOf(node.Lookup("refused").Items()[i], word, vendorClasses()...)
		a.login.refused = append(a.login.refused, connectors.Class(word))
	}
}

func (c *compiler) oauth(node configs.Node, f oauthFile) oauth {
	o := oauth{path: f.TokenURL, scope: f.Scope, inBody: f.InBody, more: url.Values{}}
	for name, value := range f.More {
		o.more.Set(name, value)
	}
	if !strings.HasPrefix(f.TokenURL, "/") {
		u, err := rest.ParseBaseURL(f.TokenURL)
		if err != nil || u.Path == "" {
			c.problem(node.Key("token_url"), "want a path below base_url, or a whole https address")
			return o
		}
		o.path = u.Path
		u.Path, u.RawPath = "", ""
		o.origin = u.String()
	}
	o.slots = c.slots(node.Key("token_url"), o.path, map[string]any{})
	return o
}
