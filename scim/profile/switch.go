package profile

import (
	"fmt"
	"slices"
	"strings"
)

// Switch is one decision of a profile.
type Switch struct {
	// Name is how a tenant's file writes it.
	Name string
	// Cases are the numbers of the cases it decides.
	Cases string
	// Meaning is what it is when it is on, or what its values choose.
	Meaning string
	// Values are what it may be.
	Values []string

	get func(*Profile) string
	set func(*Profile, string)
}

// Switches lists every switch, in the order of Profile's fields.
func Switches() []Switch {
	return []Switch{
		onOff("unknown_attributes", "B-20, E-23, V-66", "attributes that no schema has are dropped, and extensions without a schema kept as sent; off: 400 invalidSyntax",
			func(p *Profile) *bool { return &p.UnknownAttributes }),
		onOff("undeclared_extensions", "R-11, E-23", "an extension may be in the body without its URN in schemas",
			func(p *Profile) *bool { return &p.UndeclaredExtensions }),
		onOff("string_booleans", "E-24, E-30, R-35", `"True" and "False" stand for booleans, in bodies and in filters`,
			func(p *Profile) *bool { return &p.StringBooleans }),
		onOff("other_shapes", "C-13, E-43", "an object stands for an array of it, and an array of one for its value",
			func(p *Profile) *bool { return &p.OtherShapes }),
		onOff("bare_references", "E-38, B-05", "a string stands for the object of a reference, as with manager and members",
			func(p *Profile) *bool { return &p.BareReferences }),
		onOff("bare_extension_names", "E-15, E-38, V-64", "an extension's attributes are found without their URN",
			func(p *Profile) *bool { return &p.BareExtensionNames }),
		onOff("qualified_keys", "E-34, B-04", `keys of a body may be paths: "urn:…:User:department", and in PATCH values "name.givenName" too`,
			func(p *Profile) *bool { return &p.QualifiedKeys }),
		onOff("odd_urns", "E-22, E-38, C-12", "URNs of SCIM 1.1, with a missing colon, or with a dot before the attribute are understood",
			func(p *Profile) *bool { return &p.OddURNs }),
		onOff("missing_schemas", "R-10, R-60", "a body may come without schemas",
			func(p *Profile) *bool { return &p.MissingSchemas }),
		onOff("unknown_schemas", "E-26", "schemas may name what is no URN, beside what is",
			func(p *Profile) *bool { return &p.UnknownSchemas }),

		onOff("any_case_ops", "E-30, B-03", `op may be written in any letter case`,
			func(p *Profile) *bool { return &p.AnyCaseOps }),
		onOff("pathless_patch", "E-34, O-10", "PATCH operations may come without path; off: 400 invalidSyntax",
			func(p *Profile) *bool { return &p.PathlessPatch }),
		choice("create_on_match", "E-35, R-70c", "when a path filter that matches nothing makes its element: for any add and a replace by a canonical type or primary, for an add only, or never",
			func(p *Profile) *CreateOnMatch { return &p.CreateOnMatch }, CreateUsual, CreateOnAdd, CreateNever),
		onOff("listed_remove", "E-51, B-07", "a remove with a list of values removes those; off: 400 invalidValue, and never everything",
			func(p *Profile) *bool { return &p.ListedRemove }),
		onOff("merge_complex", "R-70a, O-09", "a replace of a complex attribute keeps the parts it does not name",
			func(p *Profile) *bool { return &p.MergeComplex }),
		onOff("any_path_filter", "R-70e, R-70g", "a path filter may match several elements, and select whole ones",
			func(p *Profile) *bool { return &p.AnyPathFilter }),

		choice("unknown_filter_attributes", "R-32, B-12", "what a filter on an attribute that does not exist gives: an empty list, or 400 invalidFilter",
			func(p *Profile) *UnknownFilter { return &p.UnknownFilterAttributes }, UnknownEmpty, UnknownRefuse),
		onOff("unquoted_literals", "E-13, V-61, V-62, C-31", "filter values may come without quotes",
			func(p *Profile) *bool { return &p.UnquotedLiterals }),
		onOff("number_for_string", "R-36", "a number in a filter equals the text of its digits; off: it matches no text",
			func(p *Profile) *bool { return &p.NumberForString }),
		choice("filter_operators", "R-20 to R-39, 5.7", "what filters may be made of: everything, or eq and and",
			func(p *Profile) *Operators { return &p.FilterOperators }, OperatorsAll, OperatorsEqAnd),

		onOff("unique_external_id", "R-06, E-18", "two resources of a type cannot share an externalId: 409",
			func(p *Profile) *bool { return &p.UniqueExternalID }),
		choice("restore", "O-07", "who comes back by a POST of the same name instead of a 409: nobody, the inactive with the same externalId, or every inactive",
			func(p *Profile) *Restore { return &p.Restore }, RestoreOff, RestoreSameExternalID, RestoreInactive),
		onOff("put", "O-08, B-22", "PUT is supported; off: 405",
			func(p *Profile) *bool { return &p.Put }),
		choice("user_patch_reply", "0.3, R-48", "what answers a PATCH of a user: 200 with it, or 204",
			func(p *Profile) *Reply { return &p.UserPatchReply }, ReplyBody, ReplyNone),
		choice("group_patch_reply", "E-50 to E-55, O-28", "what answers a PATCH of a group: 204 when members were touched and 200 otherwise, always 200 with it, or always 204",
			func(p *Profile) *Reply { return &p.GroupPatchReply }, ReplyUnlessMembers, ReplyBody, ReplyNone),
		onOff("etags", "R-87, R-88", "answers carry ETag and meta.version",
			func(p *Profile) *bool { return &p.ETags }),
		onOff("hide_unreturned", "V-01", "schemas leave out what is never returned, and the gateway's own extension: Microsoft's validation expects to read back all they list",
			func(p *Profile) *bool { return &p.HideUnreturned }),
		onOff("announce_interop", "5.7", "ServiceProviderConfig says interopProfileConformant, which the draft's clients look for",
			func(p *Profile) *bool { return &p.AnnounceInterop }),
		onOff("async", "R-130", "a write with Prefer: respond-async is answered with 202, and how it ended at the vendors comes as an event",
			func(p *Profile) *bool { return &p.Async }),

		onOff("any_case_paths", "C-44", "/users is /Users",
			func(p *Profile) *bool { return &p.AnyCasePaths }),
		onOff("open_discovery", "4.2", "discovery is answered without a token",
			func(p *Profile) *bool { return &p.OpenDiscovery }),
	}
}

func onOff(name, cases, meaning string, at func(*Profile) *bool) Switch {
	return Switch{
		Name: name, Cases: cases, Meaning: meaning, Values: []string{"true", "false"},
		get: func(p *Profile) string { return fmt.Sprint(*at(p)) },
		set: func(p *Profile, value string) { *at(p) = value == "true" },
	}
}

func choice[T ~string](name, cases, meaning string, at func(*Profile) *T, values ...T) Switch {
	s := Switch{
		Name: name, Cases: cases, Meaning: meaning,
		get: func(p *Profile) string { return string(*at(p)) },
		set: func(p *Profile, value string) { *at(p) = T(value) },
	}
	for _, v := range values {
		s.Values = append(s.Values, string(v))
	}
	return s
}

// Position is the switch's value in a profile.
func (s Switch) Position(p Profile) string { return s.get(&p) }

// Set puts the switch of the name into a position. The error says what there is instead.
func (p *Profile) Set(name, value string) error {
	all := Switches()
	i := slices.IndexFunc(all, func(s Switch) bool { return s.Name == name })
	if i < 0 {
		return fmt.Errorf("%s: no such switch; there are %s", name, strings.Join(names(all), ", "))
	}
	if !slices.Contains(all[i].Values, value) {
		return fmt.Errorf("%s: want one of %s", name, strings.Join(all[i].Values, ", "))
	}
	all[i].set(p, value)
	return nil
}

func names(all []Switch) (list []string) {
	for _, s := range all {
		list = append(list, s.Name)
	}
	return list
}
