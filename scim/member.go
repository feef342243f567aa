package scim

// Member is one element of a group's members: the id of a resource of the tenant, and its type
// where the client or the store says so.
type Member struct {
	Value string
	Type  string // TypeUser, TypeGroup, or empty
}

// Members are the members of a body decoded with Limits.Members: what stands in a Document for
// an array of nothing but members.
type Members []Member

// MemberEdit is what a request does to a group's members, brought down to ids: its operations
// in their order come to this one difference, so that a change of one member costs the same in
// a group of ten and in one of a hundred thousand. Add and Remove share no id.
type MemberEdit struct {
	// Clear says that everybody leaves who is not in Add.
	Clear       bool
	Add, Remove []string
}

// Empty reports that the edit asks for nothing.
func (e MemberEdit) Empty() bool { return !e.Clear && len(e.Add) == 0 && len(e.Remove) == 0 }

// MemberChanges brings changes of a group's members, one after the other, down to one
// MemberEdit. The zero value is ready.
type MemberChanges struct {
	cleared bool
	order   []string        // every id, as it first came
	leaves  map[string]bool // whether an id's last change was to leave
}

// Add puts a member in.
func (c *MemberChanges) Add(id string) { c.note(id, false) }

// Remove takes a member out.
func (c *MemberChanges) Remove(id string) { c.note(id, true) }

func (c *MemberChanges) note(id string, leaves bool) {
	if c.leaves == nil {
		c.leaves = make(map[string]bool)
	}
	if _, known := c.leaves[id]; !known {
		c.order = append(c.order, id)
	}
	c.leaves[id] = leaves
}

// Clear takes everybody out.
func (c *MemberChanges) Clear() { *c = MemberChanges{cleared: true} }

// Edit is what the changes come to. Nobody has to be taken out of a group that was cleared.
func (c *MemberChanges) Edit() MemberEdit {
	e := MemberEdit{Clear: c.cleared, Add: make([]string, 0, len(c.order))}
	for _, id := range c.order {
		switch {
		case !c.leaves[id]:
			e.Add = append(e.Add, id)
		case !c.cleared:
			e.Remove = append(e.Remove, id)
		}
	}
	if len(e.Add) == 0 {
		e.Add = nil
	}
	return e
}

// Has reports whether an id is in after the changes, given whether it was before.
func (c *MemberChanges) Has(id string, before bool) bool {
	if leaves, changed := c.leaves[id]; changed {
		return !leaves
	}
	return before && !c.cleared
}

// Among applies the changes to the members there were before.
func (c *MemberChanges) Among(before []Member) (now []Member) {
	known := make(map[string]bool, len(before))
	for _, m := range before {
		known[m.Value] = true
		if c.Has(m.Value, true) {
			now = append(now, m)
		}
	}
	for _, id := range c.order {
		if !c.leaves[id] && !known[id] {
			now = append(now, Member{Value: id})
		}
	}
	return now
}
