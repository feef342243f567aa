package server_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

var variable = regexp.MustCompile(`\$[A-Z][0-9]*\b`)

// match compares a value with the pattern of a dialogue. An object names only the members
// that matter: "-" is one that is absent, and {"*":"-"} says that there is no other. A list
// is compared as it stands, or ["in any order", …], or ["among others", …]. "*" is anything,
// "*text*" holds a text and "text*" begins with it. "$U1" is kept the first time and the same
// ever after; "!$V" is a text other than $V.
func match(at string, want, have any, bound map[string]string) error {
	switch want := want.(type) {
	case map[string]any:
		return matchObject(at, want, have, bound)
	case []any:
		return matchList(at, want, have, bound)
	case string:
		return matchText(at, want, have, bound)
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
	for _, name := range slices.Sorted(maps.Keys(want)) {
		pattern := want[name]
		value, there := object[name]
		switch {
		case name == "*":
		case there != (pattern != "-"):
			return fmt.Errorf("%s.%s is %#v, want %#v", at, name, value, pattern)
		case there:
			if err := match(at+"."+name, pattern, value, bound); err != nil {
				return err
			}
		}
	}
	if want["*"] != "-" {
		return nil
	}
	for name := range object {
		if _, named := want[name]; !named {
			return fmt.Errorf("%s.%s is there", at, name)
		}
	}
	return nil
}

func matchList(at string, want []any, have any, bound map[string]string) error {
	list, ok := have.([]any)
	if !ok {
		return fmt.Errorf("%s is %#v, want a list", at, have)
	}
	if len(want) > 0 && (want[0] == "in any order" || want[0] == "among others") {
		return matchSome(at, want[0] == "in any order", want[1:], list, bound)
	}
	if len(list) != len(want) {
		return fmt.Errorf("%s has %d elements, want %d", at, len(list), len(want))
	}
	for i := range want {
		if err := match(fmt.Sprintf("%s[%d]", at, i), want[i], list[i], bound); err != nil {
			return err
		}
	}
	return nil
}

// matchSome finds an element of its own for each pattern.
func matchSome(at string, all bool, want, list []any, bound map[string]string) error {
	if all && len(list) != len(want) {
		return fmt.Errorf("%s has %d elements, want %d", at, len(list), len(want))
	}
	left := slices.Clone(list)
	for _, pattern := range want {
		var why []string
		i := slices.IndexFunc(left, func(have any) bool {
			tried := maps.Clone(bound)
			if err := match("it", pattern, have, tried); err != nil {
				why = append(why, fmt.Sprintf("%.200s", err))
				return false
			}
			maps.Copy(bound, tried)
			return true
		})
		if i < 0 {
			return fmt.Errorf("%s has nothing like %.200s: %q", at, fmt.Sprint(pattern), why)
		}
		left = slices.Delete(left, i, i+1)
	}
	return nil
}

func matchText(at, want string, have any, bound map[string]string) error {
	text, isText := have.(string)
	other, isOther := strings.CutPrefix(want, "!")
	switch {
	case want == "*":
		return nil
	case isOther && variable.FindString(other) == other:
		if !isText || text == "" || text == bound[other] {
			return fmt.Errorf("%s is %#v, want another than %s", at, have, bound[other])
		}
		return nil
	case variable.FindString(want) == want && want != "":
		return matchVariable(at, want, have, bound)
	}
	want = fill(want, bound)
	within, opens := strings.CutPrefix(want, "*")
	within, closes := strings.CutSuffix(within, "*")
	switch {
	case isText && opens && closes && strings.Contains(text, within),
		isText && opens && !closes && strings.HasSuffix(text, within),
		isText && closes && !opens && strings.HasPrefix(text, within),
		isText && text == want:
		return nil
	}
	return fmt.Errorf("%s is %#v, want %q", at, have, want)
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
