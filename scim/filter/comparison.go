package filter

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// test is a compiled comparison: where the value lies, and what it is compared with in the
// forms its type may need.
type test struct {
	path    schema.Path
	related bool
	leaf    *schema.Attribute // nil for an attribute without a schema
	op      Op

	null bool
	text string // the literal as written
	key  string // the literal as schema.Attribute.Key forms it
	flag bool
	at   time.Time
	num  float64
	int  int64

	isFlag, isNum bool // which forms an attribute without a schema can be compared in
	isInt         bool // an integer compares as one: a float would lose its last digits
}

// test compiles the comparison of the attribute at p, or refuses what its type does not
// allow (RFC 7644 section 3.4.2.2).
func (c *compiler) test(p schema.Path, e Comparison) (node, error) {
	t := test{path: p, related: c.related(p), leaf: p.Leaf(), op: e.Op, text: e.Value.Text}
	if t.leaf != nil && t.leaf.Returned == schema.Never {
		return nil, refuse(e.Position, "%s cannot be searched", t.leaf)
	}
	if e.Op == Present {
		return t, nil
	}
	if e.Value.Kind == Null {
		t.null = true
		if e.Op != Equal && e.Op != NotEqual {
			return nil, refuse(e.Position, "null compares with eq and ne only")
		}
		return t, nil
	}
	if t.leaf != nil && t.leaf.Type == schema.Complex {
		value, ok := t.leaf.Sub("value")
		if !ok {
			return nil, refuse(e.Position, "%s has no value to compare", t.leaf)
		}
		t.leaf, t.path.SubName, t.path.Sub = value, value.Name, value
	}
	comparable, err := c.literal(t.leaf, e)
	switch {
	case err != nil:
		return nil, err
	case !comparable:
		return constant(t.op == NotEqual), nil
	case t.leaf == nil:
		t.untyped(e.Value)
		return t, nil
	}
	return t, t.literal(e)
}

func (t *test) literal(e Comparison) error {
	text := e.Value.Text
	ok := true
	switch t.leaf.Type {
	case schema.Boolean:
		t.flag, ok = schema.ParseBoolean(text)
		ok = ok && !ordered(t.op) && !partial(t.op)
	case schema.Binary:
		t.key, ok = text, !ordered(t.op) && !partial(t.op)
	case schema.DateTime:
		t.key = t.leaf.Key(text)
		if !partial(t.op) {
			t.at, ok = schema.ParseTime(text)
		}
	case schema.Integer, schema.Decimal:
		t.number(text)
		ok = t.isNum && !partial(t.op)
	default:
		t.key = t.leaf.Key(text)
	}
	if !ok {
		return refuse(e.Position, "%s, a %s, does not compare this way", t.leaf, t.leaf.Type)
	}
	return nil
}

// untyped prepares a literal for an attribute of unknown type: it compares with a value of
// each type in that type's way, with strings in any letter case.
func (t *test) untyped(l Literal) {
	t.key = schema.Fold(l.Text)
	t.flag, t.isFlag = schema.ParseBoolean(l.Text)
	t.number(l.Text)
}

func ordered(op Op) bool {
	return op == Greater || op == GreaterOrEqual || op == Less || op == LessOrEqual
}

func partial(op Op) bool { return op == Contains || op == StartsWith || op == EndsWith }

// number reads a literal as JSON does, which knows no NaN, no infinity and no hexadecimals.
func (t *test) number(text string) {
	v := jsontext.Value(text)
	if v.Kind() != '0' || !v.IsValid() {
		return
	}
	var err error
	t.num, err = json.Number(text).Float64()
	t.isNum = err == nil
	t.int, err = json.Number(text).Int64()
	t.isInt = err == nil
}

// holdsNumber compares a number.
func (t *test) holdsNumber(n json.Number) bool {
	if i, err := n.Int64(); err == nil && t.isInt {
		return inOrder(t.op, cmp.Compare(i, t.int))
	}
	f, err := n.Float64()
	return err == nil && inOrder(t.op, cmp.Compare(f, t.num))
}

// holds compares one value. NotEqual is asked as Equal: see match.
func (t *test) holds(v any) bool {
	switch v := v.(type) {
	case string:
		return t.holdsText(v)
	case bool:
		if t.leaf == nil && !t.isFlag || t.leaf != nil && t.leaf.Type != schema.Boolean {
			return false
		}
		return v == t.flag && (t.op == Equal || t.op == NotEqual)
	case json.Number:
		return t.isNum && t.holdsNumber(v)
	case scim.Document:
		inner, ok := schema.Member(v, "value")
		return ok && t.leaf == nil && !isObject(inner) && t.holds(inner)
	}
	return false
}

func isObject(v any) bool {
	_, ok := v.(scim.Document)
	return ok
}

func (t *test) holdsText(s string) bool {
	if t.leaf != nil && t.leaf.Type == schema.DateTime && !partial(t.op) {
		at, ok := schema.ParseTime(s)
		return ok && inOrder(t.op, at.Compare(t.at))
	}
	if t.leaf == nil {
		s = schema.Fold(s)
	} else if t.leaf.Type != schema.Binary {
		s = t.leaf.Key(s)
	}
	switch t.op {
	case Contains:
		return strings.Contains(s, t.key)
	case StartsWith:
		return strings.HasPrefix(s, t.key)
	case EndsWith:
		return strings.HasSuffix(s, t.key)
	}
	return inOrder(t.op, strings.Compare(s, t.key))
}

func inOrder(op Op, c int) bool {
	switch op {
	case Equal, NotEqual:
		return c == 0
	case Greater:
		return c > 0
	case GreaterOrEqual:
		return c >= 0
	case Less:
		return c < 0
	case LessOrEqual:
		return c <= 0
	}
	return false
}
