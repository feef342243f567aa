// Package planted holds bugs that the checks must find: each is a text of the source and what
// stands in its place while one run of tests is built. The product itself has none of them in it.
//
// Whoever changes a text that a bug needs changes the bug with it: a test says so at once. Whether
// each is found takes minutes, and is asked at night.
package planted

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Bug is one that the tests of a package have to find.
type Bug struct {
	Name  string
	File  string // from the module's root
	Old   string
	New   string
	Found Suite
}

// Suite is a package's tests, all of them or those that match.
type Suite struct{ Package, Run string }

// overlay writes the file with the bug in it into dir, beside what tells the compiler to take it,
// and returns that file's name.
func (b Bug) overlay(root, dir string) (string, error) {
	path := filepath.Join(root, b.File)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), b.Old); n != 1 {
		return "", fmt.Errorf("%s: the text of %q is there %d times", b.File, b.Name, n)
	}
	bad := filepath.Join(dir, "planted.go")
	if err := os.WriteFile(bad, []byte(strings.Replace(string(text), b.Old, b.New, 1)), 0o600); err != nil { //nolint:gosec // the folder is the test's own
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: bad}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, list, 0o600)
}
