package restyaml

import (
	"maps"
	"net/http"
	"slices"

	"scimrelay/configs"
	"scimrelay/connectors"
)

// namesOf is what the expressions of a call may read.
func (c *compiler) namesOf(name string) map[string]any {
	names := map[string]any{"defaults": c.defaultNames()}
	switch name {
	case callFind, callGet, callDeactivate, callReactivate, callDelete, callUpdate, callCreate:
		names["key"] = "string"
	}
	switch name {
	case callGet, callUpdate, callDeactivate, callReactivate, callDelete:
		names["id"] = "string"
	}
	switch name {
	case callCreate, callUpdate, callDeactivate, callReactivate:
		names["fields"], names["active"] = c.fieldNames(), "boolean"
	}
	switch name {
	case callCreate, callUpdate, callReactivate:
		names["resource"] = "string"
	}
	switch name {
	case callUpdate, callReactivate:
		names["changes"] = c.fieldNames()
	}
	return names
}

// allCalls compiles the calls and checks that those are there which the capabilities need.
func (c *compiler) allCalls(p *program) {
	all, node := c.paging(c.root.Key("paging")), c.root.Key("calls")
	before := len(c.faults)
	for _, name := range callNames() {
		f := c.file.Calls.callOf(name)
		if f == nil {
			continue
		}
		made := c.call(node.Key(name), name, *f, all)
		p.calls[name], p.success[name] = made, f.Request.Success
	}
	legible := len(c.faults) == before
	kind := p.capabilities.Deactivate
	for _, rule := range []struct {
		name    string
		needed  bool
		allowed bool
		why     string
	}{
		{callFind, true, true, "every product needs it, to find an account by its key"},
		{callGet, true, true, "every product needs it, to read an account by its id"},
		{callCreate, true, true, "every product needs it"},
		{callUpdate, true, true, "every product needs it"},
		{callDeactivate, kind != connectors.DeactivateNone, kind != connectors.DeactivateNone, "capabilities.deactivate says " + string(kind)},
		{callReactivate, kind != connectors.DeactivateNone && !kind.Spends(), kind != connectors.DeactivateNone && !kind.Spends(),
			"capabilities.deactivate says " + string(kind)},
		{callDelete, p.capabilities.Delete, p.capabilities.Delete, "capabilities.delete says otherwise"},
	} {
		switch there := p.calls[rule.name] != nil; {
		case rule.needed && !there:
			c.missing(node, rule.name, "the call is missing: %s", rule.why)
		case there && !rule.allowed:
			c.at(node.KeyPosition(rule.name), node.Path(), "%s is never called: %s", rule.name, rule.why)
		}
	}
	if legible { // of a call with faults it would say what follows from them
		c.sense(p)
	}
}

// call compiles one call about accounts.
func (c *compiler) call(node configs.Node, name string, f callFile, all paging) *call {
	made := &call{request: c.request(node, name, f.Request, c.namesOf(name)), idHeader: f.IDHeader,
		itemKey: "account.item", itemsKey: "account.items"}
	made.contentType = f.ContentType
	// A creation is the one call that done twice is done twice.
	made.repeatable = name != callCreate
	if f.Repeatable != nil {
		made.repeatable = *f.Repeatable
	}
	lists := name == callFind || name == callList
	made.many = lists && f.Item == nil
	made.item, made.items = c.path(c.root.Key("account").Key("item"), c.file.Account.Item), nil
	if f.Item != nil {
		made.item, made.itemKey = c.path(node.Key("item"), *f.Item), "calls."+name+".item"
	}
	if made.many {
		made.items, _ = parsePath(c.file.Account.Items) // looked at with the account
	}
	if f.Items != nil {
		made.items, made.itemsKey = c.path(node.Key("items"), *f.Items), "calls."+name+".items"
		if !lists || f.Item != nil {
			c.problem(node.Key("items"), "the answer of this call is one account: its key is item")
		}
	}
	if made.many {
		made.paging = all
	}
	if f.Paging.Present() {
		made.paging = c.paging(f.Paging)
		if !made.many {
			c.problem(f.Paging, "the answer of this call is one account and has no pages")
		}
	}
	if f.IDHeader != "" && (name != callCreate || !isHeader(f.IDHeader)) {
		c.problem(node.Key("id_header"), "want the name of a header, of the call that creates")
	}
	return made
}

// sense finds calls that cannot do what they are for.
func (c *compiler) sense(p *program) {
	node := c.root.Key("calls")
	for name, made := range p.calls {
		at := node.Key(name)
		switch name {
		case callGet, callUpdate, callDeactivate, callReactivate, callDelete:
			if !made.reads("id") && !made.reads("key") {
				c.problem(at, "nothing of the call says which account is meant: {id} in its path, say")
			}
		case callFind:
			if !made.reads("key") && (!made.many || made.paging.style == pagingNone) {
				c.problem(at, "nothing of the call reads key, and without paging it shows a part of the accounts only")
			}
		case callCreate:
			if p.capabilities.CreateInactive && !made.reads("active") {
				c.problem(at, "capabilities.create_inactive says that accounts can be made switched off, and nothing of the call reads active")
			}
		}
		if name == callList && made.method != http.MethodGet && made.method != http.MethodPost {
			c.problem(at, "a list is read with GET or POST")
		}
	}
	c.arrive(p)
}

// arrive finds fields that are mapped and never sent: they would differ for ever.
func (c *compiler) arrive(p *program) {
	create, update := p.calls[callCreate], p.calls[callUpdate]
	if create == nil || update == nil || len(c.faults) > 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.words)) {
		if !create.reads("fields." + name) {
			c.problem(c.root.Key("calls").Key(callCreate), "it does not send the field %s", name)
		}
		if !c.made[name] && !update.reads("fields."+name) && !update.reads("changes."+name) {
			c.problem(c.root.Key("calls").Key(callUpdate), "it does not send the field %s, which would differ for ever; what is sent once stands under mapping.on_create", name)
		}
	}
}
