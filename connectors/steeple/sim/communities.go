package sim

import (
	"net/http"
	"strconv"
	"strings"
)

// The communities of every organisation. Siege's id is that of the vendor's sample.
const (
	Main   = "5f0c7a52-6d1b-4c58-9e0f-3b1f6f0a7c01" // everybody
	Dyna   = "8c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5" // everybody in Sales
	Siege  = "0d4f0b1e-5a55-4b0e-9c39-6a7a3c6f2a11" // manual
	Lyon   = "c2a9e6d4-7b38-4f15-a6c0-1d2e3f4a5b6c" // manual
	Nantes = "e7b1c3d5-2f46-4a89-b0c1-5d6e7f8a9b0c" // manual
)

// dynamicDepartment is the rule of the dynamic community.
const dynamicDepartment = "Sales"

type community struct{ id, name, kind string }

func communities() []community {
	return []community{
		{Main, "Acme", "main"}, {Dyna, "Acme - Sales", "dynamic"},
		{Siege, "Acme - Siege", "manual"}, {Lyon, "Acme - Lyon", "manual"}, {Nantes, "Acme - Nantes", "manual"},
	}
}

func communityOf(id string) (community, error) {
	for _, c := range communities() {
		if c.id == strings.ToLower(id) {
			return c, nil
		}
	}
	return community{}, missing("community_id")
}

func isRole(role string) bool { return role == "member" || role == "administrator" }

func notManual() refusal {
	return refusal{http.StatusConflict, "community_not_manual", "community_id", "members of this community cannot be edited"}
}

// manualOnes reads the communities of a create: one that is wrong refuses all.
func manualOnes(value any) (ids []string, err error) {
	list, ok := value.([]any)
	if !ok {
		return nil, invalid("community_ids", "want a list")
	}
	for _, item := range list {
		id, _ := item.(string)
		c, err := communityOf(id)
		if err != nil {
			return nil, invalid("community_ids", "there is no such community")
		}
		if c.kind != "manual" {
			return nil, notManual()
		}
		ids = append(ids, c.id)
	}
	return ids, nil
}

func (s *Sim) listCommunities(_ *organisation, r *http.Request) (answer, error) {
	var rows []any
	for _, c := range communities() {
		row := map[string]any{"id": c.id, "name": c.name}
		if s.knobs.CommunityTypes {
			row["type"] = c.kind
		}
		rows = append(rows, row)
	}
	return s.page(rows, r)
}

func (s *Sim) listMembers(o *organisation, r *http.Request) (answer, error) {
	c, err := communityOf(r.PathValue("community"))
	if err != nil {
		return answer{}, err
	}
	var rows []any
	for _, p := range o.order {
		if role := p.in(c, s.read(p)); role != "" {
			rows = append(rows, map[string]any{"user_id": p.id, "role": role})
		}
	}
	return s.page(rows, r)
}

// membership is what the path of a membership names.
func membership(o *organisation, r *http.Request) (community, *person, error) {
	c, err := communityOf(r.PathValue("community"))
	if err != nil {
		return c, nil, err
	}
	p, err := o.member(r.PathValue("user"))
	if err == nil && c.kind != "manual" {
		err = notManual()
	}
	return c, p, err
}

func (s *Sim) putMember(o *organisation, r *http.Request) (answer, error) {
	c, p, err := membership(o, r)
	if err != nil {
		return answer{}, err
	}
	fields, err := body(r)
	if err != nil {
		return answer{}, err
	}
	role, _ := fields["role"].(string)
	if !isRole(role) {
		return answer{}, invalid("role", "want member or administrator")
	}
	s.set(p, func(roles map[string]string) { roles[c.id] = role })
	return data(http.StatusOK, p, map[string]any{"community_id": c.id, "community_type": c.kind, "role": role}), nil
}

func (s *Sim) deleteMember(o *organisation, r *http.Request) (answer, error) {
	c, p, err := membership(o, r)
	if err != nil {
		return answer{}, err
	}
	if p.roles[c.id] == "" {
		return answer{}, missing("user_id")
	}
	s.set(p, func(roles map[string]string) { delete(roles, c.id) })
	return answer{http.StatusNoContent, p, nil}, nil
}

// page cuts a page out of the rows. There is no snapshot.
func (s *Sim) page(rows []any, r *http.Request) (answer, error) {
	number, size := 1, 20
	for name, into := range map[string]*int{"page": &number, "per_page": &size} {
		asked := r.URL.Query().Get(name)
		if asked == "" {
			continue
		}
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 {
			return answer{}, invalid(name, "want a number from 1")
		}
		*into = n
	}
	size = min(size, 100)
	from := (number - 1) * size
	if s.knobs.DuplicateRows {
		from -= number - 1
	}
	from = min(from, len(rows))
	shown := append([]any{}, rows[from:min(from+size, len(rows))]...)
	return answer{status: http.StatusOK, body: map[string]any{"data": shown, "meta": map[string]any{
		"pagination": map[string]any{"total": len(rows), "page": number, "per_page": size}}}}, nil
}
