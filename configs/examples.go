package configs

import (
	"embed"
	"io/fs"
)

//go:embed products/*.yaml
var products embed.FS

// ExampleProducts are the products described in YAML that come with the gateway, one file each at
// the top: to be used as they are, or as what a new one begins with.
func ExampleProducts() fs.FS {
	files, err := fs.Sub(products, "products")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return files
}
