package restyaml

import (
	"context"
	"fmt"

	"scimrelay/connectors"
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

// Check implements connectors.Checker: the credentials, then what the file has to check. A fault
// that says nothing about the settings ends it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	var report connectors.Report
	add := func(name string, ok bool, detail string) {
		report.Findings = append(report.Findings, connectors.Finding{Name: name, OK: ok, Detail: detail})
	}
	found, err := c.lookAround(ctx)
	if connectors.Is(err, connectors.Auth) {
		add("credentials", false, c.title+" refuses the credentials: correct them")
		return report, err
	}
	if err != nil {
		return report, err
	}
	add("credentials", true, "the credentials are accepted")
	if len(found) == 0 && c.calls[callList] == nil && c.session == nil {
		report.Findings[0].Detail = "the product's file has nothing to check the credentials with"
	}
	report.Findings = append(report.Findings, found...)
	return report, nil
}

// lookAround makes the calls of the checks, or some call where there are none.
func (c *connector) lookAround(ctx context.Context) (found []connectors.Finding, err error) {
	if c.session != nil {
		if err := c.session.Login(ctx); err != nil {
			return nil, err
		}
	}
	if len(c.checks) == 0 && c.calls[callList] != nil {
		_, _, _, err := c.page(ctx, c.calls[callList], c.values(), place{}, nil)
		return nil, err
	}
	for _, look := range c.checks {
		finding, err := c.look(ctx, look)
		if err != nil {
			return found, err
		}
		found = append(found, finding)
	}
	return found, nil
}

// look makes one call. A refusal that may come from the settings is a finding.
func (c *connector) look(ctx context.Context, look check) (connectors.Finding, error) {
	finding := connectors.Finding{Name: look.name, Detail: look.otherwise}
	call, err := look.request.fill(c.values(), c.account.paths, nil)
	if err != nil {
		return finding, err
	}
	answer, err := c.do(ctx, call)
	if err != nil {
		fault := connectors.FaultOf(err)
		switch fault.Class {
		case connectors.NotFound, connectors.Denied, connectors.Invalid, connectors.Plan, connectors.Seats:
			if finding.Detail == "" {
				finding.Detail = fault.Detail
			}
			return finding, nil
		}
		return finding, err
	}
	if look.expect != nil {
		result, err := look.expect.Value(values{"answer": plain(decoded(answer.Body))})
		if err != nil || result != true {
			return finding, nil
		}
	}
	finding.OK, finding.Detail = true, look.fine
	if look.fine == "" {
		finding.Detail = fmt.Sprintf("%s is as it should be", look.name)
	}
	return finding, nil
}
