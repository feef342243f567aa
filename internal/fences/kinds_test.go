package fences_test

import (
	"go/ast"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"scimrelay/quarantine"
	"scimrelay/tenants"
)

// kindText is a kind of event, or the family that the code puts a word behind.
var kindText = regexp.MustCompile(`^(resource|link|membership|deletes|target|notice|token|secret|tenant)\.[a-z_-]*$`)

// noKind are strings that only look like one.
var noKind = []string{"token.key"}

// decided are the words of a person's decision.
var decided = []string{"approved", "rejected"}

// made are the words that the code puts behind a family.
var made = map[string][]string{
	"deletes.": decided, "link.": decided, "membership.": decided,
	"target.": {"active", string(quarantine.Throttled), string(quarantine.Quarantined), string(quarantine.Probing),
		string(quarantine.Recovering), string(quarantine.Disabled)},
	"notice.": {"delivered", "given-up"},
	"token.":  {string(tenants.Expired), string(tenants.Deleted)},
}

// The page that an auditor reads names every kind of event that is written, and no other.
func TestTheAuditsPageNamesEveryKind(t *testing.T) {
	t.Parallel()
	written := map[string]bool{}
	for _, s := range sources(t) {
		top, _, _ := strings.Cut(s.dir, "/")
		if !slices.Contains([]string{"store", "relay", "cmd", "scim", "queue", "notify", "console"}, top) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil || !kindText.MatchString(text) || slices.Contains(noKind, text) {
				return true
			}
			if !strings.HasSuffix(text, ".") {
				written[text] = true
				return true
			}
			if made[text] == nil {
				t.Errorf("%s: what is put behind %q? say so here", s.name, text)
			}
			for _, word := range made[text] {
				written[text+word] = true
			}
			return true
		})
	}
	if len(written) < 40 {
		t.Fatalf("found only %d kinds: %v", len(written), slices.Sorted(maps.Keys(written)))
	}
	listed := listedKinds(t)
	for kind := range written {
		if !listed[kind] {
			t.Errorf("docs/audit.md does not name %s", kind)
		}
	}
	for kind := range listed {
		if !written[kind] {
			t.Errorf("docs/audit.md names %s, which nothing writes", kind)
		}
	}
}

// listedKinds are those of the page's first table. A word that begins with a dot has the family
// of the one before it.
func listedKinds(t *testing.T) map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| kind | when | actor |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	quoted, listed := regexp.MustCompile("`([^`]+)`"), map[string]bool{}
	for row := range strings.Lines(table) {
		family := ""
		for _, kind := range quoted.FindAllStringSubmatch(strings.Split(row, "|")[1], -1) {
			name := kind[1]
			if strings.HasPrefix(name, ".") {
				name = family + name
			}
			family, _, _ = strings.Cut(name, ".")
			if listed[name] {
				t.Errorf("%s is there twice", name)
			}
			listed[name] = true
		}
	}
	return listed
}
