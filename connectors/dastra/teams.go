package dastra

import (
	"context"
	"maps"
	"net/http"
	"unicode/utf8"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// maxRef is how long a team's ref may be (the vendor's OpenAPI).
const maxRef = 80

// findTeam looks for the team by its ref, never by its label: a team that people made by hand
// stays theirs.
func (c *connector) findTeam(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	if want.VendorID != "" {
		team, err := c.team(ctx, want.VendorID)
		if err != nil {
			return connectors.Remote{}, err
		}
		return teamRemote(team), nil
	}
	ref, err := refOf(want)
	if err != nil {
		return connectors.Remote{}, err
	}
	return c.teamByRef(ctx, ref, connectors.Private(connectors.Remote{}, want))
}

func (c *connector) teamByRef(ctx context.Context, ref string, hidden []string) (connectors.Remote, error) {
	teams, err := c.all(ctx, search{teamsPath, equal("ref", ref), searchSize, hidden}, func(r row) bool { return r["ref"] == ref })
	switch {
	case err != nil:
		return connectors.Remote{}, err
	case len(teams) == 0:
		return connectors.Remote{}, connectors.Faultf(connectors.NotFound, "the workspace has no team for this group")
	case len(teams) > 1:
		return connectors.Remote{}, connectors.Faultf(connectors.Ambiguous, "the workspace has %d teams for this group", len(teams))
	default:
		return teamRemote(teams[0]), nil
	}
}

// refOf is what the team of a group is found by.
func refOf(want connectors.Record) (string, error) {
	ref, _ := want.OnCreate["ref"].(string)
	if ref == "" || utf8.RuneCountInString(ref) > maxRef {
		return "", connectors.Faultf(connectors.Invalid, "field ref: Dastra wants 1 to %d characters", maxRef)
	}
	return ref, nil
}

// team reads one team, with its areas and users.
func (c *connector) team(ctx context.Context, id string) (row, error) {
	answer, err := c.do(ctx, rest.Call{Method: http.MethodGet, Path: teamPath, Params: c.params("id", id)})
	if err != nil {
		return nil, err
	}
	var team row
	if err := answer.Decode(&team); err != nil {
		return nil, err
	}
	if connectors.TextOf(team["id"]) != id {
		return nil, connectors.Faultf(connectors.Nonsense, "Dastra answered with another team than asked for")
	}
	return team, nil
}

func teamRemote(team row) connectors.Remote {
	label, _ := team["label"].(string)
	return connectors.Remote{ID: connectors.TextOf(team["id"]), Key: label, Active: true,
		Fields: map[string]any{"label": connectors.Plain(team["label"]), "ref": connectors.Plain(team["ref"])}}
}

// createTeam makes an empty team and looks it up: Dastra answers nothing.
func (c *connector) createTeam(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	ref, err := refOf(want)
	if err != nil {
		return connectors.Remote{}, err
	}
	hidden := connectors.Private(connectors.Remote{}, want)
	_, err = c.do(ctx, rest.Call{Method: http.MethodPost, Path: teamsPath, Params: c.params(), Private: hidden,
		Body: map[string]any{"label": want.Fields["label"], "ref": ref, "users": []int64{}}})
	if err != nil {
		return connectors.Remote{}, err
	}
	team, err := c.teamByRef(ctx, ref, hidden)
	if err != nil {
		return connectors.Remote{}, afterwards(err, "the team was made and is not found yet")
	}
	return team, nil
}

// renameTeam changes the label. PUT replaces areas and users as well, so they are read right
// before and sent back.
func (c *connector) renameTeam(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	label, ok := connectors.Difference(have.Fields, map[string]any{"label": want.Fields["label"]})["label"].(string)
	if !ok {
		return have, nil
	}
	team, err := c.team(ctx, have.ID)
	if err != nil {
		return have, err
	}
	body := map[string]any{"label": label, "ref": team["ref"], "areas": team["areas"], "users": team["users"]}
	_, err = c.do(ctx, rest.Call{Method: http.MethodPut, Path: teamPath, Params: c.params("id", have.ID), Body: body,
		Idempotent: true, Private: connectors.Private(have, want)})
	if err != nil {
		return have, err
	}
	have.Fields = maps.Clone(have.Fields)
	have.Fields["label"], have.Key = label, label
	return have, nil
}

// deleteTeam deletes the team; its people stay.
func (c *connector) deleteTeam(ctx context.Context, have connectors.Remote) error {
	_, err := c.do(ctx, rest.Call{Method: http.MethodDelete, Path: teamPath, Params: c.params("id", have.ID),
		Idempotent: true, Private: connectors.Private(have, connectors.Record{})})
	if connectors.Is(err, connectors.NotFound) {
		return nil
	}
	return err
}

// EditMembers implements connectors.MemberEditor with one call for each member, which does not
// race with others as replacing the whole list would. Those who leave go first.
func (c *connector) EditMembers(ctx context.Context, group connectors.Remote, add, remove []string) error {
	for _, id := range remove {
		err := c.editMember(ctx, http.MethodDelete, group.ID, id)
		if connectors.Is(err, connectors.NotFound) {
			// Is the person gone, which is well, or the team?
			_, err = c.team(ctx, group.ID)
		}
		if err != nil {
			return err
		}
	}
	for _, id := range add {
		if err := c.editMember(ctx, http.MethodPost, group.ID, id); err != nil {
			return err
		}
	}
	return nil
}

func (c *connector) editMember(ctx context.Context, method, team, id string) error {
	_, err := c.do(ctx, rest.Call{Method: method, Path: memberPath, Params: c.params("id", id, "team", team), Idempotent: true})
	return err
}
