package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bounds what Decode accepts. A zero field stands for its default.
type Limits struct {
	Depth  int // how deep objects and arrays may nest
	Keys   int // keys of one object
	String int // bytes of one string, key or number
	Values int // values of the whole body, members kept as Members left out
	// Members keeps a group's members as Members instead of one object each, for bodies that
	// have a hundred thousand of them.
	Members bool
}

// DefaultLimits are the bounds every SCIM body is held to.
func DefaultLimits() Limits { return Limits{Depth: 32, Keys: 256, String: 8 << 10, Values: 40_000} }

// Stored are the limits for reading back what was accepted under l: changes may have added keys
// and a level, and its size is bounded already.
func (l Limits) Stored() Limits {
	l = l.orDefault()
	l.Depth *= 2
	l.Keys, l.Values = math.MaxInt, math.MaxInt
	l.Members = false
	return l
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Depth > 0 {
		d.Depth = l.Depth
	}
	if l.Keys > 0 {
		d.Keys = l.Keys
	}
	if l.String > 0 {
		d.String = l.String
	}
	if l.Values > 0 {
		d.Values = l.Values
	}
	d.Members = l.Members
	return d
}

// Decode reads one JSON object into a Document in one pass. Numbers keep their digits, a
// leading byte order mark is tolerated, and everything two parsers could read differently
// is refused with 400 invalidSyntax: duplicate keys (also when only their case differs),
// invalid UTF-8, NUL, trailing data, and whatever exceeds the limits. More values than there
// may be are 413 (E-57). No string of the Document shares memory with body, so body may be
// reused.
func Decode(body []byte, limits Limits) (Document, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if at := invalidUTF8(body); at >= 0 {
		return nil, BadRequest(TypeInvalidSyntax, "invalid UTF-8 at byte %d", at)
	}
	d := newDecoder(body, limits.orDefault())
	if kind := d.tokens.PeekKind(); kind != '{' && kind != 0 {
		return nil, BadRequest(TypeInvalidSyntax, "the body must be a JSON object")
	}
	start := anywhere
	if d.limits.Members {
		start = atBody
	}
	v, err := d.value(start, 1)
	if err != nil {
		return nil, err
	}
	if rest := body[d.tokens.InputOffset():]; len(bytes.TrimLeft(rest, " \t\r\n")) > 0 {
		return nil, BadRequest(TypeInvalidSyntax, "data after the JSON object at byte %d", d.tokens.InputOffset())
	}
	doc, ok := v.(Document)
	if !ok {
		return nil, BadRequest(TypeInvalidSyntax, "the body must be a JSON object")
	}
	return doc, nil
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

type decoder struct {
	body   []byte
	texts  texts
	tokens *jsontext.Decoder
	limits Limits
	values int // read so far, and the members
	named  int
	keys   []string // the keys of the objects being read, innermost last
}

func newDecoder(body []byte, limits Limits) *decoder {
	return &decoder{
		body:   body,
		texts:  newTexts(body),
		tokens: jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true)),
		limits: limits,
		keys:   make([]string, 0, 2*fewKeys),
	}
}

// count adds up values: each costs memory, however little of the body it takes.
func (d *decoder) count(n int) error {
	if d.values += n; d.values > d.limits.Values {
		return tooMany(d.limits.Values, "values", d.tokens.InputOffset())
	}
	return nil
}

func tooMany(most int, what string, at int64) error {
	return &Error{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("more than %d %s at byte %d", most, what, at)}
}

// value reads the next value, which lies depth levels deep if it nests.
func (d *decoder) value(at place, depth int) (any, error) {
	if err := d.count(1); err != nil {
		return nil, err
	}
	kind := d.tokens.PeekKind()
	switch kind {
	case '{', '[':
		if err := d.enter(depth); err != nil {
			return nil, err
		}
		if kind == '[' {
			return d.array(at, depth)
		}
		return d.object(at, depth)
	case '"':
		return d.str()
	}
	raw, err := d.raw()
	if err != nil {
		return nil, err
	}
	switch kind {
	case 't', 'f':
		return kind == 't', nil
	case 'n':
		return nil, nil
	default:
		return json.Number(d.texts.of(d.body, raw)), nil
	}
}

// enter reads the bracket that opens an object or array, unless it lies too deep.
func (d *decoder) enter(depth int) error {
	if depth > d.limits.Depth {
		return BadRequest(TypeInvalidSyntax, "JSON nested deeper than %d levels at byte %d",
			d.limits.Depth, d.tokens.InputOffset())
	}
	return d.delimiter()
}

func (d *decoder) array(at place, depth int) (any, error) {
	if at == atOperand || at == atMembers {
		return d.members(depth)
	}
	list := []any{}
	for d.tokens.PeekKind() != ']' {
		v, err := d.value(at.element(), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, d.delimiter()
}

func (d *decoder) object(at place, depth int) (any, error) {
	doc := make(Document, sizeHint(depth))
	seen := keySet{start: len(d.keys)}
	var operand span
	for d.tokens.PeekKind() != '}' {
		key, err := d.key(&seen, len(doc))
		if err != nil {
			return nil, err
		}
		if at == anywhere {
			if doc[key], err = d.value(anywhere, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		inner := at.member(key, doc)
		from := int(d.tokens.InputOffset())
		if doc[key], err = d.value(inner, depth+1); err != nil {
			return nil, err
		}
		if inner == atOperand {
			operand = span{from, int(d.tokens.InputOffset())}
		}
	}
	d.keys = d.keys[:seen.start]
	if operand.to > 0 {
		if err := d.settle(doc, operand, depth+1); err != nil {
			return nil, err
		}
	}
	return doc, d.delimiter()
}

// key reads the next key of an object that has n of them already.
func (d *decoder) key(seen *keySet, n int) (string, error) {
	key, err := d.str()
	if err != nil {
		return "", err
	}
	if seen.add(d, key) {
		return "", d.duplicate(key)
	}
	if n >= d.limits.Keys {
		return "", BadRequest(TypeInvalidSyntax, "object with more than %d keys at byte %d", d.limits.Keys, d.tokens.InputOffset())
	}
	return key, nil
}

func (d *decoder) duplicate(key string) error {
	return BadRequest(TypeInvalidSyntax, "duplicate key %q before byte %d", ClipName(key), d.tokens.InputOffset())
}

// sizeHint is how many keys an object will have: a resource more than its parts, and a map
// that has to grow costs more than one with room.
func sizeHint(depth int) int {
	if depth == 1 {
		return 20
	}
	return 0
}
