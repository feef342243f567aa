package sim

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

var errWhere = errors.New("bad where")

// condition is a parsed where=: a comparison, or two conditions joined by AND or OR. The nil
// condition matches every row.
type condition struct {
	field, operator string
	text            string
	number          int64
	isText          bool

	join        string
	left, right *condition
}

// email gives the address of a plain email='…', which lists need not search for.
func (c *condition) email() (string, bool) {
	if c == nil || c.join != "" || c.field != "email" || c.operator != "=" || !c.isText {
		return "", false
	}
	return c.text, true
}

// matches says whether the row fulfils the condition. Letter case has no meaning. ASSUMED.
func (c *condition) matches(row map[string]any) bool {
	switch {
	case c == nil:
		return true
	case c.join == "AND":
		return c.left.matches(row) && c.right.matches(row)
	case c.join == "OR":
		return c.left.matches(row) || c.right.matches(row)
	}
	value := row[c.field]
	if object, ok := value.(map[string]any); ok {
		value = object["id"]
	}
	if c.isText {
		text, ok := value.(string)
		return ok && c.matchesText(fold(text))
	}
	number, ok := asNumber(value)
	return ok && (c.operator == "=" && number == c.number || c.operator == ">" && number > c.number)
}

func (c *condition) matchesText(text string) bool {
	switch c.operator {
	case "=":
		return text == fold(c.text)
	case ">":
		return text > fold(c.text)
	default: // LIKE
		pattern := strings.ReplaceAll(regexp.QuoteMeta(fold(c.text)), "%", ".*")
		return regexp.MustCompile(`^(?s:` + pattern + `)$`).MatchString(text)
	}
}

func asNumber(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	default:
		return 0, false
	}
}

// parseWhere reads =, >, LIKE, AND, OR and brackets; AND binds closer. Anything else is an
// error, as is a field the schema does not have.
func parseWhere(text string) (*condition, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p := &parser{tokens: regexp.MustCompile(`'(?:[^']|'')*'|-?\d+|\w+|[=>()]|\S`).FindAllString(text, -1)}
	c, err := p.either(0)
	if err != nil || len(p.tokens) > 0 {
		return nil, errWhere
	}
	return c, nil
}

type parser struct{ tokens []string }

func (p *parser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *parser) isNext(word string) bool {
	return len(p.tokens) > 0 && strings.EqualFold(p.tokens[0], word)
}

func (p *parser) either(depth int) (*condition, error) {
	return p.joined("OR", depth, func() (*condition, error) {
		return p.joined("AND", depth, func() (*condition, error) { return p.term(depth) })
	})
}

func (p *parser) joined(word string, depth int, part func() (*condition, error)) (*condition, error) {
	left, err := part()
	for err == nil && p.isNext(word) {
		p.next()
		var right *condition
		right, err = part()
		left = &condition{join: word, left: left, right: right}
	}
	return left, err
}

func (p *parser) term(depth int) (*condition, error) {
	if p.isNext("(") && depth < 20 {
		p.next()
		inner, err := p.either(depth + 1)
		if err != nil || p.next() != ")" {
			return nil, errWhere
		}
		return inner, nil
	}
	c := &condition{field: p.next(), operator: strings.ToUpper(p.next())}
	if _, known := properties()[c.field]; !known || c.operator != "=" && c.operator != ">" && c.operator != "LIKE" {
		return nil, errWhere
	}
	value := p.next()
	if quoted, ok := strings.CutPrefix(value, "'"); ok && len(value) > 1 {
		c.text, c.isText = strings.ReplaceAll(strings.TrimSuffix(quoted, "'"), "''", "'"), true
		return c, nil
	}
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil || c.operator == "LIKE" {
		return nil, errWhere
	}
	c.number = number
	return c, nil
}
