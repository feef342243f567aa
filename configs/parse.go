package configs

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file may hold. The parser needs seconds for ten thousand nested brackets or a hundred
// thousand keys, so what is counted is counted on the tokens, before it runs.
const (
	maxFile   = 1 << 20
	maxTokens = 200_000
	maxKeys   = 10_000
	maxDepth  = 32
)

// Parse reads one YAML document. Its faults are everything wrong with the text itself: syntax,
// duplicate keys, and what is not read here (anchors, aliases, tags, several documents). With
// duplicate keys the Node is still good for decoding, so that a caller can report those faults
// together with its own; otherwise a faulty file gives an absent Node, and so does an empty one.
func Parse(file string, data []byte) (Node, Faults) {
	root := Node{File: file, near: Position{File: file, Line: 1, Column: 1}}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if fs := checkText(root, data); len(fs) > 0 {
		return root, fs
	}
	tokens := lexer.Tokenize(string(data))
	if fs := checkTokens(root, tokens); len(fs) > 0 {
		return root, fs
	}
	doc, fs := parseTokens(root, tokens)
	if len(fs) > 0 || len(doc.Docs) == 0 || doc.Docs[0].Body == nil {
		return root, fs
	}
	if len(doc.Docs) > 1 {
		fs.Add(root.at(doc.Docs[1].Start), "a second document: a file holds one")
		return root, fs
	}
	parsed := Node{File: file, Node: doc.Docs[0].Body}
	if fs := checkTree(parsed, 1); len(fs) > 0 {
		return parsed, fs
	}
	return parsed, nil
}

func checkText(root Node, data []byte) (fs Faults) {
	if len(data) > maxFile {
		fs.Add(Position{File: root.File}, "the file is larger than %d bytes", maxFile)
		return fs
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			fs.Add(Position{root.File, i + 1, 1}, "the line is not valid UTF-8")
		}
		if bytes.ContainsRune(line, 0) {
			fs.Add(Position{root.File, i + 1, 1 + bytes.IndexByte(line, 0)}, "the line holds a zero byte")
		}
	}
	return fs
}

// checkTokens refuses what would make the parser slow or the file surprising.
func checkTokens(root Node, tokens token.Tokens) (fs Faults) {
	if len(tokens) > maxTokens {
		fs.Add(Position{File: root.File}, "the file holds more than %d words", maxTokens)
		return fs
	}
	keys, depth, dashes, line := 0, 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			dashes, line = 0, tk.Position.Line
		}
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			fs.Add(root.at(tk), "anchors, aliases and merge keys are not read here; text that starts with & or * needs quotes")
		case token.TagType, token.DirectiveType, token.MappingKeyType:
			fs.Add(root.at(tk), "tags, directives and explicit keys are not read here; text that starts with !, ? or %% needs quotes")
		case token.MappingValueType:
			keys++
		case token.SequenceEntryType:
			dashes++
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		}
		if depth > maxDepth || dashes > maxDepth || keys > maxKeys {
			fs.Add(root.at(tk), "the file nests deeper than %d or holds more than %d keys", maxDepth, maxKeys)
			return fs
		}
	}
	return fs
}

// parseTokens gives the syntax error without the source text, which may hold a literal secret.
func parseTokens(root Node, tokens token.Tokens) (file *ast.File, fs Faults) {
	// A parser that panics on a file someone is editing must not take the gateway down.
	defer func() {
		if recover() != nil {
			file, fs = &ast.File{}, Faults{{root.near, "the file cannot be parsed as YAML"}}
		}
	}()
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	// Tokens hold their neighbours, and a part kept for later would hold the whole file.
	for i := len(tokens) - 1; i >= 0; i-- { // from the end, for each is asked about the one before
		tk, origin := tokens[i], ""
		if isBlock(tk) {
			origin = strings.Clone(tk.Origin)
		}
		tk.Prev, tk.Next, tk.Origin = nil, nil, origin
	}
	if err == nil {
		return file, nil
	}
	var syntax yaml.Error
	if !errors.As(err, &syntax) {
		return &ast.File{}, Faults{{root.near, "the file cannot be parsed as YAML"}}
	}
	return &ast.File{}, Faults{{root.at(syntax.GetToken()), syntax.GetMessage()}}
}

// isBlock says whether the token is the content of a literal or folded block, whose lines a Text
// finds again in what the file holds.
func isBlock(tk *token.Token) bool {
	before := tk.Prev
	if before != nil && before.Type == token.CommentType { // beside the block's sign
		before = before.Prev
	}
	return before != nil && (before.Type == token.LiteralType || before.Type == token.FoldedType)
}

// checkTree finds keys that stand twice and blocks nested too deep.
func checkTree(n Node, depth int) (fs Faults) {
	if depth > maxDepth {
		fs.Add(n.Position(), "the file nests deeper than %d", maxDepth)
		return fs
	}
	seen := map[string]Position{}
	for _, kv := range pairs(n.Node) {
		key, at := keyText(kv), n.at(kv.Key.GetToken())
		if first, ok := seen[key]; ok {
			fs.Add(at, "the key %q stands already on line %d", key, first.Line)
		} else {
			seen[key] = at
		}
		fs = append(fs, checkTree(Node{File: n.File, Node: kv.Value}, depth+1)...)
	}
	for _, item := range n.Items() {
		fs = append(fs, checkTree(item, depth+1)...)
	}
	return fs
}
