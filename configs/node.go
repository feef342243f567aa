package configs

import "github.com/goccy/go-yaml/ast"

// Node is a part of a YAML file that someone else decodes: a product's credentials, say.
// The zero Node is an absent key and decodes to nothing.
type Node struct {
	File string
	Node ast.Node
}
