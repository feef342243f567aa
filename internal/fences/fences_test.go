package fences_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "scimrelay"

// source is one file of a package that ships, tests left out.
type source struct {
	dir  string // from the root, with slashes
	name string
	file *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	root := os.DirFS("../..")
	var all []source
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != "." || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", p), nil, parser.ParseComments|parser.SkipObjectResolution)
		all = append(all, source{path.Dir(p), p, file})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found %d files: the walk looks in the wrong place", len(all))
	}
	return all
}

func imports(s source) (paths []string) {
	for _, i := range s.file.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// within reports whether dir is one of the folders or lies in one.
func within(dir string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// TestLibrariesStayBehindTheirFence: who may import what from outside.
func TestLibrariesStayBehindTheirFence(t *testing.T) {
	t.Parallel()
	for library, folders := range map[string][]string{
		"github.com/gin-gonic/gin":   {"scim/server", "console"},
		"github.com/hibiken/asynq":   {"queue"},
		"github.com/redis/go-redis":  {"queue", "internal/services"},
		"github.com/go-resty/resty":  {"connectors/internal/rest"},
		"database/sql":               {"store", "internal/services"}, // services starts the server that the store is tested on
		"github.com/jackc/pgx":       {"store", "internal/services"},
		"modernc.org/sqlite":         {"store"},
		"github.com/pressly/goose":   {"store"},
		"github.com/expr-lang/expr":  {"connectors"},
		"github.com/goccy/go-yaml":   {"configs"},
		"github.com/alecthomas/kong": {"cmd"},
		"math/rand":                  {"cmd"}, // randomness is passed in
		"testing":                    {"internal/services", "internal/board", "scim/schema/schematest", "store/storetest", "connectors/connectortest", "queue/queuetest", "relay/relaytest", "notify/notifytest"},

		"github.com/wneessen/go-mail": {"notify/smtp"},
		"net/smtp":                    nil, // the library above knows more of what servers do
	} {
		for _, s := range sources(t) {
			for _, p := range imports(s) {
				if within(p, library) && !within(s.dir, folders...) {
					t.Errorf("%s imports %s, which belongs to %v", s.name, p, folders)
				}
			}
		}
	}
}

// TestImportsPointOneWay: which of our packages each part of the house may know.
func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	leaves := []string{"scim", "scim/schema", "scim/filter", "scim/patch", "scim/profile", "tenants", "quarantine", "configs"}
	for _, rule := range []struct {
		dir     string
		allowed []string
	}{
		{"configs", nil},
		{"quarantine", nil},
		{"secrets", nil},
		{"telemetry", []string{"configs"}},
		{"tenants", []string{"configs"}},
		{"scim/server", append([]string{"store"}, leaves...)},
		{"scim/dialect", leaves},
		{"scim", []string{"scim"}},
		{"connectors", append([]string{"connectors"}, leaves...)},
		{"store", append([]string{"store"}, leaves...)},
		{"relay", append([]string{"store", "connectors"}, leaves...)},
		{"queue", append([]string{"store", "relay", "queue"}, leaves...)},
		{"notify/smtp", []string{"notify", "configs"}},
		{"notify/notifytest", nil},
		{"notify", append([]string{"notify", "store", "connectors/webhook"}, leaves...)},
		{"demo", nil},
	} {
		for _, s := range sources(t) {
			if !within(s.dir, rule.dir) || (rule.dir == "scim" && within(s.dir, "scim/server", "scim/dialect")) {
				continue
			}
			for _, p := range imports(s) {
				ours, ok := strings.CutPrefix(p, module+"/")
				if ok && !within(ours, append(rule.allowed, rule.dir)...) {
					t.Errorf("%s imports %s; %s may know %v", s.name, ours, rule.dir, rule.allowed)
				}
			}
		}
	}
}

// TestNoProductKnowsAnother: a product's folder can be removed with its line in connectors/all.
func TestNoProductKnowsAnother(t *testing.T) {
	t.Parallel()
	framework := []string{"connectors/internal", "connectors/connectortest", "connectors/simhost", "connectors/all"}
	for _, s := range sources(t) {
		if !within(s.dir, "connectors") || s.dir == "connectors" || within(s.dir, "connectors/all") {
			continue
		}
		own := strings.Join(strings.SplitN(s.dir, "/", 3)[:2], "/")
		for _, p := range imports(s) {
			ours, ok := strings.CutPrefix(p, module+"/")
			if ok && within(ours, "connectors") && ours != "connectors" && !within(ours, append(framework, own)...) {
				t.Errorf("%s imports %s", s.name, ours)
			}
		}
	}
}

// TestOneClientCallsOut: outbound HTTP is connectors/internal/rest's. The demo plays the
// identity provider and calls the gateway it started itself.
func TestOneClientCallsOut(t *testing.T) {
	t.Parallel()
	outbound := []string{"Get", "Post", "PostForm", "Head", "Client", "DefaultClient", "Transport", "DefaultTransport", "NewRequest", "NewRequestWithContext"}
	for _, s := range sources(t) {
		if within(s.dir, "connectors/internal/rest", "demo") || !slices.Contains(imports(s), "net/http") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "http" && slices.Contains(outbound, sel.Sel.Name) {
				t.Errorf("%s uses http.%s", s.name, sel.Sel.Name)
			}
			return true
		})
	}
}

// TestEveryPackageSaysWhatItOwns, and none has an init function.
func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	t.Parallel()
	documented := make(map[string]bool)
	for _, s := range sources(t) {
		text := s.file.Doc.Text()
		opens := strings.HasPrefix(text, "Package "+s.file.Name.Name+" ") || strings.HasPrefix(text, "Command ")
		documented[s.dir] = documented[s.dir] || opens
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", s.name)
			}
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s does not open by saying what it owns", dir)
		}
	}
}
