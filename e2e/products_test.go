package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// installAll writes a configuration with the tenant that "vendors --tenants" offers for each
// product, changed as asked: the product, and texts with what stands in their place.
func installAll(t *testing.T, v *vendor, changes map[string][]string) *installation {
	t.Helper()
	i := &installation{dir: t.TempDir(), addr: freeAddr(t)}
	for product, texts := range changes {
		file := filepath.Join(v.tenants, product+".yaml")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		for n := 0; n < len(texts); n += 2 {
			if !strings.Contains(text, texts[n]) {
				t.Fatalf("%s has no %q:\n%s", product, texts[n], text)
			}
			text = strings.Replace(text, texts[n], texts[n+1], 1)
		}
		write(t, file, text)
	}
	i.config = filepath.Join(i.dir, "scimrelay.yaml")
	write(t, i.config, fmt.Sprintf("server: {listen: %q, public_url: %q, rate: {per_second: 0}, busy: 15s, drain: 500ms}\nstore: {url: %q}\ntenants: {dir: %q}\n",
		i.addr, "http://"+i.addr, "sqlite://"+filepath.Join(i.dir, "data", "scimrelay.db"), v.tenants))
	return i
}

// state is what the simulator of the product holds.
func (v *vendor) state(t *testing.T, product string) (active map[string]bool) {
	t.Helper()
	var state struct {
		Accounts []account `json:"accounts"`
	}
	resp, err := http.Get("http://" + v.addr + "/_sim/" + product + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	active = map[string]bool{}
	for _, a := range state.Accounts {
		active[strings.ToLower(a.Key)] = a.Active
	}
	return active
}

func (c *client) create(t *testing.T, mail string) (id string) {
	t.Helper()
	status, answer, _ := c.do(http.MethodPost, "/Users", user(mail))
	if status != http.StatusCreated {
		t.Fatalf("%d: %v", status, answer)
	}
	id, _ = answer["id"].(string)
	return id
}

func TestEveryProductsTargetIsChecked(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := installAll(t, v, nil)
	files, err := filepath.Glob(filepath.Join(v.tenants, "*.yaml"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		tenant := strings.TrimSuffix(filepath.Base(file), ".yaml")
		out, errs, code := command(t, "tenant", "check", tenant, "--config", i.config)
		if code != 0 || strings.Count(out, ": ok ") < 2 || strings.Contains(out, "FAIL") {
			t.Errorf("%s: exit code %d\n%s%s", tenant, code, out, errs)
		}
	}
}

func TestAUserNameThatAVendorNeverChangesIsRefusedToTheIdentityProvider(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := installAll(t, v, map[string][]string{"ivanti": {`"on_rename":"keep"`, `"on_rename":"refuse"`}})
	i.serve(t)
	c := i.client(t, "ivanti")
	id := c.create(t, "ana@acme.test")
	eventually(t, 60*time.Second, "the account is known", func() bool {
		out, _, _ := command(t, "tenant", "status", "ivanti", "--config", i.config)
		return strings.Contains(out, ": 1 links, 0 not as wanted")
	})
	status, answer, _ := c.do(http.MethodPatch, "/Users/"+id, replace("userName", "anna@acme.test"))
	if status != http.StatusBadRequest || answer["scimType"] != "mutability" {
		t.Errorf("%d: %v", status, answer)
	}
	if _, now, _ := c.do(http.MethodGet, "/Users/"+id, ""); now["userName"] != "ana@acme.test" {
		t.Errorf("the user name is %v", now["userName"])
	}
	if status, _, _ := c.do(http.MethodPatch, "/Users/"+id, replace("displayName", "Anna")); status != http.StatusOK {
		t.Errorf("another change: %d", status)
	}
}

func TestAChangedMappingReachesOnlyWhoseRecordsChange(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := installAll(t, v, nil)
	i.serve(t)
	c := i.client(t, "sage")
	const people = 20
	for n := range people {
		c.create(t, fmt.Sprintf("user%d@acme.test", n))
	}
	status, _, _ := c.do(http.MethodPost, "/Users", strings.Replace(user("boss@acme.test"), `"title":null`, `"title":"Head"`, 1))
	if status != http.StatusCreated {
		t.Fatal(status)
	}
	settled := func() bool {
		out, _, _ := command(t, "tenant", "status", "sage", "--config", i.config)
		return strings.Contains(out, fmt.Sprintf("%d links, 0 not as wanted", people+1))
	}
	eventually(t, 60*time.Second, "everybody has an account", settled)
	before := len(v.calls(t, "sage"))
	file := filepath.Join(v.tenants, "sage.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(text)+"    mapping: {nic: 'user.title == \"Head\" ? \"the boss\" : localPart(user.userName)'}\n")
	eventually(t, 60*time.Second, "the new nickname is there", func() bool {
		for _, a := range v.accounts(t) {
			if a.Key == "boss@acme.test" && a.Native["nic"] == "the boss" {
				return true
			}
		}
		return false
	})
	eventually(t, 60*time.Second, "all is as wanted", settled)
	for _, call := range v.calls(t, "sage")[before:] {
		if call.Key != "" && call.Key != "boss@acme.test" {
			t.Errorf("%+v", call)
		}
	}
}

// simulated is one call that a simulator got.
type simulated struct {
	Method, Path, Key string
	Status            int
}

func (v *vendor) calls(t *testing.T, product string) (calls []simulated) {
	t.Helper()
	resp, err := http.Get("http://" + v.addr + "/_sim/" + product + "/calls")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&calls); err != nil {
		t.Fatal(err)
	}
	return calls
}

func TestATargetThatIsNotActivatedShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := installAll(t, v, map[string][]string{"steeple": {"    sync:", "    activate: false\n    sync:", `"communities":`, `"communities":[],"communities_later":`}})
	file := filepath.Join(v.tenants, "steeple.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	original := string(text)
	mapped := strings.Replace(original, `"communities":[],"communities_later":`, `"communities":`, 1)
	before, rest, _ := strings.Cut(original, `,"communities_later":`)
	_, after, _ := strings.Cut(rest, "]")
	write(t, file, before+after)
	says := func(word string) {
		t.Helper()
		eventually(t, 30*time.Second, "the state is "+word, func() bool {
			out, _, _ := command(t, "tenant", "status", "steeple", "--config", i.config)
			return strings.Contains(out, "target steeple: "+word+" ")
		})
	}
	i.serve(t)
	says("configured")
	i.client(t, "steeple").create(t, "ana@acme.test")
	says("profiles received")
	write(t, file, mapped)
	says("mapped")
	if n := len(v.state(t, "steeple")); n != 0 {
		t.Fatalf("%d accounts", n)
	}
	write(t, file, strings.Replace(mapped, "activate: false", "activate: true", 1))
	eventually(t, 60*time.Second, "the account is there", func() bool { return v.state(t, "steeple")["ana@acme.test"] })
	says("active")
	write(t, file, mapped)
	says("detached")
}
