package configs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Digest is the same for parts that hold the same values, wherever these come from and in
// whatever order they stand: it tells that two targets use the same credentials. It is keyed,
// because it is shown, and a short secret could be found by trying.
func (n Node) Digest(key []byte) string {
	mac := hmac.New(sha256.New, key)
	n.writeValue(mac)
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

func (n Node) writeValue(to hash.Hash) {
	values, items := pairs(n.Node), n.Items()
	switch {
	case isMapping(n.Node):
		sorted := slices.SortedFunc(slices.Values(values), func(a, b *ast.MappingValueNode) int {
			return strings.Compare(keyText(a), keyText(b))
		})
		fmt.Fprintf(to, "m%d", len(sorted))
		for _, kv := range sorted {
			fmt.Fprintf(to, "%q", keyText(kv))
			Node{File: n.File, Node: kv.Value}.writeValue(to)
		}
	case items != nil:
		fmt.Fprintf(to, "l%d", len(items))
		for _, item := range items {
			item.writeValue(to)
		}
	default:
		fmt.Fprintf(to, "v%q", n.value())
	}
}

// value is a scalar's text, a reference's the one it names.
func (n Node) value() string {
	text, ok := textOf(n.Node)
	switch {
	case n.Node == nil:
		return ""
	case ok && isReference(text):
		value, _ := n.resolve(text)
		return value
	case ok:
		return text
	}
	return n.Node.GetToken().Value
}
