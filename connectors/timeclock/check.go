package timeclock

import (
	"context"
	"fmt"
	"strings"

	"scimrelay/connectors"
)

// employee is the role a user gets who is made without one (vendor's FAQ).
const employee = "Employee"

// Check implements connectors.Checker: the key and the account behind it, whether the API has user
// methods at all, the role of new users, and free licences. A fault that says nothing about the
// settings ends it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	var report connectors.Report
	for _, look := range []struct {
		name string
		at   func(context.Context) (connectors.Finding, error)
	}{{"users", c.checkUsers}, {"role", c.checkRole}, {"licences", c.checkLicences}} {
		finding, err := look.at(ctx)
		fault := connectors.FaultOf(err)
		switch {
		case fault == nil:
		case fault.Class == connectors.Auth:
			report.Findings = append(report.Findings, connectors.Finding{Name: "key", Detail: fault.Detail})
			return report, err
		case fault.Class == connectors.Plan:
			finding = connectors.Finding{Detail: fault.Detail}
		default:
			return report, err
		}
		if len(report.Findings) == 0 {
			report.Findings = append(report.Findings, connectors.Finding{Name: "key", OK: true, Detail: "the API key is accepted"})
		}
		finding.Name = look.name
		report.Findings = append(report.Findings, finding)
	}
	return report, nil
}

func (c *connector) checkUsers(ctx context.Context) (connectors.Finding, error) {
	var result struct {
		Total *int `json:"total"`
	}
	err := c.call(ctx, listUsers, map[string]any{"active": nil, "offset": 0, "limit": 1}, nil, &result)
	if err == nil && result.Total == nil {
		err = connectors.Faultf(connectors.Nonsense, "TimeClock 365 listed users and not how many there are")
	}
	if err != nil {
		return connectors.Finding{}, err
	}
	return connectors.Finding{OK: true, Detail: fmt.Sprintf("%d users can be read", *result.Total)}, nil
}

// role is one of the vendor's roles.
type role struct {
	ID   any    `json:"id"`
	Name string `json:"name"`
}

func (c *connector) checkRole(ctx context.Context) (connectors.Finding, error) {
	var result struct {
		Items []role `json:"items"`
	}
	if err := c.call(ctx, listRoles, map[string]any{}, nil, &result); err != nil {
		return connectors.Finding{}, err
	}
	var there []string
	for _, r := range result.Items {
		if c.role != 0 && idOf(connectors.TextOf(r.ID)) == any(c.role) || c.role == 0 && strings.EqualFold(r.Name, employee) {
			return connectors.Finding{OK: true, Detail: "new users get the role " + r.Name}, nil
		}
		there = append(there, connectors.TextOf(r.ID)+" "+r.Name)
	}
	if c.role == 0 {
		return connectors.Finding{Detail: "there is no role " + employee + ": set defaults.role_id to one of " + strings.Join(there, ", ")}, nil
	}
	return connectors.Finding{Detail: fmt.Sprintf("there is no role %d: set defaults.role_id to one of %s", c.role, strings.Join(there, ", "))}, nil
}

func (c *connector) checkLicences(ctx context.Context) (connectors.Finding, error) {
	var result struct {
		Total *int `json:"total"`
		Free  *int `json:"free"`
	}
	if err := c.call(ctx, licensesSummary, map[string]any{}, nil, &result); err != nil {
		return connectors.Finding{}, err
	}
	switch {
	case result.Total == nil || result.Free == nil:
		return connectors.Finding{}, connectors.Faultf(connectors.Nonsense, "TimeClock 365 did not say how many licences there are")
	case *result.Free <= 0:
		return connectors.Finding{Detail: fmt.Sprintf("none of %d licences is free: nobody can be created or come back until one is bought or taken back", *result.Total)}, nil
	default:
		return connectors.Finding{OK: true, Detail: fmt.Sprintf("%d of %d licences are free", *result.Free, *result.Total)}, nil
	}
}
