package sim

import (
	"maps"
	"slices"
	"time"
)

// account is one person.
type account struct {
	id        int64
	uid       string
	fields    map[string]string // what a form may set, but for enabled
	custom    map[string]string
	enabled   bool
	superUser bool
	deleted   bool
	invited   time.Time
	created   time.Time
	modified  time.Time
}

// add makes an account, enabled as every new one.
func (s *Sim) add(t *tenant, uid string) *account {
	s.accounts++
	a := &account{id: s.accounts, uid: uid, fields: map[string]string{"locale": "en_US"}, custom: map[string]string{}, enabled: true,
		created: s.now(), modified: s.now()}
	t.accounts[a.id] = a
	t.order = append(t.order, a.id)
	s.uids[fold(uid)] = t.name
	return a
}

// row is the account as the API shows it.
func (s *Sim) row(t *tenant, a *account) map[string]any {
	row := map[string]any{
		"id": a.id, "uid": a.uid, "username": a.uid, "accountSource": "LOCAL", "enabled": a.enabled, "locked": false,
		"superUser": a.superUser, "termsAccepted": false, "inviteState": "NOT_INVITED", "inviteResendCount": 0,
		"inviteLastSentAt": nil, "ldapServerId": nil, "distinguishedName": nil, "objectGuid": nil, "passwordExpiresAt": nil,
		"createdAt": a.created.UnixMilli(), "createdBy": t.admin, "modifiedAt": a.modified.UnixMilli(), "modifiedBy": t.admin,
		"emailAddress": nil, "firstName": nil, "lastName": nil, "displayName": nil, "managedAppleId": nil,
		"customAttributes": maps.Clone(a.custom),
	}
	for name, value := range a.fields {
		row[name] = value
	}
	if !a.invited.IsZero() {
		row["inviteState"], row["inviteLastSentAt"] = "PENDING", a.invited.UnixMilli()
	}
	if a.uid == t.admin && s.knobs.PasswordExpires > 0 {
		row["passwordExpiresAt"] = s.now().Add(time.Duration(s.knobs.PasswordExpires)).UnixMilli()
	}
	if !s.knobs.HideGroups {
		row["groupIds"] = t.groupsOf(a.id)
	}
	return row
}

// shown is the row as this caller may see it.
func (s *Sim) shown(t *tenant, a *account) map[string]any {
	row := s.row(t, a)
	if s.knobs.GDPRMasking {
		for _, name := range []string{"uid", "username", "emailAddress", "firstName", "lastName", "displayName", "managedAppleId"} {
			if row[name] != nil {
				row[name] = "***"
			}
		}
	}
	return row
}

// enrolled says whether the account has an active user-enrolled device.
func (s *Sim) enrolled(a *account) bool {
	return slices.ContainsFunc(s.knobs.Enrolled, func(uid string) bool { return fold(uid) == fold(a.uid) })
}
