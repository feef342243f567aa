package restyaml

import (
	"context"
	"errors"
	"fmt"
	"net"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// check is one thing that is looked at before the first person is provisioned.
type check struct {
	request   request
	name      string
	expect    *connectors.Formula
	fine      string
	otherwise string
}

// checks compiles the section.
func (c *compiler) checks() (list []check) {
	for i, f := range c.file.Check {
		node := c.root.Key("check").Items()[i]
		made := check{request: c.request(node, callCheck, f.Request, c.namesOf(callCheck)), name: f.Name, fine: f.Fine, otherwise: f.Otherwise}
		made.request.repeatable = true
		if f.Expect.Present() {
			made.expect = c.formula(f.Expect, map[string]any{"answer": "any"}, "boolean")
			if f.Otherwise == "" {
				c.missing(node, "otherwise", "want what to do when it is not as expected")
			}
		}
		list = append(list, made)
	}
	return list
}

// Check implements connectors.Checker: the credentials, then what the file has to check, then a
// page of the list. A fault that says nothing about the settings ends it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	found, err := c.lookAround(ctx)
	first := connectors.Finding{Name: "credentials", OK: true, Detail: "the credentials are accepted"}
	if connectors.Is(err, connectors.Auth) {
		first.OK, first.Detail = false, fmt.Sprintf("%s refuses the credentials: correct them (%s)", c.title, connectors.FaultOf(err).Detail)
		return connectors.Report{Findings: []connectors.Finding{first}}, nil
	}
	if err != nil {
		return connectors.Report{Findings: found}, err
	}
	if len(found) == 0 && c.session == nil {
		first.Detail = "the product's file has nothing to check the credentials with"
	}
	return connectors.Report{Findings: append([]connectors.Finding{first}, found...)}, nil
}

// lookAround makes the calls of the checks and reads a page of the list.
func (c *connector) lookAround(ctx context.Context) (found []connectors.Finding, err error) {
	if c.session != nil {
		if err := c.session.Login(ctx); err != nil {
			if c.other != nil { // its host is not the vendor's
				return nil, err
			}
			return nil, c.traced(rest.Call{Name: callLogin}, rest.Answer{}, err)
		}
	}
	for i, look := range c.checks {
		finding, err := c.look(ctx, look, i)
		if err != nil {
			return found, err
		}
		found = append(found, finding)
	}
	if list := c.calls[callList]; list != nil {
		finding, err := c.leaf(ctx, list)
		if err != nil {
			return found, err
		}
		found = append(found, finding)
	}
	return found, nil
}

// look makes the call of one check. A refusal that may come from the settings is a finding.
func (c *connector) look(ctx context.Context, look check, place int) (connectors.Finding, error) {
	finding := connectors.Finding{Name: look.name}
	call, err := look.request.fill(c.values(), c.account.paths, nil)
	if err != nil {
		return finding, err
	}
	answer, err := c.do(ctx, call)
	if err != nil {
		fault := c.traced(call, answer, err)
		finding.Detail = beside(look.otherwise, classed(fault))
		return finding, unlessSettings(fault)
	}
	if look.expect != nil {
		result, err := look.expect.Value(values{"answer": plain(decoded(answer.Body))})
		if err != nil {
			finding.Detail = beside(look.otherwise, fmt.Sprintf("check[%d].expect cannot be computed of the answer to %s", place, call))
			return finding, nil
		}
		if result != true {
			finding.Detail = beside(look.otherwise, fmt.Sprintf("the answer to %s is not as check[%d].expect wants it", call, place))
			return finding, nil
		}
	}
	finding.OK, finding.Detail = true, look.fine
	if look.fine == "" {
		finding.Detail = fmt.Sprintf("%s is answered as expected", call)
	}
	return finding, nil
}

// leaf reads the first page of the list, and looks whether the next can be found from it: a path
// that leads nowhere would end every list there, and nothing else would tell.
func (c *connector) leaf(ctx context.Context, list *call) (connectors.Finding, error) {
	finding := connectors.Finding{Name: callList}
	asked, answer, err := c.ask(ctx, list, c.values(), place{}, nil)
	if err != nil {
		fault := c.traced(asked, answer, err)
		finding.Detail = classed(fault)
		return finding, unlessSettings(fault)
	}
	body := decoded(answer.Body)
	rows, err := c.rows(list, body)
	if err == nil { // a wrong path is the more useful thing to say than what follows from it
		why, certain := list.paging.doubt(step{call: asked, answer: answer, body: body, count: len(rows)})
		finding.OK, finding.Detail = !certain, why
		if certain {
			return finding, nil
		}
		_, _, _, err = c.turned(list, place{}, asked, answer)
	}
	if err != nil {
		finding.OK, finding.Detail = false, fmt.Sprintf("%s: %s", asked, connectors.FaultOf(err).Detail)
		return finding, nil
	}
	if finding.Detail == "" {
		finding.Detail = fmt.Sprintf("accounts on the first page of %s: %d", asked, len(rows))
	}
	return finding, nil
}

// traced adds to a failure what decided its class, or where nobody answered.
func (c *connector) traced(call rest.Call, answer rest.Answer, err error) *connectors.Fault {
	fault := *connectors.FaultOf(err)
	line := -1
	if answer.Status != 0 {
		line = c.line(call, answer)
	}
	switch {
	case line >= 0 && c.rules[line].class == fault.Class:
		fault.Detail += fmt.Sprintf(", which faults[%d] is about", line)
	case answer.Status == 0 && unanswered(fault):
		fault.Detail += " (" + c.base.Host + ")"
	}
	return &fault
}

// unanswered reports a call that never got to anybody.
func unanswered(fault connectors.Fault) bool {
	var lookup *net.DNSError
	var dial *net.OpError
	return errors.As(fault.Err, &lookup) || errors.As(fault.Err, &dial)
}

func classed(fault *connectors.Fault) string {
	return fmt.Sprintf("%s; class %s", fault.Detail, fault.Class)
}

// beside puts what was found beside what the file's author says of it.
func beside(otherwise, found string) string {
	if otherwise == "" {
		return found
	}
	return otherwise + " (" + found + ")"
}

// unlessSettings is the fault, unless it may come from the settings and is a finding.
func unlessSettings(fault *connectors.Fault) error {
	switch fault.Class {
	case connectors.NotFound, connectors.Denied, connectors.Invalid, connectors.Plan, connectors.Seats:
		return nil
	}
	return fault
}
