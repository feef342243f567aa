package all_test

import (
	"bytes"
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/all"
)

// TestEveryProductHasAPageForItsAdministrator holds the pages to what the products have: a field
// or a setting that nobody wrote about is one that nobody can use.
func TestEveryProductHasAPageForItsAdministrator(t *testing.T) {
	settings := map[string][]string{} // of the samples, by product
	for _, s := range all.Simulators() {
		sample := s.Sample()
		name := cmp.Or(sample.Product, s.Name())
		settings[name] = slices.AppendSeq(settings[name], maps.Keys(sample.Credentials))
		settings[name] = slices.AppendSeq(settings[name], maps.Keys(sample.Defaults))
	}
	for _, product := range all.Products() {
		t.Run(product.Name, func(t *testing.T) {
			page := mustPage(t, product.Name)
			if found := headings(page); !slices.Equal(found, wantedHeadings(product.Title)) {
				t.Errorf("the headings are\n%s", strings.Join(found, "\n"))
			}
			quoted := inBackticks(page)
			words := append(mappingWords(t, product), settings[product.Name]...)
			slices.Sort(words)
			for _, word := range slices.Compact(words) {
				if !quoted[word] {
					t.Errorf("`%s` is not on the page", word)
				}
			}
			facts, err := os.ReadFile(filepath.Join("..", product.Name, "doc.go"))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(facts, []byte("ASSUMED")) && !strings.Contains(page, "ASSUMED") {
				t.Error("what is ASSUMED is not told")
			}
		})
	}
}

func wantedHeadings(title string) []string {
	return []string{"# " + title, "## What is synchronised", "## What is not synchronised", "## Settings",
		"## Joiners, leavers and returners", "## Groups", "## What is assumed about the vendor",
		"## Set up Microsoft Entra ID", "## When something is wrong"}
}

// headings are those of the first two levels, examples left out.
func headings(page string) (found []string) {
	example := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			example = !example
		}
		if !example && (strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "## ")) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// inBackticks are the words that stand in backticks, by themselves.
func inBackticks(page string) map[string]bool {
	words := map[string]bool{}
	for _, match := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(page, -1) {
		words[match[1]] = true
	}
	return words
}

// mappingWords are the vendor's fields and the defaults that the product's mapping names.
func mappingWords(t *testing.T, product connectors.Product) (words []string) {
	t.Helper()
	node, faults := configs.Parse("mapping.yaml", product.Mapping)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, section := range []configs.Node{node, node.Key("group")} {
		for _, part := range []string{"fields", "on_create", "types"} {
			words = append(words, section.Key(part).Keys()...)
		}
	}
	return append(words, node.Key("defaults").Keys()...)
}

func mustPage(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "connectors", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}
