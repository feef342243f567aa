package tenants_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
	"scimrelay/tenants"
)

const acme = "../configs/tenants/acme.yaml"

func TestTheExampleTenantReadsWhole(t *testing.T) {
	t.Setenv("ACME_SAGE_PUBLIC", "public")
	t.Setenv("ACME_SAGE_PRIVATE", "private")
	data, err := os.ReadFile(acme)
	if err != nil {
		t.Fatal(err)
	}
	tenant, faults := tenants.Parse(acme, data)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	sage, ok := tenant.Find("sage")
	if !ok || tenant.ID != "acme" || tenant.Name != "Acme SAS" || tenant.Client.Profile != "entra" {
		t.Fatalf("got %+v", tenant)
	}
	var keys struct {
		Public  configs.Secret `yaml:"public_key,required"`
		Private configs.Secret `yaml:"private_key,required"`
	}
	var defaults struct {
		Role   int    `yaml:"role_id"`
		Branch int    `yaml:"branch_id"`
		Level  int    `yaml:"level"`
		Prefix int    `yaml:"id_prefix"`
		Phone  string `yaml:"phone"`
	}
	if err := append(sage.Credentials.Decode(&keys), sage.Defaults.Decode(&defaults)...).Err(); err != nil {
		t.Fatal(err)
	}
	got := []any{sage.Tenant, sage.Product, sage.BaseURL, keys.Public.Reveal(), keys.Private.Reveal(), fmt.Sprint(defaults), sage.Sync,
		sage.OnDeactivate, sage.OnDelete, sage.Mapping["nic"].Expression.Value, sage.Scope.Value, sage.Rate, sage.Wait, *sage.Guard.MaxDeletes,
		sage.Notify.Email, sage.Position.String(), sage.Positions["mapping.nic"].Line, sage.Positions["base_url"].Column}
	want := []any{"acme", "sage", "https://api.forcemanager.com/api/v4", "public", "private",
		"{3 1 1 69 000000000}", tenants.Sync{Create: true, Update: true, Delete: true},
		"deactivate", "deactivate", "user.nickName ?? localPart(user.userName)", `user.department == "Sales"`,
		tenants.Rate{PerSecond: 3, Burst: 10, Concurrency: 4}, time.Duration(0), configs.Percent(10),
		"it@acme.example", acme + ":7:5", 19, 15}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	warned := acme + ":26:47: targets[0].notify.webhook: without notify.secret nothing is signed, and the receiver cannot tell who calls"
	if diff := cmp.Diff(warned, tenant.Warnings.Error()); diff != "" {
		t.Fatal(diff)
	}
}

func TestSyncSwitchesAreOnUnlessTurnedOff(t *testing.T) {
	t.Parallel()
	tenant, faults := tenants.Parse("t.yaml", []byte(`
id: t
targets:
- {id: a, product: p}
- {id: b, product: p, sync: {create: false, update: false}, settle: 3s, timeout: 1m}
`))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	a, b := tenant.Targets[0], tenant.Targets[1]
	if a.Sync != (tenants.Sync{Create: true, Update: true, Delete: true}) || b.Sync != (tenants.Sync{Delete: true}) ||
		b.Settle != 3*time.Second || b.Timeout != time.Minute || a.Credentials.Present() {
		t.Fatalf("got %+v, %+v", a, b)
	}
}

func TestEveryFaultOfATenantIsReportedAtItsPlace(t *testing.T) {
	t.Parallel()
	_, faults := tenants.Parse("t.yaml", []byte(`id: Acme
client: {profile: "Entra ID", kind: x}
targets:
- id: a_b
  base_url: ftp://x
  credentials: text
  sync: {create: maybe}
  on_delete: archive
  on_deactivate: Flag it
  mapping: {nic: 3}
  rate: {per_second: -1, burst: -2, concurrency: many}
  wait: 1h
- {id: same, product: P, settle: soon}
- id: same
  product: p
  base_url: https://user:hunter2@x
  guard: {max_deletes: 110%}
  notify: {email: nobody, webhook: "/x"}
`))
	want := []string{
		`1:5: id: want lower-case letters, digits and dashes, at most 63, not a dash first`,
		`2:19: client.profile: want a name in lower case, as in entra`,
		`4:3: targets[0]: product is required`,
		`4:7: targets[0].id: want lower-case letters, digits and dashes, at most 63, not a dash first`,
		`5:13: targets[0].base_url: want a whole http or https URL without user, query and fragment`,
		`6:16: targets[0].credentials: want keys and values`,
		`7:18: targets[0].sync.create: want true or false, found text`,
		`8:14: targets[0].on_delete: want deactivate or delete`,
		`9:18: targets[0].on_deactivate: want one of the product's words, in lower case`,
		`10:18: targets[0].mapping.nic: want text, found a number: put it in quotes`,
		`11:22: targets[0].rate.per_second: want a rate that is not negative`,
		`11:33: targets[0].rate.burst: want a number that is not negative`,
		`11:50: targets[0].rate.concurrency: want a whole number, found text`,
		`12:9: targets[0].wait: want at most 30s`,
		`13:23: targets[1].product: want the name of a product, in lower case`,
		`13:34: targets[1].settle: want a duration such as "5s" or "1h30m", or 0`,
		`14:7: targets[2].id: the tenant has a target "same" already`,
		`16:13: targets[2].base_url: want a whole http or https URL without user, query and fragment`,
		`17:24: targets[2].guard.max_deletes: want a percentage from "0%" to "100%"`,
		`18:19: targets[2].notify.email: want one mail address, as in it@acme.example`,
		`18:36: targets[2].notify.webhook: want a whole http or https URL`,
	}
	got := strings.Split(strings.ReplaceAll(faults.Sorted().Error(), "t.yaml:", ""), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestAFileThatIsNoTenant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":      "t.yaml:1:1: id is required",
		"- a\n": "t.yaml:1:1: want keys and values, found a list",
	} {
		_, faults := tenants.Parse("t.yaml", []byte(text))
		if got := faults.Error(); !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestFingerprintsFollowTheTargetAndItsSecrets(t *testing.T) {
	t.Setenv("FP_KEY", "one")
	read := func(text string) tenants.Tenant {
		tenant, faults := tenants.Parse("t.yaml", []byte(text))
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		return tenant
	}
	text := "id: t\ntargets:\n- {id: a, product: p, credentials: {key: \"${env:FP_KEY}\"}}\n- {id: b, product: p}\n"
	before := read(text)
	renamed := read("name: N\n# moved\n" + text)
	t.Setenv("FP_KEY", "two")
	rotated := read(text)
	if renamed.Targets[0].Fingerprint != before.Targets[0].Fingerprint || renamed.Fingerprint == before.Fingerprint {
		t.Error("a target's fingerprint follows the tenant's name")
	}
	if rotated.Targets[0].Fingerprint == before.Targets[0].Fingerprint || rotated.Targets[1].Fingerprint != before.Targets[1].Fingerprint {
		t.Error("fingerprints do not follow the secret")
	}
}

func TestAWaitIsUpToThirtySeconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0s": "", "5s": "", "30s": "",
		"31s": "t.yaml:4:35: targets[0].wait: want at most 30s",
		"-1s": "t.yaml:4:35: targets[0].wait: a duration is not negative",
	} {
		tenant, faults := tenants.Parse("t.yaml", []byte("id: acme\nname: Acme\ntargets:\n- {id: sage, product: sage, wait: "+text+"}\n"))
		got := ""
		if err := faults.Err(); err != nil {
			got = err.Error()
		}
		if got != want || want == "" && len(tenant.Warnings) > 0 {
			t.Errorf("%s: %q, %v", text, got, tenant.Warnings)
		}
	}
}

func TestWhoIsToldIsChecked(t *testing.T) {
	t.Setenv("HOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	t.Setenv("HOOK_LITERAL", "hunter2")
	tenant, faults := tenants.Parse("t.yaml", []byte(`id: t
targets:
- {id: a, product: p, notify: {webhook: "https://t.example/x", secret: "${env:HOOK_SECRET}", previous_secret: "${env:HOOK_SECRET}"}}
`))
	if err := faults.Err(); err != nil || len(tenant.Warnings) != 0 || len(tenant.Targets[0].Notify.Secrets()) != 2 {
		t.Fatalf("%v %v %+v", err, tenant.Warnings, tenant.Targets)
	}
	_, faults = tenants.Parse("t.yaml", []byte(`id: t
targets:
- {id: a, product: p, notify: {email: "it@t.example\r\nBcc: x@t.example", secret: "${env:HOOK_LITERAL}"}}
- {id: b, product: p, notify: {webhook: "https://t.example/x", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}}
- {id: c, product: p, notify: {webhook: "http://t.example/x", previous_secret: "${env:HOOK_SECRET}"}}
`))
	want := []string{
		`3:39: targets[0].notify.email: want one mail address, as in it@acme.example`,
		`3:83: targets[0].notify.secret: want whsec_ and the base64 of 24 to 64 random bytes`,
		`3:83: targets[0].notify.secret: signs what goes to a webhook, and there is none`,
		`4:72: targets[1].notify.secret: a secret stands only as ${env:NAME} or ${file:PATH}`,
		`5:41: targets[2].notify.webhook: want https; http is only for localhost and private addresses`,
		`5:80: targets[2].notify.previous_secret: goes with notify.secret`,
	}
	got := strings.Split(strings.ReplaceAll(faults.Sorted().Error(), "t.yaml:", ""), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}
