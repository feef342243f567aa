// Package schematest gives tests of the protocol the schemas compiled into the program.
//
// It owns no cases: those stand beside what they are about.
package schematest

import (
	"testing"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// User is the type of users, without any extension of a tenant's.
func User(tb testing.TB) *schema.ResourceType {
	tb.Helper()
	return named(tb, scim.TypeUser)
}

// Group is the type of groups.
func Group(tb testing.TB) *schema.ResourceType {
	tb.Helper()
	return named(tb, scim.TypeGroup)
}

func named(tb testing.TB, name string) *schema.ResourceType {
	tb.Helper()
	set, err := schema.Load()
	if err != nil {
		tb.Fatal(err)
	}
	rt, ok := set.Type(name)
	if !ok {
		tb.Fatal("no type " + name)
	}
	return rt
}

// Encode is the document's JSON.
func Encode(tb testing.TB, doc scim.Document) string {
	tb.Helper()
	out, err := scim.Encode(doc)
	if err != nil {
		tb.Fatal(err)
	}
	return string(out)
}
