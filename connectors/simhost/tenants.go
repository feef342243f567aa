package simhost

import (
	"encoding/json"
	"fmt"
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
	defaults, err := json.Marshal(sample.Defaults) // JSON is YAML too
	if err != nil {
		return "", nil, fmt.Errorf("simhost: defaults of %s: %w", name, err)
	}
	secrets = map[string]string{}
	var credentials []string
	for key, value := range sample.Credentials {
		file := name + "-" + key
		secrets[file] = value
		credentials = append(credentials, fmt.Sprintf(`%s: "${file:secrets/%s}"`, key, file))
	}
	slices.Sort(credentials)
	text = fmt.Sprintf(`# %[1]s, simulated: written by "scimrelay vendors --tenants".
id: %[2]s
name: %[1]s (simulator)
client: {profile: entra}
targets:
  - id: %[2]s
    product: %[2]s
    base_url: %[3]s
    credentials: {%[4]s}
    sync: {create: true, update: true, delete: true}
    # Far more than a vendor allows: a simulator sets no limit until its knob says so.
    rate: {per_second: 500, burst: 100, concurrency: 8}
    defaults: %[5]s
`, sample.Title, name, baseURL+"/"+name+sample.Path, strings.Join(credentials, ", "), defaults)
	return text, secrets, nil
}
