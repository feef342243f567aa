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

// WriteTenant writes the tenant file of one simulator.
func WriteTenant(dir, baseURL string, s Simulator) error {
	secrets := filepath.Join(dir, "secrets")
	if err := os.MkdirAll(secrets, 0o700); err != nil {
		return fmt.Errorf("simhost: %w", err)
	}
	text, values, err := tenantFile(strings.TrimRight(baseURL, "/"), s)
	if err != nil {
		return err
	}
	for file, value := range values {
		if err := os.WriteFile(filepath.Join(secrets, file), []byte(value+"\n"), 0o600); err != nil {
			return fmt.Errorf("simhost: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, s.Name()+".yaml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("simhost: %w", err)
	}
	return nil
}

// tenantFile gives the text of a tenant file and the secrets it refers to, by file name.
func tenantFile(baseURL string, s Simulator) (text string, secrets map[string]string, err error) {
	name, sample := s.Name(), s.Sample()
	secrets = map[string]string{}
	var credentials []string
	for key, value := range sample.Credentials {
		file := name + "-" + key
		secrets[file] = value
		credentials = append(credentials, fmt.Sprintf(`%s: "${file:secrets/%s}"`, key, file))
	}
	slices.Sort(credentials)
	defaults, err := inYAML(baseURL, sample.Defaults)
	if err != nil {
		return "", nil, fmt.Errorf("simhost: defaults of %s: %w", name, err)
	}
	text = fmt.Sprintf(`# %[1]s, simulated: written by "scimrelay vendors --tenants".
id: %[2]s
name: %[1]s (simulator)
client: {profile: entra}
targets:
  - id: %[2]s
    product: %[6]s
    base_url: %[3]s
    credentials: {%[4]s}
    sync: {create: true, update: true, delete: true}
    # Far more than a vendor allows: a simulator sets no limit until its knob says so.
    rate: {per_second: 500, burst: 100, concurrency: 8}
    defaults: %[5]s
`, sample.Title, name, baseURL+"/"+name+sample.Path, strings.Join(credentials, ", "), defaults, cmp.Or(sample.Product, name))
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
