package restyaml

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
)

// The names of the calls.
const (
	callFind       = "find"
	callGet        = "get"
	callList       = "list"
	callCreate     = "create"
	callUpdate     = "update"
	callDeactivate = "deactivate"
	callReactivate = "reactivate"
	callDelete     = "delete"
	callCheck      = "check"
	callLogin      = "login"
)

func callNames() []string {
	return []string{callFind, callGet, callList, callCreate, callUpdate, callDeactivate, callReactivate, callDelete, callCheck, callLogin}
}

// request is one request of the file, ready to be filled.
type request struct {
	name    string
	method  string
	path    string
	slots   []string // the placeholders of the path
	query   template
	headers template
	body    template
	form    template
	sends   bool // it has a body or a form
	asForm  bool
	success []int
	// contentType overrules application/json, repeatable says that twice is once.
	contentType string
	repeatable  bool
}

// call is a request about accounts: where its answer holds them, and how it is paged.
type call struct {
	request
	item     path
	items    path
	many     bool // the answer is a list
	idHeader string
	paging   paging
	// itemKey and itemsKey are where the file says item and items, for messages.
	itemKey, itemsKey string
}

// request compiles what every request is made of.
func (c *compiler) request(node configs.Node, name string, f requestFile, names map[string]any) request {
	r := request{name: name, success: f.Success}
	method, target, _ := strings.Cut(strings.TrimSpace(f.Request), " ")
	r.method, r.path = method, strings.TrimSpace(target)
	line := node.Key("request")
	switch {
	case f.Request == "": // its absence is said already
	case !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, r.method):
		c.problem(line, "want a method and a path, as in GET /users/{id}")
	case !strings.HasPrefix(r.path, "/") || strings.ContainsAny(r.path, "?# \t\\") || hasDots(r.path):
		c.problem(line, "want a path that begins with a slash, without query and spaces, as in GET /users/{id}")
	}
	r.slots = c.slots(line, r.path, names)
	r.query = c.flat(node.Key("query"), names, false)
	r.headers = c.headers(node.Key("headers"), names)
	body, form := node.Key("body"), node.Key("form")
	switch {
	case body.Present() && form.Present():
		c.problem(form, "a call has a body or a form, not both")
	case (body.Present() || form.Present()) && r.method == http.MethodGet:
		c.problem(body, "a GET sends no body; what it asks for stands in query")
	}
	r.body, r.form = c.template(body, names), c.flat(form, names, true)
	r.sends, r.asForm = body.Present() || form.Present(), form.Present()
	for i, status := range f.Success {
		if status < 200 || status > 299 {
			c.problem(node.Lookup(fmt.Sprintf("success.%d", i)), "a success is from 200 to 299; what else an answer means stands in faults")
		}
	}
	return r
}

func hasDots(p string) bool {
	return slices.ContainsFunc(strings.Split(p, "/"), func(s string) bool { return s == "." || s == ".." })
}

// slots finds the placeholders of a path, each of which must have a value that is always there.
func (c *compiler) slots(node configs.Node, p string, names map[string]any) (slots []string) {
	for _, slot := range regexp.MustCompile(`\{[^}]*\}?`).FindAllString(p, -1) {
		name := strings.Trim(slot, "{}")
		_, known := names[name].(string)
		declared, isDefault := c.file.Defaults[name]
		switch {
		case known && name != "active":
		case isDefault && !declared.Required:
			c.problem(node, "{%s} is a default that a target may leave out: declare it required", name)
		case !isDefault:
			c.problem(node, "no placeholder {%s} here: there are %s", name, strings.Join(c.slotNames(names), ", "))
		}
		slots = append(slots, name)
	}
	return slots
}

func (c *compiler) slotNames(names map[string]any) (all []string) {
	for name, word := range names {
		if _, plain := word.(string); plain && name != "active" {
			all = append(all, "{"+name+"}")
		}
	}
	for name, d := range c.file.Defaults {
		if d.Required {
			all = append(all, "{"+name+"}")
		}
	}
	slices.Sort(all)
	return all
}

// flat compiles a query or a form, whose values are no objects.
func (c *compiler) flat(node configs.Node, names map[string]any, form bool) template {
	t := c.template(node, names)
	asWhole := form && t.kind == wholeValue
	if node.Present() && t.kind != objectValue && !asWhole {
		c.problem(node, "want keys and values")
		return template{}
	}
	if form && (t.kind == wholeValue || slices.ContainsFunc(t.object, func(m member) bool { return m.name == spread })) {
		c.formable(node)
	}
	for _, m := range t.object {
		nested := slices.ContainsFunc(m.value.list, func(inner template) bool {
			return inner.kind == objectValue || inner.kind == listValue || inner.kind == wholeValue
		})
		if m.value.kind == objectValue || m.value.kind == wholeValue && m.name != spread || nested {
			c.problem(node.Key(m.name), "want a value or a list of values")
		}
	}
	return t
}

// formable reports fields whose path is more than the name of a form's field.
func (c *compiler) formable(node configs.Node) {
	for _, name := range slices.Sorted(maps.Keys(c.words)) {
		if p, _ := parsePath(cmp.Or(c.file.Account.Fields[name], name)); len(p) > 1 {
			c.problem(node, "a form has no place for %s: name the fields one by one", p)
		}
	}
}

func (c *compiler) headers(node configs.Node, names map[string]any) template {
	t := c.flat(node, names, false)
	for _, m := range t.object {
		// What the gateway itself says of a request is not the file's to say.
		taken := []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Content-Type", "User-Agent", "Authorization", "Cookie",
			"Idempotency-Key", "X-Idempotency-Key"}
		if !isHeader(m.name) || slices.Contains(taken, textproto.CanonicalMIMEHeaderKey(m.name)) {
			c.at(node.KeyPosition(m.name), node.Path(), "%q is no header that can be set here", m.name)
		}
	}
	return t
}

// reads reports whether anything of the request reads the name.
func (r request) reads(name string) bool {
	return slices.Contains(r.slots, name) || r.query.reads(name) || r.headers.reads(name) || r.body.reads(name) || r.form.reads(name)
}

// callOf gives the call of the name, nil when the file has none.
func (f callsFile) callOf(name string) *callFile {
	switch name {
	case callFind:
		return f.Find
	case callGet:
		return f.Get
	case callList:
		return f.List
	case callCreate:
		return f.Create
	case callUpdate:
		return f.Update
	case callDeactivate:
		return f.Deactivate
	case callReactivate:
		return f.Reactivate
	case callDelete:
		return f.Delete
	default:
		return nil
	}
}

// texts are all texts of a filled call, for redaction.
func texts(value any, into []string) []string {
	if form, ok := value.(url.Values); ok {
		for _, list := range form {
			into = append(into, list...)
		}
		return into
	}
	return append(into, connectors.TextsIn(value)...)
}
