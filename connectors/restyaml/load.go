package restyaml

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
)

// Load reads every *.yaml of the folder as a product, in the order of their names, and returns
// all faults of all files. An empty dir is no folder and has no products. The taken names are
// those of products that are compiled in.
func Load(dir string, taken ...string) ([]connectors.Product, configs.Faults) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		var failed *fs.PathError
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, configs.Faults{{Position: configs.Position{File: dir}, Message: "the folder cannot be read: " + err.Error()}}
	}
	var products []connectors.Product
	var faults configs.Faults
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() || !strings.HasSuffix(name, ".yaml") || strings.HasPrefix(name, ".") {
			continue
		}
		file := filepath.Join(dir, entry.Name())
		data, found := configs.Read(file)
		if faults = append(faults, found...); len(found) > 0 {
			continue
		}
		product, found := Parse(file, data)
		if len(found) == 0 && slices.Contains(taken, product.Name) {
			found.Add(namePosition(file, data), "name: there is a product %q already", product.Name)
		}
		if faults = append(faults, found...); len(found) == 0 {
			products, taken = append(products, product), append(slices.Clip(taken), product.Name)
		}
	}
	return products, faults.Sorted()
}

func namePosition(file string, data []byte) configs.Position {
	root, _ := configs.Parse(file, data)
	return root.Key("name").Position()
}
