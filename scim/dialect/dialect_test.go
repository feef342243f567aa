package dialect_test

import (
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/dialect"
	"scimrelay/scim/filter"
	"scimrelay/scim/patch"
	"scimrelay/scim/profile"
	"scimrelay/scim/schema"
	"scimrelay/tenants"
)

const acme = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"

func mustLoad(tb testing.TB) *schema.Set {
	tb.Helper()
	set, err := schema.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func mustParse(tb testing.TB, text string) tenants.Tenant {
	tb.Helper()
	t, faults := tenants.Parse("t.yaml", []byte(text))
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	return t
}

const withCostGroup = `id: acme
client: {profile: entra, unique_external_id: true, restore: inactive, string_booleans: false}
extensions:
- urn: ` + acme + `
  resource: User
  attributes:
  - {name: costGroup, case_exact: true}
  - {name: level, type: integer}
`

func TestCompile(t *testing.T) {
	t.Parallel()
	base := mustLoad(t)
	d, faults := dialect.Compile(base, mustParse(t, withCostGroup))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	want, _ := profile.Named("entra")
	want.UniqueExternalID, want.Restore, want.StringBooleans = true, profile.RestoreInactive, false
	if diff := cmp.Diff(want, d.Profile); diff != "" {
		t.Error(diff)
	}
	if !reflect.DeepEqual(d.Body, want.Schema()) || !reflect.DeepEqual(d.Filter, want.Filter()) || !reflect.DeepEqual(d.Patch, want.Patch()) {
		t.Error("the rules are not the profile's")
	}
	if usual, _ := base.Type(scim.TypeUser); usual.Knows(acme) {
		t.Error("one tenant's extension is everybody's")
	}
	plain, faults := dialect.Compile(base, mustParse(t, "id: t\n"))
	if len(faults) > 0 || plain.Schemas != base || plain.Profile != profile.Default() {
		t.Errorf("a tenant that says nothing: %+v, %v", plain, faults)
	}
}

// A tenant's extension is validated, patched, filtered and discovered as the built-in ones are.
func TestAnExtensionIsLikeABuiltInOne(t *testing.T) {
	t.Parallel()
	d, _ := dialect.Compile(mustLoad(t), mustParse(t, withCostGroup))
	rt, _ := d.Schemas.Type(scim.TypeUser)
	decode := func(text string) scim.Document {
		doc, err := scim.Decode([]byte(text), scim.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	n, err := rt.Normalize(decode(`{"schemas":["`+scim.SchemaUser+`","`+acme+`"],"userName":"a","`+acme+`":{"CostGroup":"K9","level":3}}`), d.Body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Normalize(decode(`{"schemas":["`+scim.SchemaUser+`"],"userName":"a","`+acme+`":{"level":"three"}}`), d.Body); err == nil {
		t.Error("a wrong type was accepted")
	}
	for text, want := range map[string]bool{
		acme + `:costGroup eq "K9"`: true, acme + `:COSTGROUP sw "K"`: true, acme + `:costGroup eq "k9"`: false, // R-15, case exact
		acme + `:level gt 2`: true, acme + `:level lt 3`: false, `level eq 3`: true,
	} {
		f, err := filter.Compile(rt, text, d.Filter)
		if err != nil || f.Match(filter.Subject{Document: n.Document}) != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
	if _, err := filter.Compile(rt, acme+`:level co "3"`, d.Filter); err == nil {
		t.Error("an integer was searched for text")
	}
	got, err := patch.Apply(rt, patch.Current{Document: n.Document}, decode(`{"schemas":["`+scim.MessagePatch+`"],"Operations":[
		{"op":"replace","path":"`+acme+`:costGroup","value":"K1"},{"op":"remove","path":"`+acme+`:level"}]}`), d.Patch)
	if diff := cmp.Diff(scim.Document{"costGroup": "K1"}, got.Document[acme]); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, ok := (schema.Discovery{Set: d.Schemas}).Schema(acme); !ok {
		t.Error("the extension is not discovered")
	}
}

func TestCheckReportsEveryFaultAtItsPlace(t *testing.T) {
	t.Parallel()
	faults := dialect.Check(mustLoad(t))(mustParse(t, `id: t
client: {profile: google, put: maybe, nosuch: true}
extensions:
- {urn: "urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User", resource: User, attributes: [{name: a}]}
- {urn: "urn:acme:user", resource: User, attributes: [{name: a}]}
`))
	want := []string{
		`2:19: client.profile: unknown profile "google"; there are [default entra okta jumpcloud onelogin ping strict]`,
		`2:32: client.put: want one of true, false`,
		`2:47: client.nosuch: no such switch; there are `,
		`4:9: extensions: schema: extension "urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User": the URN is another schema's`,
	}
	got := strings.Split(strings.ReplaceAll(faults.Sorted().Error(), "t.yaml:", ""), "\n")
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

func TestCacheFollowsTheFile(t *testing.T) {
	t.Parallel()
	cache := dialect.NewCache(mustLoad(t))
	before, after, other := mustParse(t, withCostGroup), mustParse(t, "id: acme\nclient: {profile: okta}\n"), mustParse(t, "id: other\n")
	first, err := cache.Of(&before)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := cache.Of(&before); again != first {
		t.Error("compiled again without a change")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, tenant := range []*tenants.Tenant{&after, &other, &before} {
				if d, err := cache.Of(tenant); err != nil || d.Schemas == nil {
					t.Errorf("%s: %v", tenant.ID, err)
				}
			}
		})
	}
	wg.Wait()
	if d, _ := cache.Of(&after); d.Profile.Restore != profile.RestoreSameExternalID {
		t.Error("the old file's dialect")
	}
	bad := mustParse(t, "id: acme\nclient: {profile: google}\n")
	if _, err := cache.Of(&bad); err == nil || !strings.Contains(err.Error(), "unknown profile") {
		t.Errorf("got %v", err)
	}
}

func TestTheExampleTenantCompiles(t *testing.T) {
	t.Setenv("ACME_SAGE_PUBLIC", "public")
	t.Setenv("ACME_SAGE_PRIVATE", "private")
	data, err := os.ReadFile("../../configs/tenants/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, faults := dialect.Compile(mustLoad(t), mustParse(t, string(data)))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if rt, _ := d.Schemas.Type(scim.TypeUser); !rt.Knows(acme) {
		t.Error("the example's extension is missing")
	}
}
