package configs

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Text is a text that somebody reads further, an expression for instance, and knows where in the
// file its characters stand. What looks like a reference to a secret is refused in it: it would
// end up where nothing hides it. Any other ${…} is text like the rest.
type Text struct {
	Value    string
	Position Position // of the first character, behind a quote
	lines    []textLine
}

// textLine is a line of a block, which the file indents and may fold.
type textLine struct {
	offset int // in the value, in characters
	at     Position
}

// At is where the character at the offset stands, counted from 0.
func (t Text) At(offset int) Position {
	at := t.Position
	if at.Line == 0 {
		return at
	}
	for i := len(t.lines) - 1; i >= 0; i-- {
		if line := t.lines[i]; line.offset <= offset {
			line.at.Column += offset - line.offset
			return line.at
		}
	}
	for i, r := range []rune(t.Value) {
		if i >= offset {
			break
		}
		at.Column++
		if r == '\n' {
			at.Line, at.Column = at.Line+1, 1
		}
	}
	return at
}

func (t *Text) decode(n Node) (problem string) {
	if !n.Present() {
		*t = Text{Position: n.Position()}
		return ""
	}
	text, ok := textOf(n.Node)
	switch {
	case !ok && isScalar(n.Node):
		return "want text, found " + kindOf(n.Node) + ": put it in quotes"
	case !ok:
		return "want text, found " + kindOf(n.Node)
	case strings.Contains(text, "${env:") || strings.Contains(text, "${file:"):
		return "a ${…} reference stands only where a secret does"
	}
	*t = Text{Value: text, Position: n.Position()}
	switch n.Node.GetToken().Type {
	case token.SingleQuoteType, token.DoubleQuoteType:
		t.Position.Column++
	default:
		t.block(n)
	}
	return ""
}

// block finds the lines of a literal or folded block in its value.
func (t *Text) block(n Node) {
	literal, ok := n.Node.(*ast.LiteralNode)
	if !ok {
		return
	}
	passed := 0
	for i, raw := range strings.Split(literal.Value.GetToken().Origin, "\n") {
		content := strings.TrimSpace(raw)
		found := strings.Index(t.Value[passed:], content)
		if content == "" || found < 0 {
			continue
		}
		start := passed + found
		indent := utf8.RuneCountInString(raw[:strings.Index(raw, content)])
		at := Position{File: n.File, Line: n.Position().Line + 1 + i, Column: indent + 1}
		t.lines = append(t.lines, textLine{utf8.RuneCountInString(t.Value[:start]), at})
		passed = start + len(content)
	}
	if len(t.lines) > 0 {
		t.Position = t.lines[0].at
	}
}
