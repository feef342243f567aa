package sage

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Check implements connectors.Checker: the login, every default by name, and whether the user
// schema has the fields we send. A fault that says nothing about the settings ends it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	var report connectors.Report
	if _, err := c.session.valid(ctx, ""); err != nil {
		if connectors.Is(err, connectors.Auth) {
			report.Findings = append(report.Findings, connectors.Finding{Name: "login",
				Detail: "Sage refuses the key pair: make a new one under Settings > Integrations > API key"})
		}
		return report, err
	}
	report.Findings = append(report.Findings, connectors.Finding{Name: "login", OK: true, Detail: "the key pair is accepted"})
	for _, look := range []struct {
		name, setting, path string
		id                  int64
	}{
		{"branch", "defaults.branch_id", branchPath, c.defaults.BranchID},
		{"role", "defaults.role_id", rolePath, c.defaults.RoleID},
		{"user type", "defaults.user_type_id", userTypePath, c.defaults.UserTypeID},
	} {
		finding, err := c.exists(ctx, look.name, look.setting, look.path, look.id)
		if err != nil {
			return report, err
		}
		report.Findings = append(report.Findings, finding)
	}
	schema, err := c.checkSchema(ctx)
	if err != nil {
		return report, err
	}
	report.Findings = append(report.Findings, schema, c.checkPhone())
	return report, nil
}

// exists looks one default up.
func (c *connector) exists(ctx context.Context, name, setting, path string, id int64) (connectors.Finding, error) {
	finding := connectors.Finding{Name: name, OK: true}
	if id == 0 {
		finding.Detail = setting + " is not set, so none is given to new users"
		return finding, nil
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: path, Params: map[string]string{"id": strconv.FormatInt(id, 10)}})
	if unexplained(answer, err) {
		finding.OK, finding.Detail = false, "Sage has no "+name+" "+strconv.FormatInt(id, 10)+": correct "+setting
		return finding, nil
	}
	if err != nil {
		return finding, err
	}
	finding.Detail = name + " " + strconv.FormatInt(id, 10) + " exists"
	return finding, nil
}

func (c *connector) checkSchema(ctx context.Context) (connectors.Finding, error) {
	finding := connectors.Finding{Name: "schema", OK: true, Detail: "the user schema has every field that is sent"}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: schemaPath})
	if err != nil {
		return finding, err
	}
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := answer.Decode(&schema); err != nil {
		return finding, err
	}
	var missing []string
	for _, need := range needs() {
		if _, ok := schema.Properties[need[0]]; !ok {
			missing = append(missing, need[0])
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		finding.OK, finding.Detail = false, "the user schema lacks "+strings.Join(missing, ", ")
	}
	return finding, nil
}

// checkPhone says what will happen to people without a phone number, before it does.
func (c *connector) checkPhone() connectors.Finding {
	finding := connectors.Finding{Name: "phone", OK: true, Detail: "people without a phone number get the placeholder"}
	switch {
	case c.defaults.IDPrefix == 0 && len(c.defaults.IDPrefixes) == 0:
		finding.OK, finding.Detail = false, "no new user can be made: set defaults.id_prefix or defaults.id_prefixes"
	case c.defaults.Phone == "":
		finding.Detail = "people without a phone number are refused; defaults.phone would be their placeholder"
	}
	return finding
}
