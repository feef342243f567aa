package profile_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"scimrelay/scim/profile"
)

var update = flag.Bool("update", false, "write docs/client-profiles.md")

const document = "../../docs/client-profiles.md"

// TestTheDocumentIsTheTable: what operators read is what the code does.
func TestTheDocumentIsTheTable(t *testing.T) {
	t.Parallel()
	want := render()
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the tables say: run the test with -update", document)
	}
}

func render() string {
	var b strings.Builder
	b.WriteString(`# Client profiles

Identity providers disagree with the RFCs and with each other. Where they do, a switch decides,
and a profile is one position of all switches. A tenant's file names its profile and may put
single switches into another position:

` + "```yaml" + `
client: {profile: entra, unique_external_id: true, restore: same_external_id}
` + "```" + `

Without ` + "`client`" + ` the profile is ` + "`default`" + `, which serves Entra and Okta at the same time; the case
numbers are those of the compatibility table. Whatever a lenient switch lets through is counted
by rule and attribute, never by value, so that an operator sees which oddities a client sends.

This page is written from the code (` + "`go test ./scim/profile -update`" + `): change it there.

## What the switches mean

| switch | values | meaning | cases |
|---|---|---|---|
`)
	for _, s := range profile.Switches() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, strings.Join(s.Values, ", "), s.Meaning, s.Cases)
	}
	b.WriteString("\n## The profiles\n\n| switch |")
	for _, name := range profile.Names() {
		fmt.Fprintf(&b, " %s |", name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(profile.Names())) + "\n")
	usual := profile.Default()
	for _, s := range profile.Switches() {
		fmt.Fprintf(&b, "| `%s` |", s.Name)
		for _, name := range profile.Names() {
			p, _ := profile.Named(name)
			position := s.Position(p)
			if position != s.Position(usual) {
				position = "**" + position + "**"
			}
			fmt.Fprintf(&b, " %s |", position)
		}
		b.WriteString("\n")
	}
	b.WriteString("\nWhat differs from the default is in bold.\n")
	return b.String()
}
