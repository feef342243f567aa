package connectors

import (
	"strings"
)

// The functions of Entra's that choose, ask and convert.

func same(a *arguments) any { return a.at(0) }

// coalesce skips empty texts too: in SCIM an empty attribute is an absent one.
func coalesce(a *arguments) any {
	for _, v := range a.list {
		if v != nil && v != "" {
			return v
		}
	}
	return nil
}

func iif(a *arguments) any {
	condition, ok := truth(a.at(0))
	switch {
	case !ok:
		a.fail("the condition is neither true nor false")
		return nil
	case condition:
		return a.at(1)
	default:
		return a.at(2)
	}
}

// choose is Switch. Texts are compared, letter case included; a key of "" is for absent sources.
func choose(a *arguments) any {
	source, ok := plainText(a.at(0))
	if !ok {
		a.fail("the source is a list: take one of its values")
	}
	for i := 2; i+1 < len(a.list); i += 2 {
		if key, ok := plainText(a.at(i)); ok && key == source {
			return a.at(i + 1)
		}
	}
	return a.at(1)
}

func toBool(a *arguments) any {
	value, ok := truth(a.at(0))
	if !ok {
		a.fail("the value is neither true, false nor a number")
	}
	return value
}

func not(a *arguments) any {
	value, _ := truth(a.at(0))
	return !value
}

// truth is how Entra takes a value where it wants a condition. What is absent is not true.
func truth(v any) (value, ok bool) {
	switch x := v.(type) {
	case nil:
		return false, true
	case bool:
		return x, true
	case float64:
		return x != 0, true
	case string:
		switch {
		case x == "" || strings.EqualFold(x, "false"):
			return false, true
		case strings.EqualFold(x, "true"):
			return true, true
		}
	}
	n, ok := wholeOf(v)
	return n != 0, ok
}

func toText(a *arguments) any {
	text, ok := plainText(a.at(0))
	if !ok {
		a.fail("a list is no single value: take one with Item or join them with Join")
	}
	return text
}

func isText(a *arguments) any {
	_, ok := a.at(0).(string)
	return ok
}

func bitAnd(a *arguments) any {
	one, ok := a.whole(0)
	other, too := a.whole(1)
	if !ok || !too {
		return nil
	}
	return one & other
}

// singleRole gives the person's one role, or the one marked primary. Of several that are equal
// in rank none is taken: which rights somebody gets is nothing to guess.
func singleRole(a *arguments) any {
	for _, item := range a.items(0) {
		if e, ok := item.(map[string]any); ok && isPrimary(e) {
			text, _ := a.itemText(0, e)
			return text
		}
	}
	roles := distinct(a.texts(0))
	switch len(roles) {
	case 0:
		return nil
	case 1:
		return roles[0]
	default:
		a.fail("the person has several roles and none of them is primary")
		return nil
	}
}

func removeDuplicates(a *arguments) any { return listOf(distinct(a.texts(0))) }

func distinct(texts []string) []string {
	seen := make(map[string]bool, len(texts))
	var kept []string
	for _, text := range texts {
		if !seen[text] {
			seen[text], kept = true, append(kept, text)
		}
	}
	return kept
}

func item(a *arguments) any {
	index, ok := a.whole(1)
	items := a.items(0)
	if !ok || index < 1 || index > int64(len(items)) {
		return nil
	}
	text, _ := a.itemText(0, items[index-1])
	return text
}
