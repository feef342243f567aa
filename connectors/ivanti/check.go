package ivanti

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// soon is when a password that expires is worth a word.
const soon = 14 * 24 * time.Hour

// Check implements connectors.Checker: the login, the role, masking, the password's end, and
// whether the custom attributes are declared. A fault that says nothing about the settings ends
// it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	var report connectors.Report
	add := func(name string, ok bool, detail string) {
		report.Findings = append(report.Findings, connectors.Finding{Name: name, OK: ok, Detail: detail})
	}
	const roleless = "Ivanti does not show accounts to the account in credentials: give it the role User Management"
	_, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: tenantPath})
	switch {
	case connectors.Is(err, connectors.Auth):
		add("login", false, connectors.FaultOf(err).Detail)
		return report, err
	case connectors.Is(err, connectors.Denied), connectors.Is(err, connectors.Plan):
		add("login", true, "the user name and password are accepted")
		add("role", false, roleless)
		return report, nil
	case err != nil:
		return report, err
	}
	add("login", true, "the user name and password are accepted")
	page, err := c.accountRows(ctx, from(0))
	switch {
	case errors.Is(err, errMasked):
		add("role", true, "accounts may be read")
		add("masking", false, connectors.FaultOf(err).Detail)
		return report, nil
	case connectors.Is(err, connectors.Denied), connectors.Is(err, connectors.Plan):
		add("role", false, roleless)
		return report, nil
	case err != nil:
		return report, err
	}
	add("role", true, "accounts may be read; whether they may be changed shows with the first change")
	add("masking", true, "user ids and e-mail addresses are shown")
	password, err := c.checkPassword(ctx, page)
	if err != nil {
		return report, err
	}
	attributes, err := c.checkAttributes(ctx)
	if err != nil {
		return report, err
	}
	report.Findings = append(report.Findings, password, attributes)
	add("limits", true, fmt.Sprintf("accounts are listed at most %d times a minute, 500 at a time", c.defaults.listsPerMinute()))
	return report, nil
}

// checkPassword says when the password of the account in credentials ends, if Ivanti shows it.
func (c *connector) checkPassword(ctx context.Context, page rows) (connectors.Finding, error) {
	finding := connectors.Finding{Name: "password", OK: true, Detail: "Ivanti does not say when the password expires"}
	own := slices.IndexFunc(page.Rows, func(row map[string]any) bool { return c.protected(keyOf(row)) })
	if own < 0 {
		return finding, nil
	}
	have, err := c.account(ctx, connectors.ScalarText(page.Rows[own]["id"]), nil)
	if err != nil {
		return finding, err
	}
	at, _ := have.Fields["passwordExpiresAt"].(int64)
	if at == 0 {
		return finding, nil
	}
	ends := time.UnixMilli(at).UTC()
	finding.Detail = "the password expires on " + ends.Format("2 January 2006")
	if c.now().Add(soon).After(ends) {
		finding.OK, finding.Detail = false, finding.Detail+": set a new one in Ivanti and in credentials before"
	}
	return finding, nil
}

// checkAttributes looks the declared custom attributes up. The call is known by name only, so an
// answer that is none says nothing.
func (c *connector) checkAttributes(ctx context.Context) (connectors.Finding, error) {
	finding := connectors.Finding{Name: "custom attributes", OK: true, Detail: "none is declared, so none is sent, department neither"}
	if len(c.defaults.CustomAttributes) == 0 {
		return finding, nil
	}
	var meta struct {
		Custom []struct{ Name string } `json:"customAttributes"`
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: metadataPath})
	if err == nil {
		err = result(answer, &meta)
	}
	finding.Detail = "whether Ivanti knows " + strings.Join(c.defaults.CustomAttributes, ", ") + " could not be looked up"
	switch fault := connectors.FaultOf(err); {
	case fault == nil && meta.Custom != nil:
	case fault == nil, fault.Class == connectors.Nonsense, fault.Class == connectors.Denied:
		return finding, nil
	default:
		return finding, err
	}
	var missing []string
	for _, name := range c.defaults.CustomAttributes {
		if !slices.ContainsFunc(meta.Custom, func(a struct{ Name string }) bool { return a.Name == name }) {
			missing = append(missing, name)
		}
	}
	finding.Detail = "Ivanti knows " + strings.Join(c.defaults.CustomAttributes, ", ")
	if len(missing) > 0 {
		finding.OK, finding.Detail = false, "Ivanti has no custom attribute "+strings.Join(missing, ", ")+
			": add it there under Attributes, or take it out of defaults.custom_attributes"
	}
	return finding, nil
}
