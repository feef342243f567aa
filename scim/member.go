package scim

// Member is one element of a group's members: the id of a resource of the tenant, and its type
// where the client or the store says so.
type Member struct {
	Value string
	Type  string // TypeUser, TypeGroup, or empty
}

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
