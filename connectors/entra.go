package connectors

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// ignoreFlow is the name of the function that leaves a field alone rather than clear it.
const ignoreFlow = "IgnoreFlowIfNullOrEmpty"

// entraFunctions are the functions of Microsoft's "Reference for writing expressions for
// attribute mappings in Microsoft Entra ID" that depend on nothing but the person, under their
// names and with their arguments. An empty result is an absent one, as everywhere in mappings;
// what Microsoft leaves out between two commas is nil here.
func entraFunctions() []function {
	text, texts := new(func(string) string), new(func(any) []string)
	return []function{
		entra("Append", new(func(string, string) string), appendText),
		entra("BitAnd", new(func(any, any) int), bitAnd),
		entra("CBool", new(func(any) bool), toBool),
		entra("CDate", text, toDate),
		entraOf("Coalesce", coalesce, common(0), atLeast(1)),
		entra("ConvertToBase64", text, toBase64),
		entra("ConvertToUTF8Hex", text, toHex),
		entra("Count", new(func(any) int), func(a *arguments) any { return len(a.items(0)) }),
		entra("CStr", new(func(any) string), toText),
		entra("DateAdd", new(func(string, int, string) string), dateAdd, oneOfUnits),
		entra("DateDiff", new(func(string, string, string) int), dateDiff, oneOfUnits),
		entra("DateFromNum", new(func(any) string), dateFromNumber),
		entra("FormatDateTime", new(func(string, any, string, string) string), formatDate, formatsDate),
		entraOf(ignoreFlow, same, common(0), exactly(1)),
		entraOf("IIF", iif, common(1), exactly(3)),
		entra("InStr", new(func(string, string, ...any) int), position, atMost(4), compares),
		entra("IsNull", new(func(any) bool), func(a *arguments) any { return a.at(0) == nil }),
		entra("IsNullOrEmpty", new(func(any) bool), func(a *arguments) any { return isEmpty(a.at(0)) }),
		entra("IsPresent", new(func(any) bool), func(a *arguments) any { return !isEmpty(a.at(0)) }),
		entra("IsString", new(func(any) bool), isText),
		entra("Item", new(func(any, int) string), item, countsFromOne),
		entra("Join", new(func(string, ...any) string), joinAll),
		entra("Left", new(func(string, int) string), left),
		entra("Mid", new(func(string, int, int) string), mid, countsFromOne),
		entra("NormalizeDiacritics", text, ofText(withoutDiacritics)),
		entra("Not", new(func(any) bool), not),
		entra("NumFromDate", new(func(string) int), numberFromDate),
		entra("PCase", new(func(string, ...string) string), properCase, atMost(2)),
		entraOf("Redact", same, common(0), exactly(1)),
		entra("RemoveDuplicates", texts, removeDuplicates),
		entra("Replace", new(func(string, any, any, ...any) string), replace, atMost(7), replaces),
		entra("SingleAppRoleAssignment", new(func([]any) string), singleRole),
		entra("Split", new(func(string, string) []string), splitList),
		entra("StripSpaces", text, ofText(func(s string) string { return strings.ReplaceAll(s, " ", "") })),
		entraOf("Switch", choose, commonOfSwitch, atLeast(4), inPairs),
		entra("ToLower", new(func(string, ...string) string), toLower, atMost(2)),
		entra("ToUpper", new(func(string, ...string) string), toUpper, atMost(2)),
		entra("Word", new(func(string, int, string) string), word),
	}
}

// comparisons are the two ways InStr compares, written without quotes as in Entra.
func comparisons() []string { return []string{"vbBinaryCompare", "vbTextCompare"} }

func entra(name string, signature any, f func(*arguments) any, checks ...func(call)) function {
	return function{name: name, signature: signature, checks: checks, call: calling(name, f)}
}

// entraOf is a function whose result has the type of what it chooses from.
func entraOf(name string, f func(*arguments) any, result func([]reflect.Type) (reflect.Type, error), checks ...func(call)) function {
	return function{name: name, result: result, checks: checks, call: calling(name, f)}
}

// ofText lifts a function of one text.
func ofText(f func(string) string) func(*arguments) any {
	return func(a *arguments) any {
		text, _ := a.text(0)
		return f(text)
	}
}

// common is the type of whichever of the arguments from the first on it will be, any when they differ. Nil fits all.
func common(first int) func([]reflect.Type) (reflect.Type, error) {
	return func(arguments []reflect.Type) (reflect.Type, error) {
		return commonType(arguments[min(first, len(arguments)):]), nil
	}
}

// commonOfSwitch takes the default and every second argument after it.
func commonOfSwitch(arguments []reflect.Type) (reflect.Type, error) {
	var values []reflect.Type
	for i, t := range arguments {
		if i%2 == 1 {
			values = append(values, t)
		}
	}
	return commonType(values), nil
}

func commonType(all []reflect.Type) reflect.Type {
	var one reflect.Type
	for _, t := range all {
		switch {
		case t == nil || t == one:
		case one == nil:
			one = t
		default:
			return reflect.TypeFor[any]()
		}
	}
	if one == nil {
		return reflect.TypeFor[any]()
	}
	return one
}

func exactly(n int) func(call) {
	return func(c call) {
		if len(c.node.Arguments) != n {
			c.refuse(-1, "it takes %d argument(s)", n)
		}
	}
}

func atLeast(n int) func(call) {
	return func(c call) {
		if len(c.node.Arguments) < n {
			c.refuse(-1, "it takes at least %d argument(s)", n)
		}
	}
}

func atMost(n int) func(call) {
	return func(c call) {
		if len(c.node.Arguments) > n {
			c.refuse(n, "it takes at most %d arguments", n)
		}
	}
}

// compares checks what InStr takes beside the two texts.
func compares(c call) {
	c.wants(2, "number", reflect.Int)
	if _, quoted := c.literal(3); quoted {
		c.refuse(3, "write vbBinaryCompare or vbTextCompare without quotes")
	}
}

func inPairs(c call) {
	if len(c.node.Arguments)%2 != 0 {
		c.refuse(-1, "keys and values come in pairs after the source and the default; write nil where there is no default")
	}
}

// countsFromOne finds a position of 0, which Entra has none of.
func countsFromOne(c call) {
	if n, ok := c.node.Arguments[1].(*ast.IntegerNode); ok && n.Value < 1 {
		c.refuse(1, "positions count from 1")
	}
}

func oneOfUnits(c call) {
	if unit, ok := c.literal(0); ok && !isUnit(unit) {
		c.refuse(0, "want one of %s", strings.Join(units(), ", "))
	}
}

func formatsDate(c call) {
	if c.given(1) {
		if styles, ok := c.literal(1); !ok {
			c.refuse(1, "the styles must stand here as a text, or nil")
		} else if err := checkStyles(styles); err != nil {
			c.refuse(1, "%v", err)
		}
	}
	for i := 2; i <= 3; i++ {
		format, ok := c.literal(i)
		if !ok {
			c.refuse(i, "the format must stand here as a text")
			continue
		}
		layout, err := readLayout(format)
		if err == nil && i == 2 && !layout.has('y') {
			err = fmt.Errorf("a date to read has a year: the format has no y")
		}
		if err != nil {
			c.refuse(i, "%v", err)
		}
	}
}
