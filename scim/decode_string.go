package scim

import (
	"bytes"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// str reads one string, a key or a value.
func (d *decoder) str() (string, error) {
	raw, err := d.raw()
	if err != nil {
		return "", err
	}
	return d.text(raw)
}

// text is the string that a span of the body, quotes included, writes.
func (d *decoder) text(raw span) (string, error) {
	if s, ok := d.plain(raw); ok {
		return s, nil
	}
	content, err := d.content(raw)
	if err != nil {
		return "", err
	}
	if len(content) == raw.to-raw.from-2 { // nothing was escaped: an escape is longer than what it stands for
		return d.texts.of(d.body, span{raw.from + 1, raw.to - 1}), nil
	}
	return string(content), nil
}

// plain is a string that is nothing but its characters, of a body that was copied whole.
func (d *decoder) plain(raw span) (string, bool) {
	if d.texts.whole == "" || raw.to-raw.from < 2 {
		return "", false
	}
	s := d.texts.whole[raw.from+1 : raw.to-1]
	return s, d.body[raw.from] == '"' && len(s) <= d.limits.String && strings.IndexByte(s, '\\') < 0
}

// content is what a string holds. It refuses what is no string, and one that is too long or
// has a NUL.
func (d *decoder) content(raw span) ([]byte, error) {
	quoted := d.body[raw.from:raw.to]
	if len(quoted) < 2 || quoted[0] != '"' {
		return nil, BadRequest(TypeInvalidSyntax, "malformed JSON at byte %d", d.tokens.InputOffset())
	}
	content := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(content, '\\') >= 0 {
		var err error
		if content, err = jsontext.AppendUnquote(nil, quoted); err != nil {
			return nil, d.malformed(err)
		}
		if bytes.IndexByte(content, 0) >= 0 {
			return nil, BadRequest(TypeInvalidSyntax, "string with a NUL character before byte %d", d.tokens.InputOffset())
		}
	}
	if len(content) > d.limits.String {
		return nil, BadRequest(TypeInvalidSyntax, "string longer than %d bytes before byte %d", d.limits.String, d.tokens.InputOffset())
	}
	return content, nil
}

// raw reads one scalar and returns where its JSON stands in the body.
func (d *decoder) raw() (span, error) {
	v, err := d.tokens.ReadValue()
	if err != nil {
		return span{}, d.malformed(err)
	}
	end := int(d.tokens.InputOffset())
	if v[0] != '"' && len(v) > d.limits.String {
		return span{}, BadRequest(TypeInvalidSyntax, "number longer than %d bytes before byte %d", d.limits.String, end)
	}
	return span{end - len(v), end}, nil
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
	if at >= int64(len(d.body)) {
		return BadRequest(TypeInvalidSyntax, "JSON ends too early, at byte %d", at)
	}
	return BadRequest(TypeInvalidSyntax, "malformed JSON at byte %d", at)
}
