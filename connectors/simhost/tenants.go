package simhost

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// WriteTenants writes a ready tenant file for each product into dir, with the product's name
// as id, and its secrets into dir/secrets. baseURL is where the host listens.
func (h *Host) WriteTenants(dir, baseURL string) error {
	for _, name := range h.names {
		if err := WriteTenant(dir, baseURL, h.products[name]); err != nil {
			return err
		}
	}
	return nil
}

// WriteFanOut writes the file of one tenant, of the id, with a target for each product.
func (h *Host) WriteFanOut(dir, baseURL, id string) error {
	var all []Simulator
	for _, name := range h.names {
		all = append(all, h.products[name])
	}
	return writeTenant(dir, baseURL, id, "All vendors", all)
}

// WriteTenant writes the tenant file of one simulator.
func WriteTenant(dir, baseURL string, s Simulator) error {
	return writeTenant(dir, baseURL, s.Name(), s.Sample().Title, []Simulator{s})
}

func writeTenant(dir, baseURL, id, title string, simulators []Simulator) error {
	folder := filepath.Join(dir, "secrets")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("simhost: %w", err)
	}
	text := fmt.Sprintf(`# %[1]s, simulated: written by "scimrelay vendors --tenants".
id: %[2]s
name: %[1]s (simulator)
client: {profile: entra}
targets:
`, title, id)
	for _, s := range simulators {
		target, secrets, err := targetOf(strings.TrimRight(baseURL, "/"), id, s)
		if err != nil {
			return err
		}
		text += target
		for file, value := range secrets {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(value+"\n"), 0o600); err != nil {
				return fmt.Errorf("simhost: %w", err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, id+".yaml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("simhost: %w", err)
	}
	return nil
}

// targetOf gives the text of a target and the secrets it refers to, by file name.
func targetOf(baseURL, tenant string, s Simulator) (text string, secrets map[string]string, err error) {
	name, sample := s.Name(), s.Sample()
	secrets = map[string]string{}
	var credentials []string
	for key, value := range sample.Credentials {
		file := tenant + "-" + key
		if tenant != name {
			file = tenant + "-" + name + "-" + key
		}
		secrets[file] = value
		credentials = append(credentials, fmt.Sprintf(`%s: "${file:secrets/%s}"`, key, file))
	}
	slices.Sort(credentials)
	defaults, err := inYAML(baseURL, sample.Defaults)
	if err != nil {
		return "", nil, fmt.Errorf("simhost: defaults of %s: %w", name, err)
	}
	text = fmt.Sprintf(`  - id: %[1]s
    product: %[5]s
    base_url: %[2]s
    credentials: {%[3]s}
    sync: {create: true, update: true, delete: true}
    # Far more than a vendor allows: a simulator sets no limit until its knob says so.
    rate: {per_second: 500, burst: 100, concurrency: 8}
    defaults: %[4]s
`, name, baseURL+"/"+name+sample.Path, strings.Join(credentials, ", "), defaults, cmp.Or(sample.Product, name))
	for _, key := range slices.Sorted(maps.Keys(sample.Target)) {
		value, err := inYAML(baseURL, sample.Target[key])
		if err != nil {
			return "", nil, fmt.Errorf("simhost: %s of %s: %w", key, name, err)
		}
		text += fmt.Sprintf("    %s: %s\n", key, value)
	}
	return text, secrets, nil
}

// inYAML writes the value in one line, its addresses filled in. JSON is YAML too.
func inYAML(baseURL string, value any) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.ReplaceAll(strings.TrimSpace(text.String()), `"`+HostAddress, `"`+baseURL), err
}
