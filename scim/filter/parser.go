package filter

import (
	"strings"
	"unicode/utf8"

	"scimrelay/scim"
)

// The bounds of a filter. Nothing a client needs comes near them.
const (
	maxLength = 2 << 10
	maxDepth  = 20
	maxTerms  = 50
)

// Parse reads a filter. The refusals are 400 invalidFilter with the position in the
// detail, and 400 tooMany beyond 50 comparisons.
func Parse(text string) (Expr, error) {
	p := parser{text: text, scimType: scim.TypeInvalidFilter, what: "filter"}
	if err := p.checkText(); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(text) {
		return nil, p.refuse("unexpected %q", p.peekRune())
	}
	return e, nil
}

// parser is a recursive descent over the text. It recurses only into parentheses, brackets
// and not, which enter and leave count.
type parser struct {
	text     string
	at       int
	depth    int
	terms    int
	inside   bool // within the brackets of a value path
	scimType string
	what     string
}

func (p *parser) checkText() error {
	if len(p.text) > maxLength {
		return scim.BadRequest(p.scimType, "%s longer than %d bytes", p.what, maxLength)
	}
	if !utf8.ValidString(p.text) || strings.IndexByte(p.text, 0) >= 0 {
		return scim.BadRequest(p.scimType, "%s is not UTF-8 or contains NUL", p.what)
	}
	return nil
}

func (p *parser) refuse(format string, args ...any) error {
	return p.refuseAt(p.at, format, args...)
}

func (p *parser) refuseAt(at int, format string, args ...any) error {
	return scim.BadRequest(p.scimType, p.what+": "+format+" at position %d", append(args, at+1)...)
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.refuse("nested deeper than %d levels", maxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// or = and *( "or" and )
func (p *parser) or() (Expr, error) {
	first, err := p.and()
	if err != nil || !p.keyword("or") {
		return first, err
	}
	terms := []Expr{first}
	for {
		next, err := p.and()
		if err != nil {
			return nil, err
		}
		terms = append(terms, next)
		if !p.keyword("or") {
			return Or{terms}, nil
		}
	}
}

// and = term *( "and" term )
func (p *parser) and() (Expr, error) {
	first, err := p.term()
	if err != nil || !p.keyword("and") {
		return first, err
	}
	terms := []Expr{first}
	for {
		next, err := p.term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, next)
		if !p.keyword("and") {
			return And{terms}, nil
		}
	}
}

// term = [ "not" ] "(" or ")" / attribute "[" or "]" … / attribute op value
func (p *parser) term() (Expr, error) {
	p.space()
	if p.negated() {
		e, err := p.group()
		if err != nil {
			return nil, err
		}
		return Not{e}, nil
	}
	if p.next('(') {
		return p.group()
	}
	return p.attributeTerm()
}

// negated consumes a "not" if a group follows it; else the word is an attribute's name.
func (p *parser) negated() bool {
	start := p.at
	if scim.EqualName(p.word(), "not") {
		p.space()
		if p.next('(') {
			return true
		}
	}
	p.at = start
	return false
}

func (p *parser) group() (Expr, error) { return p.enclosed('(', ')') }

func (p *parser) enclosed(opening, closing byte) (Expr, error) {
	start := p.at
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.at++
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.next(closing) {
		if p.at < len(p.text) {
			return nil, p.refuse("unexpected %q", p.peekRune())
		}
		return nil, p.refuseAt(start, "%q never closed", rune(opening))
	}
	p.at++
	return e, nil
}

func (p *parser) attributeTerm() (Expr, error) {
	start := p.at
	name, err := p.attribute()
	if err != nil {
		return nil, err
	}
	if p.next('[') {
		return p.elements(name, start)
	}
	return p.comparison(name, start)
}

func (p *parser) elements(name string, start int) (Expr, error) {
	where, err := p.brackets()
	if err != nil {
		return nil, err
	}
	if !p.next('.') {
		return Elements{name, where, start + 1}, nil
	}
	p.at++
	subStart := p.at
	sub, err := p.attribute()
	if err != nil {
		return nil, err
	}
	test, err := p.comparison(sub, subStart)
	if err != nil {
		return nil, err
	}
	return Elements{name, And{[]Expr{where, test}}, start + 1}, nil
}

// brackets reads the filter of a value path, which holds no other value path.
func (p *parser) brackets() (Expr, error) {
	if p.inside {
		return nil, p.refuse("a value path within a value path")
	}
	p.inside = true
	defer func() { p.inside = false }()
	return p.enclosed('[', ']')
}

func (p *parser) comparison(name string, start int) (Expr, error) {
	if p.terms++; p.terms > maxTerms {
		return nil, scim.BadRequest(scim.TypeTooMany, "%s: more than %d comparisons at position %d", p.what, maxTerms, start+1)
	}
	p.space()
	op, err := p.operator()
	if err != nil {
		return nil, err
	}
	c := Comparison{Attribute: name, Op: op, Position: start + 1}
	if op != Present {
		c.Value, err = p.literal()
	}
	return c, err
}
