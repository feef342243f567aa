package scim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Encode writes the Document as compact JSON with sorted keys, so equal Documents are equal
// bytes. Nothing is escaped that JSON does not demand. A value that no Document may hold,
// or a string that is not UTF-8, is an error.
func Encode(doc Document) ([]byte, error) {
	e := encoder{out: make([]byte, 0, 1536), keys: make([]string, 0, 48)}
	if err := e.object(doc); err != nil {
		return nil, err
	}
	return e.out, nil
}

type encoder struct {
	out  []byte
	keys []string // the sorted keys of the objects being written, innermost last
}

func (e *encoder) object(doc Document) error {
	start := len(e.keys)
	for key := range doc {
		e.keys = append(e.keys, key)
	}
	end := len(e.keys)
	slices.Sort(e.keys[start:end])
	e.out = append(e.out, '{')
	for i := start; i < end; i++ {
		if i > start {
			e.out = append(e.out, ',')
		}
		key := e.keys[i]
		if err := e.string(key); err != nil {
			return err
		}
		e.out = append(e.out, ':')
		if err := e.value(doc[key]); err != nil {
			return fmt.Errorf("%s: %w", ClipName(key), err)
		}
	}
	e.keys = e.keys[:start]
	e.out = append(e.out, '}')
	return nil
}

func (e *encoder) array(list []any) error {
	e.out = append(e.out, '[')
	for i, v := range list {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		if err := e.value(v); err != nil {
			return err
		}
	}
	e.out = append(e.out, ']')
	return nil
}

func (e *encoder) value(v any) error {
	switch v := v.(type) {
	case string:
		return e.string(v)
	case bool:
		e.out = strconv.AppendBool(e.out, v)
	case Document:
		return e.object(v)
	case []any:
		return e.array(v)
	case json.Number:
		if !jsontext.Value(v).IsValid() || jsontext.Value(v).Kind() != '0' {
			return fmt.Errorf("not a JSON number")
		}
		e.out = append(e.out, v...)
	case int:
		e.out = strconv.AppendInt(e.out, int64(v), 10)
	case nil:
		e.out = append(e.out, "null"...)
	default:
		return fmt.Errorf("a Document holds no %T", v)
	}
	return nil
}

func (e *encoder) string(s string) error {
	out, err := jsontext.AppendQuote(e.out, s)
	if err != nil {
		return fmt.Errorf("string is not UTF-8")
	}
	e.out = out
	return nil
}
