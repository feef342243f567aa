package restyaml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// rule is one line of the table that says what an answer means. All that it names must hold.
type rule struct {
	statuses []int // none is any refusal
	calls    []string
	text     string // in lower case
	when     *connectors.Formula
	class    connectors.Class
}

// vendorClasses are the classes an answer can have. The others are never a vendor's.
func vendorClasses() []string {
	var words []string
	for _, class := range connectors.Classes() {
		if class != connectors.Confirm && class != connectors.Internal {
			words = append(words, string(class))
		}
	}
	return words
}

// rules compiles the table.
func (c *compiler) rules() (rules []rule) {
	for i, f := range c.file.Faults {
		node := c.root.Key("faults").Items()[i]
		r := rule{calls: f.Calls, text: strings.ToLower(f.Text), class: connectors.Class(f.Class)}
		c.oneOf(node.Key("class"), f.Class, vendorClasses()...)
		c.calls(node, f.Calls)
		r.statuses = c.statuses(node)
		if f.When.Present() {
			r.when = c.formula(f.When, map[string]any{"answer": "any", "status": "integer"}, "boolean")
		}
		if !node.Key("status").Present() && r.text == "" && !f.When.Present() {
			c.problem(node, "want a status, a text or a when: it would mean every refusal")
		}
		if slices.ContainsFunc(r.statuses, isSuccess) && r.text == "" && !f.When.Present() {
			c.problem(node, "every success would be this fault: want a text or a when as well")
		}
		rules = append(rules, r)
	}
	return rules
}

// calls checks a list of calls that a rule or a limit is about.
func (c *compiler) calls(node configs.Node, list []string) {
	for i, name := range list {
		if items := node.Key("calls").Items(); i < len(items) {
			c.oneOf(items[i], name, callNames()...)
		}
	}
}

// statuses reads one status or a list of them.
func (c *compiler) statuses(rule configs.Node) (statuses []int) {
	node := rule.Key("status")
	if !node.Present() {
		return nil
	}
	var one int
	var found configs.Faults
	if items := node.Items(); len(items) > 0 {
		found = node.Decode(&statuses)
	} else {
		found = node.Decode(&one)
		statuses = []int{one}
	}
	if len(found) > 0 {
		c.faults = append(c.faults, found...)
		return nil
	}
	for _, status := range statuses {
		if status < 200 || status > 599 {
			c.problem(node, "want HTTP statuses from 200 to 599")
		}
	}
	return statuses
}

func isSuccess(status int) bool { return status/100 == 2 }

// matches reports whether the rule is about the answer.
func (r rule) matches(name string, answer rest.Answer, words *words) bool {
	switch {
	case len(r.statuses) > 0 && !slices.Contains(r.statuses, answer.Status):
		return false
	case len(r.statuses) == 0 && isSuccess(answer.Status):
		return false
	case len(r.calls) > 0 && !slices.Contains(r.calls, name):
		return false
	case r.text != "" && !strings.Contains(words.text(), r.text):
		return false
	case r.when == nil:
		return true
	}
	result, err := r.when.Value(values{"answer": words.body(), "status": int64(answer.Status)})
	return err == nil && result == true
}

// words are what an answer says, read when it is first asked for.
type words struct {
	answer rest.Answer
	read   bool
	whole  any
	said   string
}

func (w *words) body() any {
	if !w.read {
		w.read = true
		w.whole = plain(decoded(w.answer.Body))
		w.said = strings.ToLower(strings.Join(texts(w.whole, nil), "\n"))
	}
	return w.whole
}

func (w *words) text() string {
	w.body()
	return w.said
}

// decoded is a JSON body, nil when it is none.
func decoded(body []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// judge is the class that the table gives an answer, none when no line is about it.
func (p *program) judge(call rest.Call, answer rest.Answer) connectors.Class {
	if line := p.line(call, answer); line >= 0 {
		return p.rules[line].class
	}
	return ""
}

// line is the place in the table of the first line that is about the answer, -1 when none is.
func (p *program) line(call rest.Call, answer rest.Answer) int {
	said := &words{answer: answer}
	return slices.IndexFunc(p.rules, func(r rule) bool { return r.matches(call.Name, answer, said) })
}

// classify overrules what a status means.
func (p *program) classify(call rest.Call, answer rest.Answer, class connectors.Class) connectors.Class {
	if ours := p.judge(call, answer); ours != "" {
		return ours
	}
	if call.Name == callLogin && (class == connectors.Invalid || class == connectors.Denied) {
		return connectors.Auth // whoever cannot log in has the wrong credentials
	}
	return class
}

// refuses finds failures among successes: what the table says, and a status the call does not
// expect, after which nobody knows what was done.
func (p *program) refuses(call rest.Call, answer rest.Answer) connectors.Class {
	if ours := p.judge(call, answer); ours != "" {
		return ours
	}
	if expected := p.success[call.Name]; len(expected) > 0 && !slices.Contains(expected, answer.Status) {
		return connectors.Nonsense
	}
	return ""
}

// explained adds the vendor's own words from where the file says they stand, without anything that
// was sent but the known texts, which are the target's own.
func (p *program) explained(call rest.Call, answer rest.Answer, err error, known []string) error {
	if err == nil || len(p.reason) == 0 {
		return err
	}
	found, ok := p.reason.in(plain(decoded(answer.Body)))
	said := strings.Join(sentences(found, ""), "; ")
	if !ok || said == "" {
		return err
	}
	hidden := append(texts(call.Body, texts(call.Query, nil)), call.Private...)
	for _, value := range call.Params {
		hidden = append(hidden, value)
	}
	hidden = slices.DeleteFunc(hidden, func(text string) bool { return slices.Contains(known, text) })
	hidden = append(hidden, answer.Carried()...)
	fault := *connectors.FaultOf(err)
	// The client may have found words of its own; the file knows better where they are.
	fault.Detail = fmt.Sprintf("%s answered %d to %s: %s", p.name, answer.Status, call, rest.Redact(said, hidden...))
	return &fault
}

// sentences makes words of an error's value, with the field that each is about. Where an object has
// a description the rest of it are codes.
func sentences(value any, about string) (said []string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			said = append(said, sentences(item, about)...)
		}
	case map[string]any:
		for _, name := range []string{"description", "message", "detail"} {
			if words := connectors.ScalarText(v[name]); words != "" {
				return sentences(words, about)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			said = append(said, sentences(v[name], name)...)
		}
	default:
		text := connectors.ScalarText(v)
		if about != "" && text != "" {
			text = about + " " + text
		}
		if text != "" {
			said = append(said, text)
		}
	}
	return said
}
