package sim

import (
	"net/http"
	"slices"
)

// ourWorkspace is the one that the sample and SCIM go to.
const ourWorkspace = 573

// workspaces are those of every organisation.
func workspaces() []fixed {
	return []fixed{
		{"id": int64(ourWorkspace), "label": "Acme", "state": "Active", "tenantId": int64(12)},
		{"id": int64(574), "label": "Acme 2019", "state": "Archived", "tenantId": int64(12)},
		{"id": int64(575), "label": "Acme Filiale", "state": "Active", "tenantId": int64(12)},
	}
}

func workspaceByID(id int64) fixed {
	at := slices.IndexFunc(workspaces(), func(w fixed) bool { return w["id"] == id })
	if at < 0 {
		return nil
	}
	return workspaces()[at]
}

// roles are those of every organisation: the three built-in ones and one of its own.
func roles() []fixed {
	return []fixed{
		{"id": int64(1), "name": "Administrateur", "isLocked": true, "permissions": []int{1, 2, 3, 4}, "nbUsers": 1},
		{"id": int64(2), "name": "Contributeur", "isLocked": true, "permissions": []int{1, 2, 3}, "nbUsers": 0},
		{"id": int64(3), "name": "Lecteur", "isLocked": true, "permissions": []int{1, 2}, "nbUsers": 12},
		{"id": int64(41), "name": "DPO", "isLocked": false, "permissions": []int{1, 2, 3}, "nbUsers": 0},
	}
}

func roleByID(id int64) fixed {
	at := slices.IndexFunc(roles(), func(r fixed) bool { return r["id"] == id })
	if at < 0 {
		return nil
	}
	return roles()[at]
}

func rolesShown(held []int64) []fixed {
	shown := []fixed{}
	for _, id := range held {
		shown = append(shown, roleByID(id))
	}
	return shown
}

func (s *Sim) listWorkspaces(_ *organisation, r *http.Request) (any, error) {
	return paged(s, workspaces(), r)
}

func (s *Sim) listRoles(*organisation, *http.Request) (any, error) { return roles(), nil }

// workspace is the one of the path.
func workspace(r *http.Request) (int64, error) {
	id := number(r.PathValue("ws"))
	if workspaceByID(id) == nil {
		return 0, missing("workspace")
	}
	return id, nil
}

// inWorkspace is the workspace and the person of the path.
func (o *organisation) inWorkspace(r *http.Request) (int64, *person, error) {
	ws, err := workspace(r)
	if err != nil {
		return 0, nil, err
	}
	p, err := o.person(r)
	if err == nil && p.anonymised {
		err = missing("user")
	}
	return ws, p, err
}

// listMembers lists who has a role in the workspace.
func (s *Sim) listMembers(o *organisation, r *http.Request) (any, error) {
	ws, err := workspace(r)
	if err != nil {
		return nil, err
	}
	var members []member
	for _, p := range s.inLists(o) {
		if len(p.roles[ws]) > 0 {
			members = append(members, member{p, ws})
		}
	}
	return paged(s, members, r)
}

func (s *Sim) getMember(o *organisation, r *http.Request) (any, error) {
	ws, p, err := o.inWorkspace(r)
	if err == nil && len(p.roles[ws]) == 0 {
		err = missing("user")
	}
	if err != nil {
		return nil, err
	}
	return member{p, ws}.row(), nil
}

func (s *Sim) revoke(o *organisation, r *http.Request) (any, error) {
	ws, p, err := o.inWorkspace(r)
	if err != nil {
		return nil, err
	}
	delete(p.roles, ws)
	return nil, nil
}

func (s *Sim) rolesOf(o *organisation, r *http.Request) (any, error) {
	ws, p, err := o.inWorkspace(r)
	if err != nil {
		return nil, err
	}
	return rolesShown(p.roles[ws]), nil
}

func (s *Sim) giveRole(o *organisation, r *http.Request) (any, error) {
	ws, p, role, err := o.inRole(r)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.roles[ws], role) {
		p.roles[ws] = append(p.roles[ws], role)
	}
	return nil, nil
}

func (s *Sim) takeRole(o *organisation, r *http.Request) (any, error) {
	ws, p, role, err := o.inRole(r)
	if err != nil {
		return nil, err
	}
	p.roles[ws] = slices.DeleteFunc(p.roles[ws], func(id int64) bool { return id == role })
	return nil, nil
}

func (o *organisation) inRole(r *http.Request) (int64, *person, int64, error) {
	ws, p, err := o.inWorkspace(r)
	role := number(r.PathValue("role"))
	if err == nil && roleByID(role) == nil {
		err = missing("role")
	}
	return ws, p, role, err
}
