package profile

// Profile is one position of every switch. The names, meanings and cases of the switches are
// in Switches, in the same order.
type Profile struct {
	// Bodies.
	UnknownAttributes    bool
	UndeclaredExtensions bool
	StringBooleans       bool
	OtherShapes          bool
	BareReferences       bool
	BareExtensionNames   bool
	QualifiedKeys        bool
	OddURNs              bool
	MissingSchemas       bool
	UnknownSchemas       bool

	// PATCH.
	AnyCaseOps    bool
	PathlessPatch bool
	CreateOnMatch CreateOnMatch
	ListedRemove  bool
	MergeComplex  bool
	AnyPathFilter bool

	// Filters.
	UnknownFilterAttributes UnknownFilter
	UnquotedLiterals        bool
	NumberForString         bool
	FilterOperators         Operators

	// What is written and answered.
	UniqueExternalID bool
	Restore          Restore
	Put              bool
	UserPatchReply   Reply
	GroupPatchReply  Reply
	ETags            bool
	HideUnreturned   bool
	AnnounceInterop  bool
	Async            bool

	// How the server is reached.
	AnyCasePaths  bool
	OpenDiscovery bool
}

// CreateOnMatch says when a path filter without a match makes the element it asks for.
type CreateOnMatch string

// The choices of CreateOnMatch.
const (
	CreateUsual CreateOnMatch = "usual" // any add; a replace by a canonical type or primary
	CreateOnAdd CreateOnMatch = "add"
	CreateNever CreateOnMatch = "never"
)

// UnknownFilter says what a filter on an attribute that does not exist gives. It is never the
// unfiltered list.
type UnknownFilter string

// The choices of UnknownFilter.
const (
	UnknownEmpty  UnknownFilter = "empty"
	UnknownRefuse UnknownFilter = "refuse"
)

// Operators is what a filter may be made of.
type Operators string

// The choices of Operators.
const (
	OperatorsAll   Operators = "all"
	OperatorsEqAnd Operators = "eq_and"
)

// Restore says when a POST of somebody who is there, inactive, brings them back instead of
// being a conflict.
type Restore string

// The choices of Restore.
const (
	RestoreOff            Restore = "off"
	RestoreSameExternalID Restore = "same_external_id"
	RestoreInactive       Restore = "inactive"
)

// Reply is what answers a PATCH. A request with attributes always gets a body.
type Reply string

// The choices of Reply.
const (
	ReplyBody          Reply = "body"           // 200 with the resource
	ReplyNone          Reply = "none"           // 204
	ReplyUnlessMembers Reply = "unless_members" // 204 when members were touched, else 200
)

// lenient is the default: it satisfies Entra and Okta at the same time, and everybody else who
// was met in the field. Each other profile says in what it differs.
func lenient() Profile {
	return Profile{
		UnknownAttributes:    true,
		UndeclaredExtensions: true,
		StringBooleans:       true,
		OtherShapes:          true,
		BareReferences:       true,
		BareExtensionNames:   true,
		QualifiedKeys:        true,
		OddURNs:              true,
		MissingSchemas:       true,
		UnknownSchemas:       true,

		AnyCaseOps:    true,
		PathlessPatch: true,
		CreateOnMatch: CreateUsual,
		ListedRemove:  true,
		MergeComplex:  true,
		AnyPathFilter: true,

		UnknownFilterAttributes: UnknownEmpty,
		UnquotedLiterals:        true,
		NumberForString:         true,
		FilterOperators:         OperatorsAll,

		Restore:         RestoreOff,
		Put:             true,
		UserPatchReply:  ReplyBody,
		GroupPatchReply: ReplyUnlessMembers,
		ETags:           true,
		Async:           true,

		AnyCasePaths: true,
	}
}

// interop is draft-zollner-scim-interop-profile: the contrary of lenient, on purpose. Nothing
// of it may leak into another profile.
func interop() Profile {
	return Profile{
		CreateOnMatch:           CreateNever,
		UnknownFilterAttributes: UnknownRefuse,
		FilterOperators:         OperatorsEqAnd,
		Restore:                 RestoreOff,
		UserPatchReply:          ReplyBody,
		GroupPatchReply:         ReplyBody,
		AnnounceInterop:         true,
	}
}

// profiles are the named ones, in the order in which they are documented.
func profiles() []named {
	return []named{
		{"default", "Entra and Okta at the same time, and everybody else", lenient()},
		{"entra", "Microsoft Entra ID", with(func(p *Profile) {
			p.HideUnreturned = true
		})},
		{"okta", "Okta", with(func(p *Profile) {
			p.Restore = RestoreSameExternalID
		})},
		{"jumpcloud", "JumpCloud", lenient()},
		{"onelogin", "OneLogin", lenient()},
		{"ping", "PingFederate and PingOne", lenient()},
		{"strict", "clients of the interoperability draft", interop()},
	}
}

type named struct {
	name, client string
	profile      Profile
}

// with is the default with some switches in another position.
func with(change func(*Profile)) Profile {
	p := lenient()
	change(&p)
	return p
}

// Default is the profile of a tenant that names none.
func Default() Profile { return lenient() }

// Named is the profile of the name, the default for an empty one, and whether there is one.
func Named(name string) (Profile, bool) {
	if name == "" {
		return lenient(), true
	}
	for _, p := range profiles() {
		if p.name == name {
			return p.profile, true
		}
	}
	return Profile{}, false
}

// Names lists the profiles there are.
func Names() (names []string) {
	for _, p := range profiles() {
		names = append(names, p.name)
	}
	return names
}
