package filter

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"scimrelay/scim"
)

func (p *parser) space() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func (p *parser) next(c byte) bool { return p.at < len(p.text) && p.text[p.at] == c }

func (p *parser) peekRune() rune {
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return r
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// word reads letters: an operator or a keyword.
func (p *parser) word() string {
	start := p.at
	for p.at < len(p.text) && isLetter(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}

// keyword consumes the word if it stands next, in any letter case.
func (p *parser) keyword(word string) bool {
	start := p.at
	p.space()
	if scim.EqualName(p.word(), word) {
		return true
	}
	p.at = start
	return false
}

// attribute reads an attribute's path, its URN included. Whether the type has it is a
// question for later; here it must only look like one.
func (p *parser) attribute() (string, error) {
	start := p.at
	for p.at < len(p.text) && isPathByte(p.text[p.at]) {
		p.at++
	}
	name := p.text[start:p.at]
	switch {
	case name == "" && p.at == len(p.text):
		return "", p.refuse("an attribute is missing")
	case name == "":
		return "", p.refuse("unexpected %q", p.peekRune())
	case !isPath(name):
		return "", p.refuseAt(start, "%q is no attribute path", scim.ClipName(name))
	}
	return name, nil
}

func isPathByte(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || strings.IndexByte("-_.:$", c) >= 0
}

// isPath checks the dots of a path: a.b is one, a.b.c is not, a URN may have any.
func isPath(name string) bool {
	if scim.HasNamePrefix(name, "urn:") {
		return !strings.HasSuffix(name, ".") && !strings.HasSuffix(name, ":")
	}
	first, sub, dotted := strings.Cut(name, ".")
	if strings.ContainsAny(name, ":") || !startsName(first) {
		return false
	}
	return !dotted || startsName(sub) && !strings.Contains(sub, ".")
}

func startsName(s string) bool { return s != "" && (isLetter(s[0]) || s[0] == '$' && len(s) > 1) }

func (p *parser) operator() (Op, error) {
	start := p.at
	word := p.word()
	if word == "" {
		return "", p.refuse("an operator is missing")
	}
	switch op := Op(scim.LowerName(word)); op {
	case Equal, NotEqual, Contains, StartsWith, EndsWith, Greater, GreaterOrEqual, Less, LessOrEqual:
		return op, nil
	case Present:
		if p.at == len(p.text) || isSpace(p.text[p.at]) || strings.IndexByte(")]", p.text[p.at]) >= 0 {
			return op, nil
		}
	}
	return "", p.refuseAt(start, "unknown operator %q", scim.ClipName(word))
}

// literal reads a JSON string, or a bare token up to a space or a bracket.
func (p *parser) literal() (Literal, error) {
	p.space()
	if p.next('"') {
		return p.quoted()
	}
	start := p.at
	for p.at < len(p.text) && !isSpace(p.text[p.at]) && strings.IndexByte(`()[]"`, p.text[p.at]) < 0 {
		p.at++
	}
	token := p.text[start:p.at]
	if token == "" || isKeyword(token) {
		return Literal{}, p.refuseAt(start, "a value is missing")
	}
	if p.at < len(p.text) && strings.IndexByte(`(["`, p.text[p.at]) >= 0 {
		return Literal{}, p.refuse("unexpected %q", p.peekRune())
	}
	return bare(token), nil
}

func isKeyword(token string) bool {
	return scim.EqualName(token, "and") || scim.EqualName(token, "or") || scim.EqualName(token, "not")
}

func bare(token string) Literal {
	switch {
	case scim.EqualName(token, "null"):
		return Literal{Null, token}
	case scim.EqualName(token, "true"), scim.EqualName(token, "false"):
		return Literal{Boolean, token}
	case jsontext.Value(token).Kind() == '0' && jsontext.Value(token).IsValid():
		return Literal{Number, token}
	}
	return Literal{Bare, token}
}

func (p *parser) quoted() (Literal, error) {
	start := p.at
	for p.at++; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\\':
			p.at++
		case '"':
			p.at++
			return p.unquote(start)
		}
	}
	return Literal{}, p.refuseAt(start, "string never closed")
}

func (p *parser) unquote(start int) (Literal, error) {
	raw := p.text[start:p.at]
	if strings.IndexByte(raw, '\\') < 0 && !strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' }) {
		return Literal{Text, raw[1 : len(raw)-1]}, nil
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return Literal{}, p.refuseAt(start, "malformed string")
	}
	return Literal{Text, string(text)}, nil
}
