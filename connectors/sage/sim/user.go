package sim

import (
	"maps"
	"time"

	"scimrelay/connectors/simhost"
)

// user is one row. Fields hold what was written, in the form of a write.
type user struct {
	id      int64
	fields  map[string]any
	roles   []int64
	created time.Time
	updated time.Time
	deleted time.Time
	past    simhost.Past[map[string]any]
}

func (u *user) email() string { return u.text("email") }

func (u *user) text(name string) string {
	text, _ := u.fields[name].(string)
	return text
}

func (u *user) active() bool {
	active, _ := u.fields["isActive"].(bool)
	return active
}

// row is the user as the API shows it: references are objects, and branches is a single one.
func (u *user) row() map[string]any {
	row := map[string]any{
		"id": u.id, "phoneExtension": nil, "branchRestriction": false, "computeSfm": true, "billable": true, "level": nil,
		"extId": nil, "locale": nil, "deleted": !u.deleted.IsZero(), "dateCreated": stamp(u.created),
		"dateUpdated": stamp(u.updated), "dateDeleted": stamp(u.deleted), "salesRepIdCreated": 1,
		"salesRepIdUpdated": nil, "salesRepIdDeleted": nil,
	}
	maps.Copy(row, u.fields)
	branch := int64(-1)
	if list, _ := u.fields["branches"].([]int64); len(list) > 0 {
		branch = list[0]
	}
	row["branches"] = referTo(branches(), branch)
	row["managerId"] = map[string]any{"id": int64(-1), "description": " "}
	if id, ok := u.fields["managerId"].(int64); ok && id > 0 {
		row["managerId"] = map[string]any{"id": id, "description": ""}
	}
	typeID, _ := u.fields["userTypeId"].(int64)
	row["userTypeId"] = referTo(userTypes(), typeID)
	row["rateId"] = map[string]any{"id": int64(-1), "description": nil}
	return row
}

func referTo(list []map[string]any, id int64) map[string]any {
	for _, entry := range list {
		if entry["id"] == id {
			return map[string]any{"id": id, "description": entry["name"]}
		}
	}
	return map[string]any{"id": int64(-1), "description": nil}
}

func stamp(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format(time.RFC3339)
}
