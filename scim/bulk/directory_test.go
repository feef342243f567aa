package bulk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/bulk"
)

// directory is a small service: it refuses references to what does not exist, a second user
// of one name, names that begin with "bad" and a stale version.
type directory struct {
	resources map[string]scim.Document // by "Users/1"
	versions  map[string]int
	calls     []string
	next      int
	// refuse says which calls fail, given as "PATCH Groups"; nil for none.
	refuse func(call string) bool
	// onCall is told of each call, if set.
	onCall func()
}

func newDirectory() *directory {
	return &directory{resources: map[string]scim.Document{}, versions: map[string]int{}}
}

func (d *directory) newID() (string, error) {
	d.next++
	return fmt.Sprint(d.next), nil
}

func (d *directory) Execute(ctx context.Context, op bulk.Operation) bulk.Result {
	d.calls = append(d.calls, op.Method+" "+op.Kind+"/"+op.ID)
	if d.onCall != nil {
		d.onCall()
	}
	if ctx.Err() != nil {
		return refused(503, "")
	}
	if op.Kind != "Users" && op.Kind != "Groups" {
		return refused(404, "")
	}
	if d.refuse != nil && d.refuse(op.Method+" "+op.Kind) {
		return refused(400, scim.TypeInvalidValue)
	}
	key := op.Kind + "/" + op.ID
	if _, there := d.resources[key]; op.Method != "POST" && !there {
		return refused(404, "")
	}
	if op.Version != "" && op.Version != d.version(key) {
		return refused(412, "")
	}
	switch op.Method {
	case "DELETE":
		delete(d.resources, key)
		return bulk.Result{Status: 204}
	case "PATCH":
		return d.patch(key, op.Data)
	}
	return d.put(key, op)
}

func refused(status int, scimType string) bulk.Result {
	return bulk.Result{Status: status, Body: (&scim.Error{Status: status, Type: scimType, Detail: "refused"}).Body()}
}

func (d *directory) version(key string) string { return fmt.Sprintf(`W/"%d"`, d.versions[key]) }

func (d *directory) put(key string, op bulk.Operation) bulk.Result {
	name, _ := op.Data["userName"].(string)
	if strings.HasPrefix(name, "bad") || !d.known(op.Data) {
		return refused(400, scim.TypeInvalidValue)
	}
	for other, doc := range d.resources {
		if name != "" && other != key && doc["userName"] == name {
			return refused(409, scim.TypeUniqueness)
		}
	}
	return d.store(key, op.Data, map[string]int{"POST": 201, "PUT": 200}[op.Method])
}

func (d *directory) store(key string, doc scim.Document, status int) bulk.Result {
	d.resources[key] = doc
	d.versions[key]++
	return bulk.Result{Status: status, Version: d.version(key)}
}

// known reports whether all that the resource refers to exists.
func (d *directory) known(doc scim.Document) bool {
	for _, id := range references(doc) {
		if d.resources["Users/"+id] == nil && d.resources["Groups/"+id] == nil {
			return false
		}
	}
	return true
}

// references are the ids of a group's members and of a user's manager, in order.
func references(doc scim.Document) (ids []string) {
	members, _ := doc["members"].([]any)
	for _, m := range members {
		ids = append(ids, fmt.Sprint(m.(scim.Document)["value"]))
	}
	if ent, ok := doc[scim.SchemaEnterprise].(scim.Document); ok && ent["manager"] != nil {
		if obj, ok := ent["manager"].(scim.Document); ok {
			ids = append(ids, fmt.Sprint(obj["value"]))
		} else {
			ids = append(ids, fmt.Sprint(ent["manager"]))
		}
	}
	slices.Sort(ids)
	return ids
}

// group is who is in the group that a request named g, or else in the one that was there.
func (d *directory) group() string {
	found := d.resources["Groups/g"]
	for _, doc := range d.resources {
		if doc["displayName"] == "g" {
			found = doc
		}
	}
	return strings.Join(references(found), " ")
}

// patch knows the operations of the tests, and the two that complete a circle.
func (d *directory) patch(key string, body scim.Document) bulk.Result {
	doc := scim.Document{}
	for k, v := range d.resources[key] {
		doc[k] = v
	}
	for _, v := range body["Operations"].([]any) {
		change := v.(scim.Document)
		path, _ := change["path"].(string)
		members, _ := doc["members"].([]any)
		switch id, one := strings.CutPrefix(path, `members[value eq "`); {
		case one:
			doc["members"] = slices.DeleteFunc(slices.Clone(members), func(m any) bool {
				return m.(scim.Document)["value"] == strings.TrimSuffix(id, `"]`)
			})
		case path == "members" && change["op"] == "add":
			doc["members"] = append(slices.Clone(members), change["value"].([]any)...)
		case path == "members":
			doc["members"] = change["value"]
		case path == scim.SchemaEnterprise+":manager":
			ent := scim.Document{"manager": change["value"]}
			if old, ok := doc[scim.SchemaEnterprise].(scim.Document); ok && old["department"] != nil {
				ent["department"] = old["department"]
			}
			doc[scim.SchemaEnterprise] = ent
		default:
			doc[path] = change["value"]
		}
	}
	if !d.known(doc) {
		return refused(400, scim.TypeInvalidValue)
	}
	return d.store(key, doc, 200)
}

// obliging does whatever it is asked, at every other kind of endpoint.
type obliging struct{ *directory }

func (obliging) Execute(_ context.Context, op bulk.Operation) bulk.Result {
	if len(op.Kind)%2 == 0 {
		return bulk.Result{Status: 404}
	}
	return bulk.Result{Status: 200, Version: `W/"1"`}
}
