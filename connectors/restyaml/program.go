package restyaml

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/tenants"
)

// program is a compiled file: everything but the target's own settings.
type program struct {
	name, title  string
	base         string // base_url of targets that say none, or empty
	example      string
	capabilities connectors.Capabilities
	limits       []limitFile
	credentials  map[string]credentialFile
	defaults     map[string]setting
	ways         []auth
	account      account
	calls        map[string]*call
	success      map[string][]int // by call
	checks       []check
	rules        []rule
	reason       path
}

// Parse reads one product from the text of its file, and returns everything that is wrong with
// it, each where it stands. A product that comes with faults is of no use.
func Parse(file string, data []byte) (connectors.Product, configs.Faults) {
	root, faults := configs.Parse(file, data)
	if len(faults) > 0 && !root.Present() {
		return connectors.Product{}, faults
	}
	c := &compiler{root: root, faults: faults}
	c.faults = append(c.faults, root.Decode(&c.file)...)
	if len(c.faults) > 0 { // what does not have its shape cannot be looked at further
		return connectors.Product{}, c.faults.Sorted()
	}
	mapping := c.mapping(data)
	p := c.program()
	product := connectors.Product{Name: p.name, Title: p.title, Capabilities: p.capabilities, Mapping: mapping, Settings: p.settings}
	return product, c.faults.Sorted()
}

// program compiles everything but the mapping, whose fields are known by now.
func (c *compiler) program() *program {
	f := c.file
	p := &program{name: f.Name, title: f.Title, base: f.BaseURL, example: f.BaseURLExample, limits: f.Limits,
		credentials: f.Credentials, calls: map[string]*call{}, success: map[string][]int{}}
	if !isName(f.Name, lower+digits+"-") {
		c.problem(c.root.Key("name"), "want lower-case letters, digits and dashes, at most 63, not a dash first")
	}
	if strings.TrimSpace(f.Title) == "" {
		c.problem(c.root.Key("title"), "want the name that people know the product by")
	}
	p.capabilities = c.capabilities()
	p.defaults = c.settings()
	c.bases()
	c.limits()
	p.account = c.account()
	p.reason = c.path(c.root.Key("reason"), f.Reason)
	c.allCalls(p)
	p.checks = c.checks()
	p.rules = c.rules()
	p.ways = c.auths()
	return p
}

// mapping takes the section out of the file as a document of its own, whose lines and columns
// are still the file's, with the declared defaults in it. Its fields become known.
func (c *compiler) mapping(data []byte) []byte {
	c.words, c.kept, c.made = map[string]string{}, map[string]bool{}, map[string]bool{}
	node := c.root.Key("mapping")
	document, problem := c.section(node, data)
	if problem != "" {
		c.problem(node, "%s", problem)
		return nil
	}
	for _, key := range []string{"defaults", "group"} {
		if node.Key(key).Present() {
			c.at(node.KeyPosition(key), node.Path(), "%s has no place here: defaults stand at the top of the file, and groups are written in Go", key)
			return nil
		}
	}
	_, faults := connectors.CompileMapping(connectors.Source{Product: document})
	for _, fault := range faults {
		fault.File = c.root.File
		message := strings.TrimPrefix(fault.Message, "mapping: ")
		if strings.HasPrefix(message, "the product has no field") {
			message += "; declare it under mapping.types"
		}
		c.at(fault.Position, "mapping", "%s", message)
	}
	if !node.Key("types").Present() {
		c.missing(node, "types", "want the type of every field, so that a mistake in a tenant's file is found")
	}
	for _, name := range node.Key("types").Keys() {
		var word string
		_ = node.Key("types").Key(name).Decode(&word) // what is wrong with it is said already
		if strings.HasSuffix(name, "*") {
			c.at(node.Key("types").KeyPosition(name), "mapping.types", "a field stands here under its whole name")
		}
		c.words[name] = word
	}
	for _, name := range node.Key("fields").Keys() {
		c.kept[name] = true
	}
	for _, name := range node.Key("on_create").Keys() {
		c.made[name] = !c.kept[name]
	}
	return document
}

// section is the text of the mapping alone: lines before it are empty, so that every place in it
// is where it is in the file.
func (c *compiler) section(node configs.Node, data []byte) (document []byte, problem string) {
	at, keys := node.Position(), c.root.Keys()
	end := bytes.Count(data, []byte("\n")) + 2
	for _, key := range keys {
		above := c.root.KeyPosition(key)
		if above.Column != 1 {
			return nil, "write the keys of the file on lines of their own, without brackets around them"
		}
		if above.Line > at.Line {
			end = min(end, above.Line)
		}
	}
	if !node.IsMapping() || at.Line <= c.root.KeyPosition("mapping").Line || at.Column < 2 {
		return nil, "want its keys indented, on lines of their own"
	}
	lines := bytes.Split(data, []byte("\n"))
	var text bytes.Buffer
	text.WriteString(strings.Repeat("\n", at.Line-1))
	for _, line := range lines[at.Line-1 : min(end-1, len(lines))] {
		text.Write(bytes.TrimRight(line, "\r"))
		text.WriteByte('\n')
	}
	var declared []string
	for _, name := range slices.Sorted(maps.Keys(c.file.Defaults)) {
		if word := c.file.Defaults[name].Type; slices.Contains(known(), word) && isName(name, lower+digits+"_") {
			declared = append(declared, name+": "+word)
		}
	}
	fmt.Fprintf(&text, "%sdefaults: {%s}\n", strings.Repeat(" ", at.Column-1), strings.Join(declared, ", "))
	return text.Bytes(), ""
}

// capabilities checks what the product says that it can do.
func (c *compiler) capabilities() connectors.Capabilities {
	f, node := c.file.Capabilities, c.root.Key("capabilities")
	kinds := []string{string(connectors.DeactivateNone), string(connectors.DeactivateFlag), string(connectors.DeactivateDisable),
		string(connectors.DeactivateSuspend), string(connectors.DeactivateLicence), string(connectors.DeactivateRevoke),
		string(connectors.DeactivateRemove), string(connectors.DeactivateAnonymise)}
	c.oneOf(node.Key("deactivate"), f.Deactivate, kinds...)
	kind, back := connectors.DeactivateKind(f.Deactivate), connectors.ReactivateKind(f.Reactivate)
	fitting := []string{string(connectors.ReactivateSame)}
	if kind.Spends() {
		fitting = []string{string(connectors.ReactivateNewID), string(connectors.ReactivateReattach)}
	}
	if back == "" {
		back = connectors.ReactivateKind(fitting[0])
	}
	if !slices.Contains(fitting, string(back)) {
		c.problem(node.Key("reactivate"), "with deactivate: %s it is %s", kind, strings.Join(fitting, " or "))
	}
	if c.file.Rate.PerSecond <= 0 || c.file.Rate.Burst < 0 || c.file.Rate.Concurrency < 0 {
		c.problem(c.root.Key("rate"), "want a number of calls a second above 0, and a burst and a concurrency that are not negative")
	}
	if c.file.Settle <= 0 {
		c.problem(c.root.Key("settle"), "want how long the vendor may take to show what it has accepted, as in 30s")
	}
	return connectors.Capabilities{Deactivate: kind, Reactivate: back, CreateInactive: f.CreateInactive, Delete: f.Delete,
		KeyIsFinal: f.KeyIsFinal, Settle: time.Duration(c.file.Settle), Rate: tenants.Rate(c.file.Rate)}
}

func (c *compiler) limits() {
	for i, f := range c.file.Limits {
		node := c.root.Key("limits").Items()[i]
		c.calls(node, f.Calls)
		if f.PerSecond <= 0 || f.Burst < 0 {
			c.problem(node, "want a number of calls a second above 0 and a burst that is not negative")
		}
	}
}
