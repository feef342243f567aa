package configs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// Fingerprint changes when anything the part says changes, the values its ${…} references name
// included. Comments, order of lines between parts and quoting do not count. It is derived from
// secrets: compare it, never log it.
func (n Node) Fingerprint() string {
	sum := sha256.New()
	n.write(sum)
	return hex.EncodeToString(sum.Sum(nil))
}

// write feeds every word with its length, so that no two parts read the same.
func (n Node) write(to hash.Hash) {
	values, items := pairs(n.Node), n.Items()
	switch {
	case isMapping(n.Node):
		fmt.Fprintf(to, "m%d", len(values))
	case items != nil:
		fmt.Fprintf(to, "l%d", len(items))
	default:
		n.writeScalar(to)
	}
	for _, kv := range values {
		fmt.Fprintf(to, "%q", keyText(kv))
		Node{File: n.File, Node: kv.Value}.write(to)
	}
	for _, item := range items {
		item.write(to)
	}
}

func (n Node) writeScalar(to hash.Hash) {
	text, ok := textOf(n.Node)
	switch {
	case n.Node == nil:
		fmt.Fprint(to, "-")
	case ok && isReference(text):
		value, problem := n.resolve(text)
		fmt.Fprintf(to, "r%q%q%q", text, value, problem)
	case ok:
		fmt.Fprintf(to, "t%q", text)
	default:
		fmt.Fprintf(to, "%s%q", kindOf(n.Node), n.Node.GetToken().Value)
	}
}

// References is every ${…} of a part, kept small so that many parts can be watched for secrets
// that change behind them.
type References struct {
	file  string
	texts []string
}

// References lists the ${…} values of the part.
func (n Node) References() References {
	r := References{file: n.File}
	n.eachText(func(text string) {
		if isReference(text) {
			r.texts = append(r.texts, text)
		}
	})
	return r
}

// Files are the files among the references.
func (r References) Files() (paths []string) {
	for _, text := range r.texts {
		inner, _ := strings.CutSuffix(strings.TrimPrefix(text, "${"), "}")
		if kind, name, _ := strings.Cut(inner, ":"); kind == "file" && name != "" {
			paths = append(paths, beside(r.file, name))
		}
	}
	return paths
}

// Fingerprint reads the references again and changes when a value does. Compare it, never log it.
func (r References) Fingerprint() string {
	sum, n := sha256.New(), Node{File: r.file}
	for _, text := range r.texts {
		value, problem := n.resolve(text)
		fmt.Fprintf(sum, "%q%q", value, problem)
	}
	return string(sum.Sum(nil))
}

func (n Node) eachText(visit func(text string)) {
	if text, ok := textOf(n.Node); ok {
		visit(strings.Clone(text))
	}
	for _, kv := range pairs(n.Node) {
		Node{File: n.File, Node: kv.Value}.eachText(visit)
	}
	for _, item := range n.Items() {
		item.eachText(visit)
	}
}
