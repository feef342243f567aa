package tenants_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
	"scimrelay/tenants"
)

const (
	entraTenant = "3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44"
	otherEntra  = "aaaaaaaa-9a55-4d7b-8f0e-51b1c0de7a44"
	principal   = "0b1c2d3e-1111-2222-3333-444455556666"
)

// mustParse reads a tenant whose secrets are files beside its own, named like their values.
func mustParse(t testing.TB, text string, secrets map[string]string) (tenants.Tenant, configs.Faults) {
	t.Helper()
	dir := t.TempDir()
	for name, value := range secrets {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tenants.Parse(filepath.Join(dir, "t.yaml"), []byte(text))
}

func TestATenantThatSaysNothingTakesItsTokensOnly(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"id: t\n", "id: t\nauth:\n", "id: t\nauth: {}\n", "id: t\nauth: {bearer: true, bare_token: true}\n"} {
		tenant, faults := tenants.Parse("t.yaml", []byte(text))
		if diff := cmp.Diff(tenants.DefaultAuth(), tenant.Auth); diff != "" || len(faults) > 0 {
			t.Errorf("%q: %v\n%s", text, faults, diff)
		}
	}
}

func TestEveryModeOfATenantIsRead(t *testing.T) {
	t.Parallel()
	tenant, faults := mustParse(t, `id: t
auth:
  bearer: false
  oauth_clients:
    - {id: acme-entra, secrets: ["${file:a}", "${file:b}"], lifetime: 6h}
    - {id: acme-two, secrets: ["${file:a}"]}
  basic:
    - {username: okta, passwords: ["${file:p}"]}
  entra: {tenant_id: 3F6C2C1E-9A55-4D7B-8F0E-51B1C0DE7A44}
  federation:
    - {client_id: acme-entra, tenant_id: `+entraTenant+`, subject: `+principal+`, audiences: ["api://x", "api://x/y"]}
`, map[string]string{"a": strings.Repeat("a", 32), "b": strings.Repeat("b", 1024), "p": strings.Repeat("p", 16)})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	want := tenants.Auth{
		Clients: []tenants.OAuthClient{
			{ID: "acme-entra", Secrets: []configs.Secret{configs.NewSecret(strings.Repeat("a", 32)), configs.NewSecret(strings.Repeat("b", 1024))}, Lifetime: 6 * time.Hour},
			{ID: "acme-two", Secrets: []configs.Secret{configs.NewSecret(strings.Repeat("a", 32))}, Lifetime: time.Hour}},
		Basic: []tenants.BasicUser{{Username: "okta", Passwords: []configs.Secret{configs.NewSecret(strings.Repeat("p", 16))}}},
		Entra: &tenants.Entra{Tenant: entraTenant, Audiences: []string{"8adf8e6e-67b2-4cf2-a259-e3dc5476c621"}},
		Federation: []tenants.Federation{{ClientID: "acme-entra", Tenant: entraTenant, Subject: principal,
			Audiences: []string{"api://x", "api://x/y"}}},
	}
	if diff := cmp.Diff(want, tenant.Auth, cmp.Comparer(configs.Secret.Equal)); diff != "" {
		t.Fatal(diff)
	}
	modes := strings.Join(tenant.Auth.Modes(), "\n")
	wantModes := `oauth_clients: acme-entra, 2 secret(s), tokens live 6h0m0s
oauth_clients: acme-two, 1 secret(s), tokens live 1h0m0s
basic: okta, 1 password(s)
entra: tokens of the Entra tenant ` + entraTenant + ` for 8adf8e6e-67b2-4cf2-a259-e3dc5476c621
federation: acme-entra as ` + principal + ` of the Entra tenant ` + entraTenant + ` for api://x, api://x/y`
	if diff := cmp.Diff(wantModes, modes); diff != "" {
		t.Error(diff)
	}
}

func TestSchemesAreWhatTheTenantOffers(t *testing.T) {
	t.Parallel()
	full := tenants.Auth{Bearer: true, Clients: []tenants.OAuthClient{{}}, Basic: []tenants.BasicUser{{}}, Entra: &tenants.Entra{}}
	for name, c := range map[string]struct {
		auth tenants.Auth
		want []string
	}{
		"the default":     {tenants.DefaultAuth(), []string{"oauthbearertoken"}},
		"everything":      {full, []string{"oauthbearertoken", "oauth2", "oauthbearertoken", "httpbasic"}},
		"federation only": {tenants.Auth{Federation: []tenants.Federation{{}}}, []string{"oauth2"}},
		"basic only":      {tenants.Auth{Basic: []tenants.BasicUser{{}}}, []string{"httpbasic"}},
	} {
		var got []string
		for i, s := range c.auth.Schemes() {
			got = append(got, s.Type)
			if s.Primary != (i == 0) || s.Name == "" || s.Description == "" || !strings.HasPrefix(s.SpecURI, "https://www.rfc-editor.org/rfc/rfc") {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if len(full.Modes()) != 4 || len((tenants.Auth{}).Schemes()) != 0 {
		t.Error("modes and schemes do not follow the tenant")
	}
}

func TestEveryFaultOfAuthIsReportedAtItsPlace(t *testing.T) {
	t.Parallel()
	const short, long = "thirty-one-bytes-are-too-few-xx", "thirty-two-bytes-are-just-enough"
	tenant, faults := mustParse(t, `id: t
auth:
  bearer: maybe
  bare_token: 1
  digest: true
  oauth_clients:
    - {id: "a b", secrets: ["${file:short}", "${file:lines}", "literal", "${file:none}"], lifetime: 7h}
    - {id: "", secrets: [], lifetime: 0, scope: x}
    - {secrets: "${file:long}", lifetime: soon}
    - {id: twice, secrets: ["${file:long}", "${file:long}"], lifetime: 59m}
    - {id: twice, secrets: ["${file:huge}"]}
  basic:
    - {username: "a:b", passwords: ["${file:tiny}"]}
    - {username: "", passwords: []}
    - {username: "a\tb"}
    - {username: okta, passwords: ["${file:long}"]}
    - {username: okta, passwords: ["${file:long}"]}
  entra: {tenant_id: common, audiences: []}
  federation:
    - {client_id: a/b, tenant_id: "https://x", subject: "", audiences: ["", "two words"]}
    - {client_id: x}
    - {client_id: y, tenant_id: `+entraTenant+`, subject: s, audiences: [a]}
    - {client_id: z, tenant_id: 3F6C2C1E-9A55-4D7B-8F0E-51B1C0DE7A44, subject: s, audiences: [a]}
    - text
`, map[string]string{"short": short, "long": long, "tiny": "fifteen-letters", "lines": long + "\nx", "huge": strings.Repeat("x", 1025)})
	want := []string{
		`3:11: auth.bearer: want true or false, found text`,
		`4:15: auth.bare_token: want true or false, found a number`,
		`5:3: unknown key "digest": known here are bearer, bare_token, oauth_clients, basic, entra, federation`,
		`7:12: auth.oauth_clients[0].id: want 1 to 64 letters, digits and - . _ ~`,
		`7:29: auth.oauth_clients[0].secrets[0]: want 32 to 1024 bytes`,
		`7:46: auth.oauth_clients[0].secrets[1]: want no line ends and other control characters in it`,
		`7:63: auth.oauth_clients[0].secrets[2]: a secret stands only as ${env:NAME} or ${file:PATH}`,
		`7:74: auth.oauth_clients[0].secrets[3]: the file none cannot be read: no such file or directory`,
		`7:101: auth.oauth_clients[0].lifetime: want 1h to 6h`,
		`8:12: auth.oauth_clients[1].id: want 1 to 64 letters, digits and - . _ ~`,
		`8:25: auth.oauth_clients[1].secrets: want at least one`,
		`8:39: auth.oauth_clients[1].lifetime: want 1h to 6h`,
		`8:42: unknown key "scope": known here are id, secrets, lifetime`,
		`9:7: auth.oauth_clients[2]: id is required`,
		`9:17: auth.oauth_clients[2].secrets: want a list, found text`,
		`9:43: auth.oauth_clients[2].lifetime: want a duration such as "5s" or "1h30m", or 0`,
		`10:45: auth.oauth_clients[3].secrets[1]: the same secret stands already in the list`,
		`10:72: auth.oauth_clients[3].lifetime: want 1h to 6h`,
		`11:12: auth.oauth_clients[4].id: the client stands already in the list`,
		`11:29: auth.oauth_clients[4].secrets[0]: want 32 to 1024 bytes`,
		`13:18: auth.basic[0].username: want 1 to 128 letters without a colon (RFC 7617)`,
		`13:37: auth.basic[0].passwords[0]: want 16 to 1024 bytes`,
		`14:18: auth.basic[1].username: want 1 to 128 letters without a colon (RFC 7617)`,
		`14:33: auth.basic[1].passwords: want at least one`,
		`15:7: auth.basic[2]: passwords is required`,
		`15:18: auth.basic[2].username: want 1 to 128 letters without a colon (RFC 7617)`,
		`17:18: auth.basic[4].username: the user stands already in the list`,
		`18:22: auth.entra.tenant_id: want the id of an Entra tenant, as in 3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44`,
		`18:41: auth.entra.audiences: want at least one`,
		`20:19: auth.federation[0].client_id: want 1 to 64 letters, digits and - . _ ~`,
		`20:35: auth.federation[0].tenant_id: want the id of an Entra tenant, as in 3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44`,
		`20:57: auth.federation[0].subject: want the object id of the service principal`,
		`20:73: auth.federation[0].audiences[0]: want an application id, as in api://3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44`,
		`20:77: auth.federation[0].audiences[1]: want an application id, as in api://3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44`,
		`21:7: auth.federation[1]: tenant_id is required`,
		`21:7: auth.federation[1]: subject is required`,
		`21:7: auth.federation[1]: audiences is required`,
		`23:80: auth.federation[3].subject: the service principal stands already in the list`,
		`24:7: auth.federation[4]: want keys and values, found text`,
	}
	dir := filepath.Dir(tenant.File)
	text := strings.NewReplacer(tenant.File+":", "", dir+string(filepath.Separator), "").Replace(faults.Sorted().Error())
	if diff := cmp.Diff(want, strings.Split(text, "\n")); diff != "" {
		t.Fatal(diff)
	}
	for _, secret := range []string{short, long, "literal", "fifteen"} {
		if strings.Contains(text, secret) {
			t.Errorf("a fault quotes a secret: %s", secret)
		}
	}
}

func TestTokensCanOnlyBeSwitchedOffBesideAnotherWayIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{bearer: false}": "2:16: auth.bearer: tokens can be switched off once there is another way in",
		"{bearer: false, bare_token: true, entra: {tenant_id: " + entraTenant + "}}": "2:35: auth.bare_token: the tokens themselves are switched off",
		"{bearer: false, entra: {tenant_id: " + entraTenant + "}}":                   "",
		"{bare_token: false}": "",
	} {
		tenant, faults := tenants.Parse("t.yaml", []byte("id: t\nauth: "+text+"\n"))
		if got := strings.ReplaceAll(faults.Error(), "t.yaml:", ""); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if tenant.Auth.BareToken && !tenant.Auth.Bearer {
			t.Errorf("%s: %+v", text, tenant.Auth)
		}
	}
}

// What the manual shows works as it stands.
func TestTheExampleOfTheManualIsRead(t *testing.T) {
	manual, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(auth:.*?)```").FindAllStringSubmatch(string(manual), -1)
	if len(examples) != 1 {
		t.Fatalf("the manual has %d examples of auth", len(examples))
	}
	for _, name := range regexp.MustCompile(`\$\{env:(\w+)\}`).FindAllStringSubmatch(examples[0][1], -1) {
		t.Setenv(name[1], strings.Repeat("x", 20)+"-"+name[1]+strings.Repeat("y", 20))
	}
	tenant, faults := tenants.Parse("t.yaml", []byte("id: t\n"+examples[0][1]))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	a := tenant.Auth
	if !a.Bearer || !a.BareToken || len(a.Clients) == 0 || len(a.Clients[0].Secrets) != 2 || len(a.Basic) == 0 || a.Entra == nil || len(a.Federation) == 0 {
		t.Errorf("the example leaves out a mode: %+v", a)
	}
}
