package connectors

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// arguments are what one of Entra's functions is given for a person. Reading one that cannot be
// what is asked for is noted, and the call then has no result.
type arguments struct {
	list    []any
	trouble problem
}

// calling lifts a function of Entra's: what it makes empty is absent, what it makes is bounded,
// and what is wrong carries its name.
func calling(name string, f func(*arguments) any) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		a := &arguments{list: args}
		result := f(a)
		if a.trouble == "" {
			a.bound(result)
		}
		if a.trouble != "" {
			return nil, problem(name + ": " + string(a.trouble))
		}
		if result == "" {
			return nil, nil
		}
		return result, nil
	}
}

func (a *arguments) bound(result any) {
	switch x := result.(type) {
	case string:
		if len(x) > maxText {
			a.trouble = tooLong()
		}
	case []any:
		if len(x) > maxItems {
			a.trouble = tooMany()
		}
	}
}

func tooMany() problem { return problem(fmt.Sprintf("the list has more than %d values", maxItems)) }

func (a *arguments) fail(format string, args ...any) {
	if a.trouble == "" {
		a.trouble = problem(fmt.Sprintf(format, args...))
	}
}

// at is the argument, nil when it is absent or left out.
func (a *arguments) at(i int) any {
	if i >= len(a.list) {
		return nil
	}
	return a.list[i]
}

// text is the argument as a text, and whether there is one that is not empty.
func (a *arguments) text(i int) (string, bool) {
	v := a.at(i)
	if v == nil {
		return "", false
	}
	text, ok := v.(string)
	if !ok {
		a.fail("argument %d is no text", i+1)
		return "", false
	}
	if len(text) > maxText {
		a.trouble = tooLong()
		return "", false
	}
	return text, text != ""
}

// whole is the argument as a whole number, and whether there is one.
func (a *arguments) whole(i int) (int64, bool) {
	v := a.at(i)
	if v == nil || v == "" {
		return 0, false
	}
	n, ok := wholeOf(v)
	if !ok {
		a.fail("argument %d is no whole number", i+1)
	}
	return n, ok
}

func wholeOf(v any) (int64, bool) {
	switch x := v.(type) {
	case int:
		return int64(x), true
	case int64:
		return x, true
	case float64:
		return int64(x), x == math.Trunc(x) && math.Abs(x) < 1<<53
	case json.Number:
		n, err := x.Int64()
		return n, err == nil
	case string:
		n, err := strconv.ParseInt(x, 10, 64)
		return n, err == nil
	default:
		return 0, false
	}
}

// texts are the values of the argument, several when it is a list. Of an element of a
// multi-valued attribute its value counts, of an address what is formatted.
func (a *arguments) texts(i int) []string {
	var texts []string
	for _, item := range a.items(i) {
		if text, ok := a.itemText(i, item); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// items are the elements of the argument, or the argument alone when it is no list.
func (a *arguments) items(i int) []any {
	switch x := a.at(i).(type) {
	case nil:
		return nil
	case []any:
		return x
	default:
		return []any{x}
	}
}

func (a *arguments) itemText(i int, item any) (string, bool) {
	if e, ok := item.(map[string]any); ok {
		if item, ok = e["value"]; !ok {
			item = e["formatted"]
		}
	}
	text, ok := plainText(item)
	if !ok {
		a.fail("argument %d is neither text, number, true nor false", i+1)
	}
	return text, ok && text != ""
}

// plainText is a single value as Entra writes it; an absent one is the empty text.
func plainText(v any) (string, bool) {
	switch x := v.(type) {
	case nil:
		return "", true
	case string:
		return x, true
	case bool:
		if x {
			return "True", true
		}
		return "False", true
	case int, int64, json.Number:
		return fmt.Sprint(x), true
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), true
	default:
		return "", false
	}
}

func listOf(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
