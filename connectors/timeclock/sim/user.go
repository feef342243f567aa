package sim

import (
	"maps"
	"strings"
	"time"

	"scimrelay/connectors/simhost"
)

// productID is the licence's product in the sample answer. ASSUMED.
const productID = 3

// user is one user.
type user struct {
	id       int64
	fields   map[string]any // as they were written; roleId always
	active   bool
	licensed bool
	ended    any // the termination date
	created  time.Time
	past     simhost.Past[map[string]any]
}

func (u *user) text(name string) string {
	text, _ := u.fields[name].(string)
	return text
}

// row is the user as the API shows it.
func (u *user) row() map[string]any {
	row := map[string]any{"id": u.id, "employeeNumber": nil, "externalId": nil, "managerId": nil, "groupIds": []int64{},
		"active": u.active, "license": map[string]any{"assigned": u.licensed, "productId": productID}, "terminationDate": u.ended}
	maps.Copy(row, u.fields)
	if u.text("displayName") == "" {
		row["displayName"] = strings.TrimSpace(u.text("firstName") + " " + u.text("lastName"))
	}
	role, _ := u.fields["roleId"].(int64)
	delete(row, "roleId")
	row["role"] = map[string]any{"id": role, "name": roleNamed(role)}
	return row
}

// role is one of the roles every company has. The names are the vendor's, the ids ASSUMED.
type role struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func roles() []role {
	return []role{{1, "Employee"}, {2, "Employee editor"}, {3, "Group manager"}, {4, "Administrator"}}
}

func roleNamed(id int64) string {
	for _, r := range roles() {
		if r.ID == id {
			return r.Name
		}
	}
	return ""
}
