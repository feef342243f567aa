package connectors

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// What a pattern may be: Go's regular expressions take time in proportion to their size and the
// text's, never more.
const (
	maxPattern = 500
	maxStates  = 2000
)

// replacing is what a call of Replace does; which of its arguments stand in the file decides it.
type replacing struct {
	do      func(a *arguments, r replacing) any
	pattern *regexp.Regexp
	group   int
}

// Replace's arguments, in Microsoft's order.
const (
	argOld = iota + 1
	argPattern
	argGroup
	argReplacement
	argOther
	argTemplate
)

// replaces checks a call of Replace.
func replaces(c call) {
	for i := argOld; i <= argTemplate; i++ {
		c.wants(i, "text", reflect.String)
	}
	if _, at, err := readReplace(c.node.Arguments); err != nil {
		c.refuse(at, "%v", err)
	}
}

// prepareReplace puts what the call does in the place of its pattern, so that running it has
// nothing to work out.
func prepareReplace(n *ast.CallNode) {
	plan, _, err := readReplace(n.Arguments)
	if err == nil {
		n.Arguments[argPattern] = &ast.ConstantNode{Value: &plan}
	}
}

// readReplace says what the call does, or what is wrong and with which argument.
func readReplace(arguments []ast.Node) (plan replacing, at int, err error) {
	set := ""
	for i, letter := range " opgrat" {
		if i > 0 && given(arguments, i) {
			set += string(letter)
		}
	}
	switch set {
	case "or":
		return replacing{do: replaceOld}, 0, nil
	case "ot":
		return replacing{do: fillTemplate}, 0, nil
	case "pr":
		plan.do = replacePattern
	case "pgr":
		plan.do = replaceGroup
	case "pga":
		plan.do = extractGroup
	default:
		return plan, -1, errors.New("want oldValue with replacementValue or with template, regexPattern with replacementValue, " +
			"or regexPattern and regexGroupName with replacementValue or replacementAttributeName; write nil for the others")
	}
	text, ok := literal(arguments, argPattern)
	if !ok {
		return plan, argPattern, errors.New("the pattern must stand here as a text, not be computed")
	}
	if plan.pattern, err = compilePattern(text); err != nil {
		return plan, argPattern, err
	}
	if !given(arguments, argGroup) {
		return plan, 0, nil
	}
	name, _ := literal(arguments, argGroup)
	if plan.group = groupOf(plan.pattern, name); plan.group < 0 {
		return plan, argGroup, fmt.Errorf("the pattern has no group %q", name)
	}
	return plan, 0, nil
}

func groupOf(pattern *regexp.Regexp, name string) int {
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n <= pattern.NumSubexp() {
		return n
	}
	return pattern.SubexpIndex(name)
}

// compilePattern compiles a bounded pattern and says in an administrator's words what is wrong.
func compilePattern(text string) (*regexp.Regexp, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the pattern cannot be read: %w; looking ahead, looking behind and references back are not available", err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxStates {
		return nil, errors.New("the pattern is too large: repeat less")
	}
	return regexp.Compile(text)
}

// replace carries out a prepared call.
func replace(a *arguments) any {
	plan, ok := a.at(argPattern).(*replacing)
	if !ok {
		a.fail("the call was not checked")
		return nil
	}
	return plan.do(a, *plan)
}

func replaceOld(a *arguments, _ replacing) any {
	source, _ := a.text(0)
	old, ok := a.text(argOld)
	replacement, _ := a.text(argReplacement)
	if !ok {
		return source
	}
	return swap(a, source, old, replacement)
}

// fillTemplate puts the source into the template, and makes nothing where there is no source.
func fillTemplate(a *arguments, _ replacing) any {
	source, ok := a.text(0)
	old, too := a.text(argOld)
	template, _ := a.text(argTemplate)
	if !ok || !too {
		return nil
	}
	return swap(a, template, old, source)
}

func swap(a *arguments, in, old, by string) any {
	if len(in)+strings.Count(in, old)*len(by) > 2*maxText {
		a.trouble = tooLong()
		return nil
	}
	return strings.ReplaceAll(in, old, by)
}

func replacePattern(a *arguments, r replacing) any {
	source, _ := a.text(0)
	replacement, _ := a.text(argReplacement)
	return rewrite(a, source, r.pattern, 0, func(match []int) string { return expand(replacement, source, r.pattern, match) })
}

func replaceGroup(a *arguments, r replacing) any {
	source, _ := a.text(0)
	replacement, _ := a.text(argReplacement)
	return rewrite(a, source, r.pattern, r.group, func([]int) string { return replacement })
}

// rewrite puts the new text in the place of the group of every match.
func rewrite(a *arguments, source string, pattern *regexp.Regexp, group int, by func(match []int) string) any {
	var out strings.Builder
	last := 0
	for _, match := range pattern.FindAllStringSubmatchIndex(source, -1) {
		from, to := match[2*group], match[2*group+1]
		if from < last {
			continue
		}
		out.WriteString(source[last:from])
		out.WriteString(by(match))
		last = to
		if out.Len() > maxText {
			a.trouble = tooLong()
			return nil
		}
	}
	return out.String() + source[last:]
}

// extractGroup takes the source where there is one, and else the group out of the other attribute.
func extractGroup(a *arguments, r replacing) any {
	if source, ok := a.text(0); ok {
		return source
	}
	other, _ := a.text(argOther)
	match := r.pattern.FindStringSubmatch(other)
	if match == nil {
		return nil
	}
	return match[r.group]
}

// expand writes out a replacement as .NET reads it: $1 and ${name} are groups, $& the whole
// match, $$ a dollar sign, and anything else is itself.
func expand(replacement, source string, pattern *regexp.Regexp, match []int) string {
	var out strings.Builder
	for out.Len() <= maxText {
		before, rest, found := strings.Cut(replacement, "$")
		out.WriteString(before)
		if !found {
			break
		}
		name, after := groupName(rest)
		group := groupOf(pattern, name)
		switch {
		case strings.HasPrefix(rest, "$"):
			out.WriteByte('$')
			replacement = rest[1:]
		case group < 0:
			out.WriteByte('$')
			replacement = rest
		default:
			if from := match[2*group]; from >= 0 {
				out.WriteString(source[from:match[2*group+1]])
			}
			replacement = after
		}
	}
	return out.String()
}

// groupName reads what follows a dollar sign.
func groupName(text string) (name, after string) {
	if after, whole := strings.CutPrefix(text, "&"); whole {
		return "0", after
	}
	if inner, ok := strings.CutPrefix(text, "{"); ok {
		if name, after, closed := strings.Cut(inner, "}"); closed {
			return name, after
		}
		return "", text
	}
	after = strings.TrimLeft(text, "0123456789")
	return text[:len(text)-len(after)], after
}
