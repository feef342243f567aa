package patch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/patch"
	"scimrelay/scim/profile"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

// FuzzPatch applies any message to any user and any group, under the most lenient and the
// strictest profile.
func FuzzPatch(f *testing.F) {
	for _, c := range applied {
		f.Add([]byte(expand(c.user)), []byte(expand(message(c.ops))))
	}
	for _, c := range dialogues {
		f.Add([]byte(expand(c.user)), []byte(expand(message(c.ops))))
	}
	for _, c := range memberOps {
		f.Add([]byte(`{"displayName":"Finance"}`), []byte(expand(message(c.ops))))
	}
	user, group := schematest.User(f), schematest.Group(f)
	strict, _ := profile.Named("strict")
	f.Fuzz(func(t *testing.T, resource, body []byte) {
		for _, rt := range []*schema.ResourceType{user, group} {
			doc, err := scim.Decode(resource, scim.DefaultLimits())
			if err != nil {
				return
			}
			n, err := rt.Normalize(doc, schema.Rules{})
			if err != nil {
				continue
			}
			lenient := checkPatch(t, rt, n.Document, body, patch.Rules{})
			if checkPatch(t, rt, n.Document, body, strict.Patch()) && !lenient {
				t.Fatal("strict accepts what lenient refuses")
			}
		}
	})
}

// checkPatch applies a message, decoded in both ways, and reports whether it was accepted.
func checkPatch(t *testing.T, rt *schema.ResourceType, doc scim.Document, body []byte, rules patch.Rules) bool {
	t.Helper()
	before := schematest.Encode(t, doc)
	var results []patch.Result
	limits := scim.DefaultLimits()
	for _, limits.Members = range []bool{false, true} {
		message, err := scim.Decode(body, limits)
		if err != nil {
			return false
		}
		begin := time.Now()
		got, err := patch.Apply(rt, patch.Current{ID: "x", Document: doc, Members: present}, message, rules)
		if took := time.Since(begin); took > time.Second {
			t.Fatalf("took %v", took)
		}
		if after := schematest.Encode(t, doc); after != before {
			t.Fatalf("Apply changed its input to %s", after)
		}
		if err != nil {
			checkRefusal(t, err)
		} else {
			checkResult(t, rt, before, got)
		}
		results = append(results, got)
	}
	if diff := cmp.Diff(results[0], results[1]); diff != "" {
		t.Fatalf("decoded with Members it is another message: %s", diff)
	}
	if results[0].Document == nil {
		return false
	}
	if strings.Contains(schematest.Encode(t, results[0].Document), `"password":`) && !strings.Contains(before, `"password":`) && !strings.Contains(string(body), `urn:`) {
		t.Fatal("a password was kept")
	}
	return true
}

func present() ([]scim.Member, error) {
	return []scim.Member{{Value: "A", Type: scim.TypeUser}, {Value: "B"}, {Value: "G", Type: scim.TypeGroup}}, nil
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	types := []string{scim.TypeInvalidSyntax, scim.TypeInvalidValue, scim.TypeInvalidPath, scim.TypeInvalidFilter, scim.TypeNoTarget, scim.TypeMutability, scim.TypeTooMany}
	if e := scim.AsError(err); e.Status != 400 || !slices.Contains(types, e.Type) || e.Detail == "" {
		t.Fatalf("%#v", e)
	}
}

func checkResult(t *testing.T, rt *schema.ResourceType, before string, got patch.Result) {
	t.Helper()
	checkNormal(t, rt, got.Document)
	if got.Changed == (schematest.Encode(t, got.Document) == before) {
		t.Fatalf("Changed = %v", got.Changed)
	}
	seen := map[string]bool{}
	for _, id := range append(slices.Clone(got.Members.Add), got.Members.Remove...) {
		if id == "" || seen[id] {
			t.Fatalf("%q twice or nobody: %+v", id, got.Members)
		}
		seen[id] = true
	}
	if got.Members.Clear && len(got.Members.Remove) > 0 {
		t.Fatalf("removed from a group that was cleared: %+v", got.Members)
	}
	if _, ok := rt.Members(); !ok && !got.Members.Empty() {
		t.Fatalf("a %s has members", rt.Name)
	}
}
