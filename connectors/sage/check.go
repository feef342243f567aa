package sage

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Check implements connectors.Checker: the login, the right to see users, every id of the
// settings, whether roles and environment go together, and whether the user schema has the fields
// we send. A fault that says nothing about the settings ends it.
func (c *connector) Check(ctx context.Context) (connectors.Report, error) {
	var report connectors.Report
	for _, look := range c.looks() {
		finding, err := look.at(ctx)
		switch {
		case connectors.Is(err, connectors.Auth):
			report.Findings = append(report.Findings, connectors.Finding{Name: "login",
				Detail: "Sage refuses the key pair: make a new one under Settings > Integrations > API key"})
			return report, err
		case connectors.Is(err, connectors.Denied):
			report.Findings = append(report.Findings, connectors.Finding{Name: look.name,
				Detail: "Sage does not show this to the key pair: make one as an administrator who may manage users"})
			return report, nil
		case err != nil:
			return report, err
		}
		finding.Name = look.name
		report.Findings = append(report.Findings, finding)
	}
	return report, nil
}

// look is one thing that Check looks at.
type look struct {
	name string
	at   func(ctx context.Context) (connectors.Finding, error)
}

func (c *connector) looks() []look {
	all := []look{
		{"login", c.checkLogin},
		{"users", c.checkUsers},
		{"branch", c.listed("branch", "defaults.branch_id", branchPath, c.defaults.BranchID)},
		{"role", c.checkRole},
	}
	for _, group := range slices.Sorted(maps.Keys(c.defaults.Roles)) {
		all = append(all, look{"role of " + group, c.checkRoleOf(group)})
	}
	return append(all,
		look{"user type", c.listed("user type", "defaults.user_type_id", userTypePath, c.defaults.UserTypeID)},
		look{"schema", c.checkSchema},
		look{"phone", c.checkPhone})
}

func (c *connector) checkLogin(ctx context.Context) (connectors.Finding, error) {
	return connectors.Finding{OK: true, Detail: "the key pair is accepted"}, c.session.Login(ctx)
}

func (c *connector) checkUsers(ctx context.Context) (connectors.Finding, error) {
	_, _, _, err := c.page(ctx, rest.Call{Path: usersPath}, place{})
	return connectors.Finding{OK: true, Detail: "users are shown; that they may be changed is seen at the first one"}, err
}

// listed looks at the object with the id of a setting.
func (c *connector) listed(noun, setting, path string, id int64) func(context.Context) (connectors.Finding, error) {
	return func(ctx context.Context) (connectors.Finding, error) {
		_, finding, err := c.exists(ctx, noun, setting, path, id)
		return finding, err
	}
}

// exists looks one object up, nil when there is none.
func (c *connector) exists(ctx context.Context, noun, setting, path string, id int64) (map[string]any, connectors.Finding, error) {
	if id == 0 {
		return nil, connectors.Finding{OK: true, Detail: setting + " is not set, so none is given to new users"}, nil
	}
	named := noun + " " + strconv.FormatInt(id, 10)
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: path, Params: map[string]string{"id": strconv.FormatInt(id, 10)}})
	missing := connectors.Finding{Detail: "Sage has no " + named + ": correct " + setting}
	if unexplained(answer, err) {
		return nil, missing, nil
	}
	if err != nil {
		return nil, missing, err
	}
	var object map[string]any
	if err := answer.Decode(&object); err != nil || object["deleted"] == true {
		return nil, missing, err
	}
	return object, connectors.Finding{OK: true, Detail: named + " exists"}, nil
}

// checkRole looks at the basic role and whether it is of use in the environment it comes with.
func (c *connector) checkRole(ctx context.Context) (connectors.Finding, error) {
	role, finding, err := c.exists(ctx, "role", "defaults.role_id", rolePath, c.defaults.RoleID)
	switch {
	case err != nil || role == nil:
	case !c.holds(role):
		finding.OK = false
		finding.Detail += fmt.Sprintf(", but not in environment %d: add it to the role in Sage, or change defaults.role_id or defaults.branch_id", c.defaults.BranchID)
	case c.defaults.manages(c.defaults.RoleID):
		finding.Detail += "; it stands in defaults.roles, so only members of its groups have it"
	}
	return finding, err
}

// checkRoleOf looks at the role of a group's members, who may well be in another environment.
func (c *connector) checkRoleOf(group string) func(context.Context) (connectors.Finding, error) {
	return func(ctx context.Context) (connectors.Finding, error) {
		role, finding, err := c.exists(ctx, "role", "defaults.roles", rolePath, c.defaults.Roles[group])
		if err == nil && role != nil && !c.holds(role) {
			finding.Detail += fmt.Sprintf("; it is not for environment %d, where new users land", c.defaults.BranchID)
		}
		return finding, err
	}
}

// holds says whether the role is for the environment of new users. One that names no environment
// is taken to be for all: ASSUMED.
func (c *connector) holds(role map[string]any) bool {
	branches := ids(role["branches"])
	return c.defaults.BranchID == 0 || len(branches) == 0 || slices.Contains(branches, any(c.defaults.BranchID))
}

func (c *connector) checkSchema(ctx context.Context) (connectors.Finding, error) {
	finding := connectors.Finding{OK: true, Detail: "the user schema has every field that is sent"}
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
func (c *connector) checkPhone(context.Context) (connectors.Finding, error) {
	finding := connectors.Finding{OK: true, Detail: "people without a phone number get the placeholder"}
	switch {
	case c.defaults.IDPrefix == 0 && len(c.defaults.IDPrefixes) == 0:
		finding.OK, finding.Detail = false, "no new user can be made: set defaults.id_prefix or defaults.id_prefixes"
	case c.defaults.Phone == "":
		finding.Detail = "people without a phone number are refused; defaults.phone would be their placeholder"
	}
	return finding, nil
}
