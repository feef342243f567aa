package tenants

import (
	"slices"
	"strings"
	"time"

	"scimrelay/configs"
)

// tenantFile is a tenant as its YAML file writes it.
type tenantFile struct {
	ID         string         `yaml:"id,required"`
	Name       string         `yaml:"name"`
	Client     configs.Node   `yaml:"client"`
	Requests   requestsFile   `yaml:"requests"`
	Auth       authFile       `yaml:"auth"`
	Extensions []configs.Node `yaml:"extensions"`
	Targets    []configs.Node `yaml:"targets"`
}

type requestsFile struct {
	PerSecond float64 `yaml:"per_second"`
	Burst     int     `yaml:"burst"`
}

type targetFile struct {
	ID           string                  `yaml:"id,required"`
	Product      string                  `yaml:"product,required"`
	BaseURL      string                  `yaml:"base_url"`
	Credentials  configs.Node            `yaml:"credentials"`
	Sync         syncFile                `yaml:"sync"`
	OnDeactivate string                  `yaml:"on_deactivate"`
	OnDelete     string                  `yaml:"on_delete"`
	Consent      []string                `yaml:"consent"`
	Adopt        string                  `yaml:"adopt"`
	Activate     bool                    `yaml:"activate"`
	Defaults     configs.Node            `yaml:"defaults"`
	Mapping      map[string]configs.Node `yaml:"mapping"`
	Scope        configs.Text            `yaml:"scope"`
	Rate         rateFile                `yaml:"rate"`
	Wait         configs.Duration        `yaml:"wait"`
	Settle       configs.Duration        `yaml:"settle"`
	Timeout      configs.Duration        `yaml:"timeout"`
	Guard        configs.Node            `yaml:"guard"`
	Notify       notifyFile              `yaml:"notify"`
}

type syncFile struct {
	Create bool `yaml:"create"`
	Update bool `yaml:"update"`
	Delete bool `yaml:"delete"`
}

type rateFile struct {
	PerSecond   float64 `yaml:"per_second"`
	Burst       int     `yaml:"burst"`
	Concurrency int     `yaml:"concurrency"`
}

type notifyFile struct {
	Email          string         `yaml:"email"`
	Webhook        string         `yaml:"webhook"`
	Secret         configs.Secret `yaml:"secret"`
	PreviousSecret configs.Secret `yaml:"previous_secret"`
}

// Parse reads one tenant from the text of its file. What products have to say about it is the
// caller's to ask.
func Parse(file string, data []byte) (Tenant, configs.Faults) {
	root, faults := configs.Parse(file, data)
	return read(root, faults)
}

// read makes the tenant of a parsed file, adding to the faults of its text. Where the text could
// not be parsed, that alone is worth saying.
func read(root configs.Node, faults configs.Faults) (Tenant, configs.Faults) {
	if len(faults) > 0 && !root.Present() {
		return Tenant{File: root.File}, faults
	}
	f := tenantFile{Auth: authFile{Bearer: true}}
	faults = append(faults, root.Decode(&f)...)
	t := Tenant{
		ID: f.ID, Name: f.Name, Auth: f.Auth.auth(), File: root.File,
		Requests:    Requests(f.Requests),
		Position:    root.Lookup("id").Position(),
		Positions:   positions(root, "id", "name", "client", "client.profile", "targets"),
		Fingerprint: root.Fingerprint(),
	}
	faults = append(faults, t.check()...)
	faults = append(faults, f.Requests.check(root.Key("requests"))...)
	faults = append(faults, elsewhere(f.Auth.check(root.Key("auth")), faults)...)
	var more configs.Faults
	t.Client, more = readClient(f.Client)
	faults = append(faults, more...)
	t.Extensions, more = readExtensions(f.Extensions)
	faults = append(faults, more...)
	for i, node := range f.Targets {
		target, warnings, more := readTarget(t.ID, node)
		target.Extensions = t.Extensions
		if first := slices.IndexFunc(t.Targets, func(o Target) bool { return o.ID == target.ID && o.ID != "" }); first >= 0 {
			more.Add(node.Lookup("id").Position(), "targets[%d].id: the tenant has a target %q already", i, target.ID)
		}
		t.Targets, t.Warnings = append(t.Targets, target), append(t.Warnings, warnings...)
		faults = append(faults, more...)
	}
	return t, faults
}

func (t Tenant) check() (fs configs.Faults) {
	if t.ID != "" && !isID(t.ID) {
		fs.Add(t.Position, "id: want lower-case letters, digits and dashes, at most 63, not a dash first")
	}
	return fs
}

func readTarget(tenant string, node configs.Node) (Target, configs.Faults, configs.Faults) {
	f := targetFile{Sync: syncFile{Create: true, Update: true, Delete: true}, Activate: true}
	faults := node.Decode(&f)
	faults = append(faults, f.check(node)...)
	rules, more := readRules(f.Mapping)
	faults = append(faults, more...)
	guard, more := readGuard(f.Guard)
	faults = append(faults, more...)
	return Target{
		Tenant: tenant, ID: f.ID, Product: f.Product, BaseURL: f.BaseURL,
		Credentials: node.Key("credentials"), Defaults: node.Key("defaults"),
		Sync: Sync(f.Sync), OnDeactivate: f.OnDeactivate, OnDelete: f.OnDelete,
		Consent: f.Consent, Adopt: Adoption(f.Adopt), Activate: f.Activate,
		Mapping: rules, Scope: f.Scope, Rate: Rate(f.Rate),
		Wait: time.Duration(f.Wait), Settle: time.Duration(f.Settle), Timeout: time.Duration(f.Timeout),
		Guard: guard, Notify: Notify(f.Notify),
		Position: node.Position(), Positions: targetPositions(node), Fingerprint: node.Fingerprint(),
	}, append(f.warnings(node), guard.warnings(f.Guard)...), faults
}

// targetPositions remembers every value of the target and of its groups of values.
func targetPositions(node configs.Node) map[string]configs.Position {
	at := map[string]configs.Position{}
	for _, key := range node.Keys() {
		value := node.Key(key)
		at[key] = value.Position()
		for _, inner := range value.Keys() {
			at[key+"."+inner] = value.Key(inner).Position()
		}
	}
	return at
}

func positions(node configs.Node, paths ...string) map[string]configs.Position {
	at := make(map[string]configs.Position, len(paths))
	for _, path := range paths {
		at[path] = node.Lookup(path).Position()
	}
	return at
}

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// isID is the form of every id here: ^[a-z0-9][a-z0-9-]{0,62}$.
func isID(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && strings.Trim(s, letters+digits+"-") == ""
}
