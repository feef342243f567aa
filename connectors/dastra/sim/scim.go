package sim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"
	listSchema  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
)

// scimRoutes is Dastra's own SCIM, as far as people go.
func (s *Sim) scimRoutes() {
	for pattern, handle := range map[string]handler{
		"GET /scim/v2/Users":         s.scimList,
		"POST /scim/v2/Users":        s.scimCreate,
		"GET /scim/v2/Users/{id}":    s.scimGet,
		"PUT /scim/v2/Users/{id}":    s.scimReplace,
		"PATCH /scim/v2/Users/{id}":  s.scimPatch,
		"DELETE /scim/v2/Users/{id}": s.scimDelete,
	} {
		s.mux.HandleFunc(pattern, s.answer(s.relayed, true, handle))
	}
}

// scim is the refusal in SCIM's form.
func (r refusal) scim() map[string]any {
	detail := r.title
	if r.detail != "" {
		detail += ": " + r.detail
	}
	for field, reasons := range r.errors {
		detail += " " + field + ": " + reasons[0]
	}
	body := map[string]any{"schemas": []string{errorSchema}, "status": strconv.Itoa(r.status), "detail": detail}
	switch r.status {
	case http.StatusConflict:
		body["scimType"] = "uniqueness"
	case http.StatusBadRequest:
		body["scimType"] = "invalidValue"
	}
	return body
}

// scimID is not the person's id of REST: nobody is to rely on that.
func (p *person) scimID() string { return "u" + strconv.FormatInt(p.id*7, 36) }

// resource is the person as SCIM shows it.
func (p *person) resource() map[string]any {
	return map[string]any{
		"schemas": []string{userSchema}, "id": p.scimID(), "externalId": p.externalID, "userName": p.email(), "active": !p.anonymised,
		"name": map[string]any{"givenName": p.fields["givenName"], "familyName": p.fields["familyName"]}, "displayName": p.fields["displayName"],
		"emails": []any{map[string]any{"value": p.email(), "type": "work", "primary": true}},
		"meta":   map[string]any{"resourceType": "User", "created": stamp(p.made)},
	}
}

// scimPerson is the one of the path. Who was anonymised is gone.
func (o *organisation) scimPerson(r *http.Request) (*person, error) {
	for _, p := range o.people {
		if p.scimID() == r.PathValue("id") && p.there() && !p.anonymised {
			return p, nil
		}
	}
	return nil, missing("user")
}

func (s *Sim) scimList(o *organisation, r *http.Request) (any, error) {
	query := r.URL.Query()
	var found []*person
	if asked := query.Get("filter"); asked != "" {
		email, err := userNameIn(asked)
		if err != nil {
			return nil, err
		}
		if p := o.people[o.byEmail[fold(email)]]; p != nil {
			found = append(found, p)
		}
	} else {
		for _, id := range o.order {
			if p := o.people[id]; p.there() && !p.anonymised {
				found = append(found, p)
			}
		}
	}
	total, start, count := len(found), 1, 100
	if n, err := strconv.Atoi(query.Get("startIndex")); err == nil && n > 1 {
		start = n
	}
	if n, err := strconv.Atoi(query.Get("count")); err == nil && n >= 0 {
		count = n
	}
	from := min(start-1, total)
	resources := []any{}
	for _, p := range found[from:min(from+count, total)] {
		resources = append(resources, p.resource())
	}
	return map[string]any{"schemas": []string{listSchema}, "totalResults": total, "startIndex": start,
		"itemsPerPage": len(resources), "Resources": resources}, nil
}

// userNameIn reads the one filter there is, as in userName eq "ana@acme.test".
func userNameIn(filter string) (string, error) {
	parts := regexp.MustCompile(`^(?i:userName eq )("(?:[^"\\]|\\.)*")$`).FindStringSubmatch(filter)
	var userName string
	if parts == nil || json.Unmarshal([]byte(parts[1]), &userName) != nil {
		return "", refusal{status: http.StatusBadRequest, title: "invalidFilter"}
	}
	return userName, nil
}

func (s *Sim) scimGet(o *organisation, r *http.Request) (any, error) {
	p, err := o.scimPerson(r)
	if err != nil {
		return nil, err
	}
	return about{person: p, body: p.resource()}, nil
}

// scimFields reads what Dastra's SCIM takes of a resource; userName, an e-mail and active have to
// be there.
func scimFields(body map[string]any) (map[string]any, error) {
	userName, _ := body["userName"].(string)
	emails, _ := body["emails"].([]any)
	_, told := body["active"].(bool)
	if !strings.Contains(userName, "@") || len(emails) == 0 || !told {
		return nil, invalid("userName", "userName, emails and active are required")
	}
	fields := map[string]any{"email": userName, "displayName": body["displayName"]}
	if name, ok := body["name"].(map[string]any); ok {
		fields["givenName"], fields["familyName"] = name["givenName"], name["familyName"]
	}
	return readPerson(fields)
}

func (s *Sim) scimCreate(o *organisation, r *http.Request) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	fields, err := scimFields(body)
	if err != nil {
		return nil, err
	}
	if body["active"] == false {
		return nil, invalid("active", "an inactive user cannot be made")
	}
	if err := s.room(o, text(fields["email"])); err != nil {
		return nil, err
	}
	p := s.add(o, fields)
	p.externalID = body["externalId"]
	if s.knobs.SCIMRole != 0 {
		p.roles[ourWorkspace] = []int64{s.knobs.SCIMRole}
	}
	return about{p, http.StatusCreated, p.resource()}, nil
}

func (s *Sim) scimReplace(o *organisation, r *http.Request) (any, error) {
	p, err := o.scimPerson(r)
	if err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return s.store(o, p, body)
}

// store brings the person to the resource. active=false anonymises.
func (s *Sim) store(o *organisation, p *person, body map[string]any) (any, error) {
	fields, err := scimFields(body)
	if err != nil {
		return nil, err
	}
	for name, value := range p.fields {
		switch name {
		case "email", "username", "givenName", "familyName", "displayName":
		default:
			fields[name] = value
		}
	}
	fields["username"] = fields["email"]
	if body["active"] == false {
		return s.scimErase(o, p)
	}
	if err := s.change(o, p, fields); err != nil {
		return nil, err
	}
	p.externalID = body["externalId"]
	return about{person: p, body: p.resource()}, nil
}

func (s *Sim) scimDelete(o *organisation, r *http.Request) (any, error) {
	p, err := o.scimPerson(r)
	if err != nil {
		return nil, err
	}
	return s.scimErase(o, p)
}

func (s *Sim) scimErase(o *organisation, p *person) (any, error) {
	if o.lastOwner(p) {
		return nil, refusal{status: http.StatusForbidden, title: "Forbidden", detail: "the last owner cannot be anonymised"}
	}
	o.anonymise(p)
	return about{status: http.StatusNoContent}, nil
}
