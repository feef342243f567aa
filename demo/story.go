package demo

import "slices"

// Kind is what happened to a person.
type Kind string

// The kinds of change a story has.
const (
	Leaver     Kind = "leaver"    // disabled
	Returner   Kind = "returner"  // disabled, and enabled again in the next cycle
	Rename     Kind = "rename"    // married: name, userName and mail are others
	Promotion  Kind = "promotion" // another title
	Moved      Kind = "moved"     // another department and address
	NewPhone   Kind = "new phone" // another number, or the first
	NewManager Kind = "new manager"
	Purged     Kind = "purged" // deleted for good
)

// Change is one thing that happens to one person.
type Change struct {
	Kind  Kind
	After Person
}

// Cycle is what an identity provider finds changed when it looks again.
type Cycle struct {
	Name    string
	Changes []Change
}

// Story is what happens in the company after its first day.
func Story(people []Person) []Cycle {
	free := extras(people)
	take := func() Person {
		p := free[0]
		free = free[1:]
		return p
	}
	returner := take()
	today := Cycle{Name: "changes", Changes: []Change{
		{Leaver, left(take())},
		{Rename, married(take())},
		{Returner, left(returner)},
		{Promotion, promoted(take(), "Head of Sales, \"DACH\"")},
		{NewPhone, called(take(), "+33 (0)1 44 55 66 77")},
		{Moved, moved(take())},
		{NewManager, reporting(take(), people[1].ID)},
		{Leaver, left(take())},
		{Promotion, promoted(take(), "Directrice générale adjointe")},
		{NewPhone, called(take(), "0049 (30) 9018-2000")},
	}}
	purged := take()
	purged.Gone = true
	tomorrow := Cycle{Name: "the next day", Changes: []Change{{Returner, returner}, {Purged, purged}}}
	return []Cycle{today, tomorrow}
}

// Apply is the directory after the cycle.
func (c Cycle) Apply(people []Person) []Person {
	people = slices.Clone(people)
	for _, change := range c.Changes {
		at := slices.IndexFunc(people, func(p Person) bool { return p.ID == change.After.ID })
		people[at] = change.After
	}
	return people
}

// extras are the people to whom something may happen: outside the chain and nobody's manager,
// the last to have arrived first.
func extras(people []Person) []Person {
	manages := map[string]bool{}
	for _, p := range people {
		manages[p.Manager] = true
	}
	var free []Person
	for _, p := range slices.Backward(people[chain:]) {
		if !manages[p.ID] {
			free = append(free, p)
		}
	}
	return free
}

func left(p Person) Person {
	p.Active = false
	return p
}

func married(p Person) Person {
	p.Family = "L'Hôpital-Şahin"
	p.Display = p.Given + " " + p.Family
	p.UserName = "lhopital-sahin." + p.Number + "@" + domain
	p.Mail = "m.l'hopital-sahin+" + p.Number + "@" + domain
	return p
}

func promoted(p Person, title string) Person {
	p.Title = title
	return p
}

func called(p Person, phone string) Person {
	p.Phone = phone
	return p
}

func moved(p Person) Person {
	p.Department = "Direction générale"
	p.Address = Address{"1 place de l'Étoile", "Paris", "75008", "FR"}
	return p
}

func reporting(p Person, manager string) Person {
	p.Manager = manager
	return p
}
