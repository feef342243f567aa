package sim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// settable are the fields of an account a form may set.
func settable() []string {
	return []string{"emailAddress", "firstName", "lastName", "displayName", "locale", "managedAppleId"}
}

func (t *tenant) account(r *http.Request) (*account, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, missing()
	}
	a := t.accounts[id]
	if a == nil || a.deleted {
		return nil, missing()
	}
	return a, nil
}

// createAccounts makes all of the accounts or none.
func (s *Sim) createAccounts(t *tenant, r *http.Request) (any, error) {
	form, err := formIn(r)
	if err != nil {
		return nil, err
	}
	sets, err := indexed(form, "accounts")
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, set := range sets {
		if err := s.checkNew(set, "accounts["+strconv.Itoa(i)+"].", seen); err != nil {
			return nil, err
		}
	}
	rows := []map[string]any{}
	for _, set := range sets {
		a := s.add(t, set["uid"])
		for _, name := range settable() {
			if set[name] != "" {
				a.fields[name] = set[name]
			}
		}
		if a.fields["displayName"] == "" {
			a.fields["displayName"] = strings.TrimSpace(a.fields["firstName"] + " " + a.fields["lastName"])
		}
		if r.URL.Query().Get("sendInvite") == "true" {
			a.invited = s.now()
		}
		rows = append(rows, s.shown(t, a))
	}
	return keyed{sets[0]["uid"], rows}, nil
}

func (s *Sim) checkNew(set map[string]string, at string, seen map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if name != "uid" && name != "accountSource" && !slices.Contains(settable(), name) {
			return bad("Unknown", "no such field", at+name)
		}
	}
	uid := fold(set["uid"])
	_, used := s.uids[uid]
	switch {
	case cmp.Or(set["accountSource"], "LOCAL") != "LOCAL":
		return bad("Source", "only LOCAL accounts can be made", at+"accountSource")
	case !isEmail(set["uid"]):
		return bad("Email", "must be an e-mail address", at+"uid")
	case !isEmail(set["emailAddress"]):
		return bad("Email", "must be an e-mail address", at+"emailAddress")
	case strings.TrimSpace(set["firstName"]) == "":
		return bad("Required", "must not be blank", at+"firstName")
	case strings.TrimSpace(set["lastName"]) == "":
		return bad("Required", "must not be blank", at+"lastName")
	case used, seen[uid], slices.ContainsFunc(s.knobs.Taken, func(taken string) bool { return fold(taken) == uid }):
		return bad("Unique", "uid already exists", at+"uid")
	}
	seen[uid] = true
	return nil
}

func (s *Sim) getAccount(t *tenant, r *http.Request) (any, error) {
	a, err := t.account(r)
	if err != nil {
		return nil, err
	}
	return keyed{a.uid, s.shown(t, a)}, nil
}

// updateAccount is partial: what is blank or not sent stays as it is.
func (s *Sim) updateAccount(t *tenant, r *http.Request) (any, error) {
	a, err := t.account(r)
	if err != nil {
		return nil, err
	}
	form, err := formIn(r)
	if err != nil {
		return nil, err
	}
	if err := s.checkChange(a, form); err != nil {
		return nil, err
	}
	for _, name := range settable() {
		if value := form.Get(name); strings.TrimSpace(value) != "" {
			a.fields[name] = value
		}
	}
	if form.Has("enabled") {
		a.enabled = form.Get("enabled") == "true"
	}
	a.modified = s.now()
	return keyed{a.uid, s.shown(t, a)}, nil
}

func (s *Sim) checkChange(a *account, form map[string][]string) error {
	touched := false
	for _, name := range slices.Sorted(maps.Keys(form)) {
		value := form[name][0]
		switch {
		case name == "uid" || name == "username":
			return bad("Immutable", "cannot be changed", name)
		case name == "enabled" && value != "true" && value != "false":
			return bad("Boolean", "must be true or false", name)
		case name == "enabled":
		case !slices.Contains(settable(), name):
			return bad("Unknown", "no such field", name)
		case name == "emailAddress" && value != "" && !isEmail(value):
			return bad("Email", "must be an e-mail address", name)
		case name == "managedAppleId" && value != a.fields[name] && s.enrolled(a):
			return bad("Enrolled", "a user-enrolled device is active", name)
		default:
			touched = true
		}
	}
	for _, name := range []string{"firstName", "lastName"} {
		given := ""
		if values := form[name]; len(values) > 0 {
			given = values[0]
		}
		if touched && strings.TrimSpace(cmp.Or(given, a.fields[name])) == "" {
			return bad("Required", "must not be blank", name)
		}
	}
	return nil
}

// updateCustom sets custom attributes; those not sent stay.
func (s *Sim) updateCustom(t *tenant, r *http.Request) (any, error) {
	a, err := t.account(r)
	if err != nil {
		return nil, err
	}
	form, err := formIn(r)
	if err != nil {
		return nil, err
	}
	sets, err := indexed(form, "attributes")
	if err != nil {
		return nil, err
	}
	for i, set := range sets {
		if !slices.Contains(s.knobs.Attributes, set["name"]) {
			return nil, bad("Undeclared", "no such attribute", "attributes["+strconv.Itoa(i)+"].name")
		}
	}
	for _, set := range sets {
		if set["value"] != "" {
			a.custom[set["name"]] = set["value"]
		}
	}
	a.modified = s.now()
	return keyed{a.uid, s.shown(t, a)}, nil
}

// viability says who can be deleted: nobody with a device.
func (s *Sim) viability(t *tenant, r *http.Request) (any, error) {
	list, err := ids(r.URL.Query()["ids"])
	if err != nil {
		return nil, err
	}
	deletable, blocked := []int64{}, []int64{}
	for _, id := range list {
		switch a := t.accounts[id]; {
		case a == nil || a.deleted:
		case s.enrolled(a):
			blocked = append(blocked, id)
		default:
			deletable = append(deletable, id)
		}
	}
	return map[string]any{"deletable": deletable, "blocked": blocked}, nil
}

// deleteAccounts deletes for good. Whoever is deleted stays in their groups, disabled.
func (s *Sim) deleteAccounts(t *tenant, r *http.Request) (any, error) {
	list, err := ids(r.URL.Query()["ids"])
	if err != nil {
		return nil, err
	}
	for _, id := range list {
		if a := t.accounts[id]; a != nil && s.enrolled(a) {
			return nil, refusal{status: http.StatusConflict, global: "devices remain"}
		}
	}
	n := 0
	for _, id := range list {
		if a := t.accounts[id]; a != nil && !a.deleted {
			a.deleted, a.enabled = true, false
			delete(s.uids, fold(a.uid))
			n++
		}
	}
	return n, nil
}

func (s *Sim) invite(t *tenant, r *http.Request) (any, error) {
	form, err := formIn(r)
	if err != nil {
		return nil, err
	}
	list, err := ids(form["ids"])
	if err != nil {
		return nil, err
	}
	for _, id := range list {
		if a := t.accounts[id]; a != nil {
			a.invited = s.now()
		}
	}
	return nil, nil
}
