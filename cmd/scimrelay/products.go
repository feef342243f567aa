package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/all"
	"scimrelay/connectors/restyaml"
	"scimrelay/connectors/simhost"
)

// productsWith are the products compiled in and those described in the folder, which may be none.
// The error has all faults of all files of the folder.
func productsWith(dir string) (registry *connectors.Registry, described []connectors.Product, err error) {
	compiled := all.Products()
	names := make([]string, len(compiled))
	for i, p := range compiled {
		names[i] = p.Name
	}
	described, faults := restyaml.Load(dir, names...)
	if err := faults.Err(); err != nil {
		return nil, nil, err
	}
	registry, err = connectors.NewRegistry(append(compiled, described...)...)
	return registry, described, err
}

// writeProducts writes the products that come with the gateway as YAML into the folder.
func writeProducts(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	files := configs.ExampleProducts()
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o600)
	})
}

// writeTenants writes a ready tenant file for every simulator whose product a gateway has: one
// that is compiled in, or with examples also one that comes as YAML.
func writeTenants(dir, url string, examples bool) error {
	compiled, err := connectors.NewRegistry(all.Products()...)
	if err != nil {
		return err
	}
	for _, s := range all.Simulators() {
		if _, ok := compiled.Product(cmp.Or(s.Sample().Product, s.Name())); !ok && !examples {
			continue
		}
		if err := simhost.WriteTenant(dir, url, s); err != nil {
			return fmt.Errorf("write the tenant of %s: %w", s.Name(), err)
		}
	}
	return nil
}
