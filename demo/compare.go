package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Verdict is how one person's account compares with the directory.
type Verdict struct {
	Person   Person
	Key      string
	Accounts []Account // none, one, or doubled ones
	Faults   []Difference
	removed  bool // there must be no account
}

// Difference is one field that is not as wanted.
type Difference struct {
	Field, Want, Have string
}

// String names the field with both values.
func (d Difference) String() string {
	return fmt.Sprintf("%s is %q instead of %q", d.Field, d.Have, d.Want)
}

// Comparison is a vendor held against the directory.
type Comparison struct {
	Vendor   Vendor
	Verdicts []Verdict // in the order of the directory
	Extra    []Account // that nobody in the directory has
	// Wanted and Held count accounts, WantedActive and HeldActive the active ones.
	Wanted, Held, WantedActive, HeldActive int
	// Each person is one of these.
	Equal, Differing, Missing, Doubled int
	// Groups is how many groups are wanted, Odd those that are not as wanted, with why.
	Groups int
	Odd    []string
	// Pending is the changes the gateway still works on, where that is known.
	Pending int
}

// OK reports that the vendor holds the directory, the whole of it and nothing else, and that
// nothing is on its way.
func (c Comparison) OK() bool {
	return c.Equal == c.Wanted && len(c.Extra) == 0 && len(c.Odd) == 0 && c.Pending == 0
}

// Compare holds the vendor's accounts against the people who were ever pushed, and its groups
// against theirs.
func Compare(v Vendor, people []Person, state State) Comparison {
	c := Comparison{Vendor: v}
	c.compareGroups(people, state)
	all, accounts := ByID(people), state.byID()
	left := map[string][]Account{}
	for _, a := range state.Accounts {
		if v.Own == nil || !v.Own(a) {
			left[fold(a.Key)] = append(left[fold(a.Key)], a)
			c.hold(a)
		}
	}
	for _, p := range people {
		key := fold(v.Key(p))
		verdict := Verdict{Person: p, Key: key, Accounts: left[key], removed: v.Removes && !active(p)}
		delete(left, key)
		if len(verdict.Accounts) == 1 {
			verdict.Faults = v.faults(p, all, verdict.Accounts[0], accounts)
		}
		c.judge(verdict)
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		c.Extra = append(c.Extra, left[key]...)
	}
	return c
}

func (v Vendor) faults(p Person, all People, a Account, accounts Accounts) (faults []Difference) {
	want, have := v.Want(p, all), v.Have(a, accounts)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if want[name] != have[name] {
			faults = append(faults, Difference{name, want[name], have[name]})
		}
	}
	if a.Active != active(p) || v.Removes && !active(p) {
		faults = append(faults, Difference{"active", fmt.Sprint(active(p)), fmt.Sprint(a.Active)})
	}
	return faults
}

func (c *Comparison) hold(a Account) {
	c.Held++
	if a.Active {
		c.HeldActive++
	}
}

func (c *Comparison) judge(v Verdict) {
	c.Verdicts = append(c.Verdicts, v)
	c.Wanted++
	if active(v.Person) {
		c.WantedActive++
	}
	switch {
	case len(v.Accounts) == 0 && v.removed:
		c.Equal++
	case len(v.Accounts) == 0:
		c.Missing++
	case len(v.Accounts) > 1:
		c.Doubled++
	case len(v.Faults) > 0:
		c.Differing++
	default:
		c.Equal++
	}
}

// String says what is wrong in a line, and "equal" when nothing is.
func (v Verdict) String() string {
	switch {
	case len(v.Accounts) == 0 && v.removed:
		return "equal"
	case len(v.Accounts) == 0:
		return "no account"
	case len(v.Accounts) > 1:
		return fmt.Sprintf("%d accounts", len(v.Accounts))
	case len(v.Faults) == 0:
		return "equal"
	}
	parts := make([]string, len(v.Faults))
	for i, f := range v.Faults {
		parts[i] = f.String()
	}
	return strings.Join(parts, "; ")
}

// Of returns the verdict on the person.
func (c Comparison) Of(id string) (Verdict, bool) {
	at := slices.IndexFunc(c.Verdicts, func(v Verdict) bool { return v.Person.ID == id })
	if at < 0 {
		return Verdict{}, false
	}
	return c.Verdicts[at], true
}
