package server_test

import (
	"fmt"
	"reflect"
)

// match compares a value with the pattern of a dialogue.
func match(at string, want, have any, bound map[string]string) error {
	switch want := want.(type) {
	case map[string]any:
		return matchObject(at, want, have, bound)
	case []any:
		return matchList(at, want, have, bound)
	case string:
		if want == "*" {
			return nil
		}
		if variable.FindString(want) == want && want != "" {
			return matchVariable(at, want, have, bound)
		}
	}
	if !reflect.DeepEqual(want, have) {
		return fmt.Errorf("%s is %#v, want %#v", at, have, want)
	}
	return nil
}

func matchObject(at string, want map[string]any, have any, bound map[string]string) error {
	object, ok := have.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is %#v, want an object", at, have)
	}
	for name, pattern := range want {
		value, there := object[name]
		if there != (pattern != "-") {
			return fmt.Errorf("%s.%s is %#v, want %#v", at, name, value, pattern)
		}
		if !there {
			continue
		}
		if err := match(at+"."+name, pattern, value, bound); err != nil {
			return err
		}
	}
	return nil
}

func matchList(at string, want []any, have any, bound map[string]string) error {
	list, ok := have.([]any)
	if !ok || len(list) != len(want) {
		return fmt.Errorf("%s is %#v, want %#v", at, have, want)
	}
	for i := range want {
		if err := match(fmt.Sprintf("%s[%d]", at, i), want[i], list[i], bound); err != nil {
			return err
		}
	}
	return nil
}

func matchVariable(at, name string, have any, bound map[string]string) error {
	value, ok := have.(string)
	if known, kept := bound[name]; kept && known != value {
		return fmt.Errorf("%s is %#v, want %s, %q", at, have, name, known)
	}
	if !ok || value == "" {
		return fmt.Errorf("%s is %#v, want %s", at, have, name)
	}
	bound[name] = value
	return nil
}
