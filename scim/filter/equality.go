package filter

import "scimrelay/scim/schema"

// The attributes a store keeps an index of. WorkMail is emails[type eq "work"].value, ByMember
// and ByGroup are members.value and groups.value however they are written.
const (
	UserName    = "userName"
	DisplayName = "displayName"
	ExternalID  = "externalId"
	ID          = "id"
	WorkMail    = "emails.work"
	ByMember    = "members.value"
	ByGroup     = "groups.value"
)

// Equality is a comparison every match of the filter must satisfy.
type Equality struct {
	Attribute string // one of the constants
	// Value is the literal in the form of schema.Attribute.Key: folded for UserName,
	// DisplayName and WorkMail, as written for the ids.
	Value string
}

// Equalities are the indexed comparisons that the filter demands beside everything else:
// those that stand alone or in a chain of and. Resources found by one of them still have
// to Match. There are none if the filter can match nothing because of an unknown attribute.
func (f *Filter) Equalities() []Equality {
	if len(f.unknown) > 0 {
		return nil
	}
	return equalities(f.root, nil)
}

func equalities(n node, list []Equality) []Equality {
	switch n := n.(type) {
	case allOf:
		for _, term := range n {
			list = equalities(term, list)
		}
	case test:
		if n.demands() && n.path.URN == "" {
			list = append(list, n.equality()...)
		}
	case elements:
		if value, ok := n.workMail(); ok {
			list = append(list, Equality{WorkMail, value})
		}
		if ids, _, ok := valuesOf(n.where); ok && n.related && len(ids) == 1 {
			list = append(list, Equality{n.path.Name + ".value", ids[0]})
		}
	}
	return list
}

func (t *test) equality() []Equality {
	switch t.path.Name {
	case UserName, DisplayName, ExternalID, ID:
		if t.path.SubName == "" {
			return []Equality{{t.path.Name, t.key}}
		}
	}
	if t.related && t.path.SubName == "value" {
		return []Equality{{t.path.Name + ".value", t.key}}
	}
	return nil
}

// demands reports whether only values equal to the key satisfy the test.
func (t *test) demands() bool {
	return t.op == Equal && !t.null && t.leaf != nil &&
		(t.leaf.Type == schema.String || t.leaf.Type == schema.Reference)
}

// workMail is the value that both spellings of E-14 ask for, in either order.
func (n elements) workMail() (string, bool) {
	if n.path.URN != "" || n.path.Name != "emails" {
		return "", false
	}
	work, value, found := false, "", false
	for _, t := range conjuncts(n.where, nil) {
		switch {
		case !t.demands():
		case t.path.Name == "type":
			work = work || t.key == "work"
		case t.path.Name == "value":
			value, found = t.key, true
		}
	}
	return value, work && found
}

// conjuncts are the tests in a chain of and; what is under or and not is left out.
func conjuncts(n node, list []test) []test {
	switch n := n.(type) {
	case allOf:
		for _, term := range n {
			list = conjuncts(term, list)
		}
	case test:
		list = append(list, n)
	}
	return list
}

// valuesOf are the values one of which an element must have to match; see Selector.Values.
func valuesOf(n node) (values []string, exact, ok bool) {
	switch n := n.(type) {
	case test:
		if n.demands() && n.path.URN == "" && n.path.Name == "value" && n.path.SubName == "" {
			return []string{n.key}, true, true
		}
	case anyOf:
		return valuesOfAny(n)
	case allOf:
		return valuesOfAll(n)
	}
	return nil, false, false
}

func valuesOfAny(terms anyOf) (values []string, exact, ok bool) {
	exact = true
	for _, term := range terms {
		more, e, ok := valuesOf(term)
		if !ok {
			return nil, false, false
		}
		values, exact = append(values, more...), exact && e
	}
	return values, exact, true
}

// valuesOfAll takes what the first term that says something says: the others make it fewer.
func valuesOfAll(terms allOf) (values []string, exact, ok bool) {
	for _, term := range terms {
		if values, exact, ok = valuesOf(term); ok {
			return values, exact && len(terms) == 1, true
		}
	}
	return nil, false, false
}
