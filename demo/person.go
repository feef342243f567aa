package demo

import "strings"

// Person is somebody in the company's directory. People compare with ==.
type Person struct {
	ID       string // the directory's own, for ever
	Nick     string // mailNickname: Entra's externalId
	UserName string
	Mail     string
	Given    string
	Family   string // empty for people with a single name
	Display  string // empty for a few
	Title    string
	// Department is one of the company's, Number the employee number.
	Department string
	Number     string
	Language   string
	Phone      string // as people write it, empty for some
	Mobile     string
	Address    Address
	Manager    string // the manager's ID
	Active     bool
	Gone       bool // deleted for good
}

// Address is where a person works; the zero Address is none.
type Address struct {
	Street, City, PostalCode, Country string
}

// Name is the person's full name, for people who read.
func (p Person) Name() string { return strings.TrimSpace(p.Given + " " + p.Family) }

// People finds people by their ID.
type People map[string]Person

// ByID indexes people.
func ByID(people []Person) People {
	index := make(People, len(people))
	for _, p := range people {
		index[p.ID] = p
	}
	return index
}
