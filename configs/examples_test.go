package configs_test

import (
	"io/fs"
	"strings"
	"testing"

	"scimrelay/configs"
)

func TestExampleProductsAreWhole(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(configs.ExampleProducts(), "*.yaml")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(configs.ExampleProducts(), name)
		if _, faults := configs.Parse(name, text); err != nil || len(faults) > 0 || !strings.HasPrefix(string(text), "# ") {
			t.Errorf("%s: %v %v", name, err, faults)
		}
	}
}
