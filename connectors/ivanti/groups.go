package ivanti

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// groupRows is what a list of groups or of members is asked for: Ivanti gives no more.
const groupRows = 50

// groupNames is the listing of the groups' index.
func (c *connector) groupNames(ctx context.Context, start int) ([]named, int, error) {
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: groupsPath,
		Query: url.Values{"start": {strconv.Itoa(start)}, "rows": {strconv.Itoa(groupRows)}}})
	if err != nil {
		return nil, 0, err
	}
	var page rows
	if err := result(answer, &page); err != nil {
		return nil, 0, err
	}
	names := make([]named, len(page.Rows))
	for i, row := range page.Rows {
		if names[i] = (named{connectors.ScalarText(row["id"]), connectors.ScalarText(row["name"])}); names[i].id == "" {
			return nil, 0, connectors.Faultf(connectors.Nonsense, "Ivanti listed groups without an id")
		}
	}
	return names, page.Total, nil
}

// findGroup looks for a group. One found by its name must be one whose members can be edited.
func (c *connector) findGroup(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	if want.VendorID != "" {
		return c.group(ctx, want.VendorID, want.Key)
	}
	if want.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "there is no group name to look for")
	}
	have, err := c.byKey(ctx, c.groups, want.Key, "group of this name", func(id string) (connectors.Remote, error) {
		return c.group(ctx, id, want.Key)
	})
	if err != nil {
		return connectors.Remote{}, err
	}
	if source := connectors.ScalarText(have.Fields["source"]); source != "" && source != "LOCAL" {
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous,
			"Ivanti has a group of this name from another source (%s): rename one of the two, or take the group out of that source", rest.Redact(source))
	}
	if static, told := have.Fields["membershipStatic"].(bool); told && !static {
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous,
			"Ivanti has a group of this name whose members a rule decides: rename one of the two")
	}
	return have, nil
}

func (c *connector) group(ctx context.Context, id string, hidden ...string) (connectors.Remote, error) {
	answer, err := c.call(ctx, rest.Call{Method: http.MethodGet, Path: groupPath, Params: map[string]string{"id": id}, Private: hidden})
	if err != nil {
		return connectors.Remote{}, err
	}
	return groupIn(answer, id)
}

func groupIn(answer rest.Answer, id string) (connectors.Remote, error) {
	var row map[string]any
	if err := result(answer, &row); err != nil {
		return connectors.Remote{}, err
	}
	if id != "" && connectors.ScalarText(row["id"]) != id {
		return connectors.Remote{}, connectors.Faultf(connectors.Nonsense, "Ivanti answered with another group than was asked for")
	}
	have := remote(row)
	have.Key, have.Active = connectors.ScalarText(row["name"]), true
	return have, nil
}

// createGroup makes a static local group.
func (c *connector) createGroup(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	name := connectors.ScalarText(want.Fields["name"])
	if strings.TrimSpace(name) == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Invalid, "Ivanti needs a name for the group: send displayName")
	}
	answer, err := c.call(ctx, rest.Call{Method: http.MethodPost, Path: groupsPath,
		Body: url.Values{"name": {name}, "source": {"LOCAL"}, "membershipStatic": {"true"}}})
	if err != nil {
		c.groups.doubt(name)
		return connectors.Remote{}, err
	}
	have, err := groupIn(answer, "")
	if err != nil || have.ID == "" {
		c.groups.doubt(name)
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "Ivanti accepted a new group and did not say its id"}
	}
	have.Key, have.Fields["name"] = name, name
	c.groups.add(name, have.ID)
	return have, nil
}

// updateGroup renames a group, which is all there is to update.
func (c *connector) updateGroup(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	name := connectors.ScalarText(want.Fields["name"])
	if name == "" || name == connectors.ScalarText(have.Fields["name"]) {
		return have, nil
	}
	_, err := c.call(ctx, rest.Call{Method: http.MethodPut, Path: groupPath, Params: map[string]string{"id": have.ID},
		Body: url.Values{"name": {name}}, Idempotent: true, Private: []string{have.Key}})
	if connectors.Is(err, connectors.NotFound) {
		c.groups.drop(have.Key, have.ID)
	}
	if err != nil {
		return have, err
	}
	c.groups.drop(have.Key, have.ID)
	c.groups.add(name, have.ID)
	have.Key = name
	have.Fields = map[string]any{"name": name, "source": have.Fields["source"], "membershipStatic": have.Fields["membershipStatic"]}
	return have, nil
}
