package configs

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Node is a part of a YAML file that someone else decodes: a product's credentials, say.
// The zero Node is an absent key and decodes to nothing; only required keys are missed.
type Node struct {
	File string
	Node ast.Node
	// near is where the key is missing, for faults about what is not there.
	near Position
}

// Present says whether the file has the part and it holds something.
func (n Node) Present() bool {
	return n.Node != nil && n.Node.Type() != ast.NullType
}

// IsMapping says whether the part is keys and values.
func (n Node) IsMapping() bool { return isMapping(n.Node) }

// Path names the part by its keys from the top of the file, as in "targets[0].base_url"; the
// top itself and what is absent have none.
func (n Node) Path() string {
	if n.Node == nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimPrefix(n.Node.GetPath(), "$"), ".")
}

// Position is where the part starts, or for an absent part, where it is missed.
func (n Node) Position() Position {
	if n.Node == nil {
		if n.near == (Position{}) {
			return Position{File: n.File}
		}
		return n.near
	}
	return n.at(firstToken(n.Node))
}

// Lookup returns the part under a path of keys and list indexes joined by dots, as in
// "targets.0.base_url". What is not there comes back absent, positioned at what it is missing
// from.
func (n Node) Lookup(path string) Node {
	for step := range strings.SplitSeq(path, ".") {
		n = n.Key(step)
	}
	return n
}

// Key returns the part under one key, which may itself hold dots, or at one list index.
func (n Node) Key(name string) Node {
	for _, kv := range pairs(n.Node) {
		if keyText(kv) == name {
			return Node{File: n.File, Node: kv.Value}
		}
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 {
		if items := n.Items(); i < len(items) {
			return items[i]
		}
	}
	return Node{File: n.File, near: n.Position()}
}

// Keys lists the keys of a mapping in the order of the file.
func (n Node) Keys() []string {
	values := pairs(n.Node)
	keys := make([]string, len(values))
	for i, kv := range values {
		keys[i] = keyText(kv)
	}
	return keys
}

// KeyPosition is where the key itself stands in a mapping, or where it is missed.
func (n Node) KeyPosition(key string) Position {
	for _, kv := range pairs(n.Node) {
		if keyText(kv) == key {
			return n.at(kv.Key.GetToken())
		}
	}
	return n.Position()
}

// Items lists the parts of a sequence.
func (n Node) Items() []Node {
	seq, ok := n.Node.(*ast.SequenceNode)
	if !ok {
		return nil
	}
	items := make([]Node, len(seq.Values))
	for i, v := range seq.Values {
		items[i] = Node{File: n.File, Node: v}
	}
	return items
}

func (n Node) at(tk *token.Token) Position {
	if tk == nil || tk.Position == nil {
		return Position{File: n.File}
	}
	return Position{File: n.File, Line: tk.Position.Line, Column: tk.Position.Column}
}

// firstToken is where a part starts for a reader: goccy gives the first colon of a block mapping.
func firstToken(n ast.Node) *token.Token {
	m, ok := n.(*ast.MappingNode)
	if ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken()
	}
	if kv, ok := n.(*ast.MappingValueNode); ok {
		return kv.Key.GetToken()
	}
	return n.GetToken()
}

// pairs lists a mapping's entries; a mapping of one key may be the bare entry.
func pairs(n ast.Node) []*ast.MappingValueNode {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}
	default:
		return nil
	}
}

func keyText(kv *ast.MappingValueNode) string {
	return kv.Key.GetToken().Value
}
