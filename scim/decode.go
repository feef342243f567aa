package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bounds what Decode accepts. A zero field stands for its default.
type Limits struct {
	Depth  int // how deep objects and arrays may nest
	Keys   int // keys of one object
	String int // bytes of one string, key or number
}

// DefaultLimits are the bounds every SCIM body is held to.
func DefaultLimits() Limits { return Limits{Depth: 32, Keys: 256, String: 8 << 10} }

// Stored are the limits for reading back what was accepted under l: changes may have added keys
// and a level, and its size is bounded already.
func (l Limits) Stored() Limits {
	l = l.orDefault()
	l.Depth *= 2
	l.Keys = math.MaxInt
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
	return d
}

// Decode reads one JSON object into a Document in one pass. Numbers keep their digits, a
// leading byte order mark is tolerated, and everything two parsers could read differently
// is refused with 400 invalidSyntax: duplicate keys (also when only their case differs),
// invalid UTF-8, NUL, trailing data, and whatever exceeds the limits. The strings of the
// Document share one copy of the body, so body may be reused.
func Decode(body []byte, limits Limits) (Document, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if at := invalidUTF8(body); at >= 0 {
		return nil, BadRequest(TypeInvalidSyntax, "invalid UTF-8 at byte %d", at)
	}
	d := decoder{
		text:   string(body),
		tokens: jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true)),
		limits: limits.orDefault(),
		keys:   make([]string, 0, 2*fewKeys),
	}
	if kind := d.tokens.PeekKind(); kind != '{' && kind != 0 {
		return nil, BadRequest(TypeInvalidSyntax, "the body must be a JSON object")
	}
	v, err := d.value(1)
	if err != nil {
		return nil, err
	}
	if rest := d.text[d.tokens.InputOffset():]; strings.TrimLeft(rest, " \t\r\n") != "" {
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
	text   string
	tokens *jsontext.Decoder
	limits Limits
	keys   []string // the keys of the objects being read, innermost last
}

// value reads the next value, which lies depth levels deep if it nests.
func (d *decoder) value(depth int) (any, error) {
	kind := d.tokens.PeekKind()
	switch kind {
	case '{', '[':
		if depth > d.limits.Depth {
			return nil, BadRequest(TypeInvalidSyntax, "JSON nested deeper than %d levels at byte %d",
				d.limits.Depth, d.tokens.InputOffset())
		}
		if kind == '[' {
			return d.array(depth)
		}
		return d.object(depth)
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
		return json.Number(raw), nil
	}
}

func (d *decoder) array(depth int) (any, error) {
	if err := d.delimiter(); err != nil {
		return nil, err
	}
	list := []any{}
	for d.tokens.PeekKind() != ']' {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, d.delimiter()
}

func (d *decoder) object(depth int) (any, error) {
	if err := d.delimiter(); err != nil {
		return nil, err
	}
	doc := make(Document, sizeHint(depth))
	seen := keySet{start: len(d.keys)}
	for d.tokens.PeekKind() != '}' {
		key, err := d.str()
		if err != nil {
			return nil, err
		}
		if seen.add(d, key) {
			return nil, BadRequest(TypeInvalidSyntax, "duplicate key %q before byte %d", ClipName(key), d.tokens.InputOffset())
		}
		if len(doc) >= d.limits.Keys {
			return nil, BadRequest(TypeInvalidSyntax, "object with more than %d keys at byte %d", d.limits.Keys, d.tokens.InputOffset())
		}
		if doc[key], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	d.keys = d.keys[:seen.start]
	return doc, d.delimiter()
}

// sizeHint is how many keys an object will have: a resource more than its parts, and a map
// that has to grow costs more than one with room.
func sizeHint(depth int) int {
	if depth == 1 {
		return 20
	}
	return 0
}

// str reads one string, a key or a value.
func (d *decoder) str() (string, error) {
	raw, err := d.raw()
	if err != nil {
		return "", err
	}
	if len(raw) < 2 || raw[0] != '"' {
		return "", BadRequest(TypeInvalidSyntax, "malformed JSON at byte %d", d.tokens.InputOffset())
	}
	s := raw[1 : len(raw)-1]
	if strings.IndexByte(s, '\\') >= 0 {
		unquoted, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return "", d.malformed(err)
		}
		if s = string(unquoted); strings.IndexByte(s, 0) >= 0 {
			return "", BadRequest(TypeInvalidSyntax, "string with a NUL character before byte %d", d.tokens.InputOffset())
		}
	}
	if len(s) > d.limits.String {
		return "", BadRequest(TypeInvalidSyntax, "string longer than %d bytes before byte %d", d.limits.String, d.tokens.InputOffset())
	}
	return s, nil
}

// raw reads one scalar and returns its JSON as part of the shared text.
func (d *decoder) raw() (string, error) {
	v, err := d.tokens.ReadValue()
	if err != nil {
		return "", d.malformed(err)
	}
	end := int(d.tokens.InputOffset())
	raw := d.text[end-len(v) : end]
	if raw[0] != '"' && len(raw) > d.limits.String {
		return "", BadRequest(TypeInvalidSyntax, "number longer than %d bytes before byte %d", d.limits.String, end)
	}
	return raw, nil
}

func (d *decoder) delimiter() error {
	if _, err := d.tokens.ReadToken(); err != nil {
		return d.malformed(err)
	}
	return nil
}

// malformed says where the JSON broke and not what stood there: it may be half a password.
func (d *decoder) malformed(err error) error {
	at := d.tokens.InputOffset()
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		at = syntactic.ByteOffset
	}
	if at >= int64(len(d.text)) {
		return BadRequest(TypeInvalidSyntax, "JSON ends too early, at byte %d", at)
	}
	return BadRequest(TypeInvalidSyntax, "malformed JSON at byte %d", at)
}
