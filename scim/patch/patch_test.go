package patch_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/patch"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

const ent = scim.SchemaEnterprise

func expand(s string) string {
	return strings.NewReplacer(`"USER"`, `"`+scim.SchemaUser+`"`, `"ENT"`, `"`+ent+`"`, `ENT:`, ent+`:`, `ENT.`, ent+`.`,
		`"PATCHOP"`, `"`+scim.MessagePatch+`"`, "ACME", "urn:ietf:params:scim:schemas:extension:acme:2.0:User",
		"AcMe", "urn:IETF:params:scim:schemas:extension:ACME:2.0:user").Replace(s)
}

func mustDecode(tb testing.TB, body string) scim.Document {
	tb.Helper()
	doc, err := scim.Decode([]byte(expand(body)), scim.DefaultLimits())
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return doc
}

func mustNormalize(tb testing.TB, rt *schema.ResourceType, body string) scim.Document {
	tb.Helper()
	n, err := rt.Normalize(mustDecode(tb, body), schema.Rules{})
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return n.Document
}

// start is the starting user of section 5.4, made active.
const start = `{"userName":"u","active":true,"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x"}],
	"name":{"givenName":"G","familyName":"F"},"title":"T"}`

// bare is a user with nothing but a name.
const bare = `{"userName":"u"}`

// message wraps operations, or returns a whole message as it is.
func message(ops string) string {
	if strings.HasPrefix(ops, `{"schemas"`) || strings.HasPrefix(ops, `{"Op`) || strings.HasPrefix(ops, `{"operations"`) {
		return ops
	}
	return `{"schemas":["PATCHOP"],"Operations":[` + ops + `]}`
}

// applied are operations on a user and what becomes of it. The wanted text names the
// members that differ from the starting user: null for one that is gone.
var applied = []struct{ name, user, ops, want, leniencies string }{
	{"E-30", start, `{"op":"Replace","path":"active","value":"False"}`, `{"active":false}`, "op-case:replace string-boolean:active"},
	{"E-31", start, `{"op":"replace","path":"active","value":false}`, `{"active":false}`, ""},
	{"E-32", `{"userName":"u","active":false}`, `{"op":"Replace","path":"active","value":"True"}`, `{"active":true}`, "op-case:replace string-boolean:active"},
	{"E-33", start, `{"op":"Replace","path":"displayName","value":"Ines M."},
		{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ines.m@acme.example"},
		{"op":"Replace","path":"name.givenName","value":"Inès"},
		{"op":"Replace","path":"externalId","value":"imoreau2"},
		{"op":"Replace","path":"ENT:employeeNumber","value":"E-4711"}`,
		`{"displayName":"Ines M.","emails":[{"type":"work","value":"ines.m@acme.example","primary":true},{"type":"home","value":"h@x"}],"name":{"givenName":"Inès","familyName":"F"},
		"externalId":"imoreau2","ENT":{"employeeNumber":"E-4711"},"schemas":["USER","ENT"]}`, "op-case:replace"},
	{"E-34", start, `{"op":"replace","path":"emails[type eq \"work\"].value","value":"ines.m@acme.example"},
		{"op":"replace","value":{"displayName":"Ines M.","name.givenName":"Inès","name.familyName":"Moreau-Lenz","ENT:employeeNumber":"E-4711"}}`,
		`{"displayName":"Ines M.","emails":[{"type":"work","value":"ines.m@acme.example","primary":true},{"type":"home","value":"h@x"}],"name":{"givenName":"Inès","familyName":"Moreau-Lenz"},
		"ENT":{"employeeNumber":"E-4711"},"schemas":["USER","ENT"]}`, "path-as-key:name path-as-key:employeeNumber"},
	{"E-34 on a bare user", bare, `{"op":"add","value":{"NAME.GIVENNAME":"I","emails[type eq \"work\"].value":"a@b","ENT":{"department":"D","Manager":"m"},"USER":{"title":"T"}}}`,
		`{"name":{"givenName":"I"},"emails":[{"type":"work","value":"a@b"}],"ENT":{"department":"D","manager":{"value":"m"}},"title":"T","schemas":["USER","ENT"]}`, "path-as-key:name path-as-key:emails bare-reference:manager"},
	{"E-35", bare, `{"op":"Add","path":"addresses[type eq \"work\"].streetAddress","value":"12 Quai Neuf"},
		{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Nantes"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+33 600000000"}`,
		`{"addresses":[{"type":"work","streetAddress":"12 Quai Neuf","locality":"Nantes"}],"phoneNumbers":[{"type":"mobile","value":"+33 600000000"}]}`, "op-case:add"},
	{"E-35 type of one's own", bare, `{"op":"add","path":"emails[type eq \"acme\"].value","value":"a@b"}`, `{"emails":[{"type":"acme","value":"a@b"}]}`, ""},
	{"E-36", bare, `{"op":"add","path":"roles[primary eq \"True\"].display","value":"Buyer"},{"op":"add","path":"roles[primary eq \"True\"].value","value":"buyer"},
		{"op":"add","path":"roles[primary eq \"True\"].type","value":"WindowsAzureActiveDirectoryRole"}`,
		`{"roles":[{"primary":true,"display":"Buyer","value":"buyer","type":"WindowsAzureActiveDirectoryRole"}]}`, "string-boolean:primary"},
	{"E-36 again", `{"userName":"u","roles":[{"primary":true,"display":"Buyer","value":"buyer"}]}`, `{"op":"add","path":"roles[primary eq \"True\"].display","value":"Seller"}`,
		`{"roles":[{"primary":true,"display":"Seller","value":"buyer"}]}`, "string-boolean:primary"},
	{"E-37", `{"userName":"u","roles":[{"value":"a"}]}`, `{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"25\",\"value\":\"25\"}"}]}`, `{"roles":[{"value":"a"},{"value":"{\"id\":\"25\",\"value\":\"25\"}"}]}`, "op-case:add"},
	{"E-37 assertive", `{"userName":"u","roles":[{"value":"a"},{"value":"b"}]}`, `{"op":"replace","path":"roles","value":[{"value":"c","primary":true}]}`, `{"roles":[{"value":"c","primary":true}]}`, ""},
	{"E-38/1", bare, `{"op":"Add","path":"ENT:manager","value":"$U2"}`, `{"ENT":{"manager":{"value":"$U2"}},"schemas":["USER","ENT"]}`, "op-case:add bare-reference:manager"},
	{"E-38/2", `{"userName":"u","ENT":{"manager":{"value":"$U1"},"department":"D"}}`, `{"op":"Replace","path":"ENT:manager","value":"$U2"}`, `{"ENT":{"manager":{"value":"$U2"},"department":"D"}}`, "op-case:replace bare-reference:manager"},
	{"E-38/3", bare, `{"op":"Replace","path":"manager","value":[{"$ref":"http://x.example/scim/Users/$U2","value":"$U2"}]}`, `{"ENT":{"manager":{"value":"$U2"}},"schemas":["USER","ENT"]}`, "op-case:replace bare-extension:manager"},
	{"E-38/4", bare, `{"op":"add","value":{"ENT:manager":"$U2"}}`, `{"ENT":{"manager":{"value":"$U2"}},"schemas":["USER","ENT"]}`, "path-as-key:manager bare-reference:manager"},
	{"E-38/5", bare, `{"op":"replace","path":"ENT:manager","value":{"value":"$U2"}}`, `{"ENT":{"manager":{"value":"$U2"}},"schemas":["USER","ENT"]}`, ""},
	{"E-38/6", bare, `{"op":"Replace","path":"ENT.manager","value":"$U2"}`, `{"ENT":{"manager":{"value":"$U2"}},"schemas":["USER","ENT"]}`, "op-case:replace odd-urn:urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manag… bare-reference:manager"},
	{"E-38 sub-attribute", bare, `{"op":"add","path":"ENT:manager.value","value":"$U2"}`, `{"ENT":{"manager":{"value":"$U2"}},"schemas":["USER","ENT"]}`, ""},
	{"E-39 empty", `{"userName":"u","ENT":{"manager":{"value":"$U1"}}}`, `{"op":"Replace","path":"ENT:manager","value":""}`, `{"ENT":null,"schemas":["USER"]}`, "op-case:replace"},
	{"E-39 empty, others stay", `{"userName":"u","ENT":{"manager":{"value":"$U1"},"department":"D"}}`, `{"op":"Replace","path":"ENT:manager","value":""}`, `{"ENT":{"department":"D"}}`, "op-case:replace"},
	{"E-39 empty value", `{"userName":"u","ENT":{"manager":{"value":"$U1"}}}`, `{"op":"replace","path":"manager","value":{"value":""}}`, `{"ENT":null,"schemas":["USER"]}`, "bare-extension:manager"},
	{"E-39 remove", `{"userName":"u","ENT":{"manager":{"value":"$U1"}}}`, `{"op":"Remove","path":"ENT:manager"}`, `{"ENT":null,"schemas":["USER"]}`, "op-case:remove"},
	{"E-39 sub-attribute", `{"userName":"u","ENT":{"manager":{"value":"$U1"}}}`, `{"op":"remove","path":"manager.value"}`, `{"ENT":null,"schemas":["USER"]}`, "bare-extension:manager.value"},
	{"E-40", bare, `{"op":"add","path":"ENT:manager","value":"GZFDHGRKQLCG"}`, `{"ENT":{"manager":{"value":"GZFDHGRKQLCG"}},"schemas":["USER","ENT"]}`, "bare-reference:manager"},
	{"E-41 empty", start, `{"op":"replace","path":"title","value":""}`, `{"title":null}`, ""},
	{"E-41 null", start, `{"op":"replace","path":"title","value":null}`, `{"title":null}`, ""},
	{"E-41 boolean", start, `{"op":"replace","path":"active","value":""}`, `{"active":null}`, ""},
	{"E-41 in an array", start, `{"op":"replace","path":"title","value":[{"$ref":null,"value":""}]}`, `{"title":null}`, "array-for-single:title"},
	{"E-41 filtered", start, `{"op":"replace","path":"emails[type eq \"work\"].value","value":""}`, `{"emails":[{"type":"home","value":"h@x"}]}`, ""},
	{"E-41 filtered, null", start, `{"op":"replace","path":"emails[type eq \"home\"].value","value":null}`, `{"emails":[{"type":"work","value":"w@x","primary":true}]}`, ""},
	{"E-41 filtered, not there", bare, `{"op":"replace","path":"emails[type eq \"work\"].value","value":""},{"op":"replace","path":"emails[type eq \"work\"].value","value":null}`, `{}`, "no-match:emails.value"},
	{"E-41 part", start, `{"op":"replace","path":"name.familyName","value":""},{"op":"replace","path":"name.givenName","value":null}`, `{"name":null}`, ""},
	{"E-41 whole", start, `{"op":"replace","path":"name","value":null},{"op":"replace","path":"emails","value":""}`, `{"name":null,"emails":null}`, ""},
	{"E-41 without path", start, `{"op":"replace","value":{"title":"","name.givenName":null,"emails":null}}`, `{"title":null,"name":{"familyName":"F"},"emails":null}`, "path-as-key:name"},
	{"E-42", bare, `{"op":"Add","path":"emails[type eq \"other\"].Value","value":"o@x"},{"op":"Add","path":"addresses[type eq \"other\"].Formatted","value":"A"}`,
		`{"emails":[{"type":"other","value":"o@x"}],"addresses":[{"type":"other","formatted":"A"}]}`, "op-case:add"},
	{"E-43", start, `{"op":"Replace","path":"displayName","value":[{"$ref":null,"value":"Ines X"}]}`, `{"displayName":"Ines X"}`, "op-case:replace array-for-single:displayName"},
	{"E-43 boolean", start, `{"op":"replace","path":"active","value":[false]}`, `{"active":false}`, "array-for-single:active"},
	{"E-44", start, `{"op":"Replace","path":"active","value":"True"}`, `{}`, "op-case:replace string-boolean:active"},
	{"O-09", start, `{"op":"replace","value":{"name":{"givenName":"Leni"},"active":true}}`, `{"name":{"givenName":"Leni","familyName":"F"}}`, ""},
	{"O-10", start, `{"op":"replace","value":{"active":false}}`, `{"active":false}`, ""},
	{"O-11 password", start, `{"op":"replace","value":{"password":"N3w-one"}}`, `{}`, "password-dropped:password"},
	{"O-11 password with path", start, `{"op":"Replace","path":"password","value":"N3w-one"}`, `{}`, "op-case:replace password-dropped:password"},
	{"O-22 ids and the like without path", start, `{"op":"replace","value":{"id":"x","groups":[],"meta":{"version":"1"},"schemas":["USER"],"meta.created":"x","title":"N"}}`, `{"title":"N"}`,
		"read-only:groups read-only:id read-only:meta path-as-key:meta read-only:meta.created schemas-ignored:schemas"},
	{"R-60 without schemas", start, `{"Operations":[{"op":"replace","path":"title","value":"N"}]}`, `{"title":"N"}`, "missing-schemas:schemas"},
	{"R-61", start, `{"operations":[{"OP":"replace","PATH":"title","Value":"N"}],"SCHEMAS":["URN:ietf:params:scim:api:messages:2.0:PATCHOP","urn:x"]}`, `{"title":"N"}`, ""},
	{"R-63", start, `{"op":"add","path":"emails","value":[{"value":"z@x","type":"other","primary":true}]}`,
		`{"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"h@x"},{"value":"z@x","type":"other","primary":true}]}`, ""},
	{"R-63 by path", start, `{"op":"add","path":"emails[type eq \"home\"].primary","value":"True"}`,
		`{"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"h@x","primary":true}]}`, "string-boolean:emails.primary"},
	{"R-63 by element", start, `{"op":"replace","path":"emails[type eq \"home\"]","value":{"value":"n@x","primary":true}}`,
		`{"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"n@x","primary":true}]}`, ""},
	{"R-63 by a seed", start, `{"op":"add","path":"emails[type eq \"other\" and primary eq true].value","value":"z@x"}`,
		`{"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"h@x"},{"value":"z@x","type":"other","primary":true}]}`, ""},
	{"R-64", start, `{"op":"add","path":"emails","value":[{"value":"h@x","type":"home"}]},{"op":"add","path":"title","value":"T"},{"op":"add","path":"name","value":{"givenName":"G"}}`, `{}`, ""},
	{"R-64 known value, more said", start, `{"op":"add","path":"emails","value":[{"value":"H@x","type":"Home","display":"D"},{"value":"h@x"}]}`,
		`{"emails":[{"type":"work","value":"w@x","primary":true},{"type":"Home","value":"H@x","display":"D"},{"value":"h@x"}]}`, ""},
	{"R-65", start, `{"op":"add","path":"title","value":"N"}`, `{"title":"N"}`, ""},
	{"R-67", start, `{"op":"add","path":"ENT:department","value":"D"}`, `{"ENT":{"department":"D"},"schemas":["USER","ENT"]}`, ""},
	{"R-67 whole", start, `{"op":"add","path":"ENT","value":{"department":"D","nosuch":1}}`, `{"ENT":{"department":"D"},"schemas":["USER","ENT"]}`, "unknown-attribute:nosuch"},
	{"R-69", start, `{"op":"remove","path":"emails[type eq \"work\"]"}`, `{"emails":[{"type":"home","value":"h@x"}]}`, ""},
	{"R-69 the last", start, `{"op":"remove","path":"emails[type eq \"work\" or type eq \"home\"]"}`, `{"emails":null}`, ""},
	{"R-69a", start, `{"op":"remove","path":"emails[type eq \"work\"].value"}`, `{"emails":[{"type":"home","value":"h@x"}]}`, ""},
	{"R-69a something is left", `{"userName":"u","emails":[{"type":"work","value":"w@x","display":"D"}]}`, `{"op":"remove","path":"emails[type eq \"work\"].value"}`, `{"emails":[{"type":"work","display":"D"}]}`, ""},
	{"R-69b", start, `{"op":"remove","path":"emails[value eq \"nobody\"]"}`, `{}`, "no-match:emails"},
	{"R-69d", start, `{"op":"remove","path":"emails"}`, `{"emails":null}`, ""},
	{"remove a list of values", start, `{"op":"remove","path":"emails","value":[{"$ref":null,"value":"W@x"}]}`, `{"emails":[{"type":"home","value":"h@x"}]}`, "unknown-attribute:emails.$ref"},
	{"remove one value", start, `{"op":"remove","path":"emails","value":{"value":"h@x"}}`, `{"emails":[{"type":"work","value":"w@x","primary":true}]}`, ""},
	{"remove a bare value", start, `{"op":"remove","path":"emails","value":["h@x"]}`, `{"emails":[{"type":"work","value":"w@x","primary":true}]}`, ""},
	{"remove a value of another type", start, `{"op":"remove","path":"emails","value":[{"value":"w@x","type":"home"}]}`, `{}`, ""},
	{"remove by other parts", start, `{"op":"remove","path":"emails","value":[{"type":"home"}]}`, `{"emails":[{"type":"work","value":"w@x","primary":true}]}`, ""},
	{"remove nobody", start, `{"op":"remove","path":"emails","value":[]}`, `{}`, ""},
	{"remove with a null value", start, `{"op":"remove","path":"emails","value":null}`, `{"emails":null}`, ""},
	{"remove all values", start, `{"op":"remove","path":"emails","value":[{"value":"w@x"},{"value":"h@x"}]}`, `{"emails":null}`, ""},
	{"remove active", start, `{"op":"remove","path":"active"}`, `{"active":null}`, ""},
	{"remove a single value names the value", start, `{"op":"remove","path":"title","value":"x"}`, `{"title":null}`, ""},
	{"remove what is not there", bare, `{"op":"remove","path":"title"},{"op":"remove","path":"emails"},{"op":"remove","path":"name.givenName"},{"op":"remove","path":"ENT:department"},{"op":"remove","path":"ENT"}`, `{}`, ""},
	{"remove an extension", `{"userName":"u","ENT":{"department":"D"}}`, `{"op":"remove","path":"ENT"}`, `{"ENT":null,"schemas":["USER"]}`, ""},
	{"R-70a", start, `{"op":"replace","path":"name","value":{"givenName":"N"}}`, `{"name":{"givenName":"N","familyName":"F"}}`, ""},
	{"R-70b", start, `{"op":"replace","path":"nickName","value":"x"}`, `{"nickName":"x"}`, ""},
	{"R-70c canonical type", bare, `{"op":"replace","path":"emails[type eq \"Work\"].value","value":"q@x"}`, `{"emails":[{"type":"Work","value":"q@x"}]}`, "create-on-match:emails.value"},
	{"R-70c primary", bare, `{"op":"replace","path":"roles[primary eq \"True\"].value","value":"q"}`, `{"roles":[{"primary":true,"value":"q"}]}`, "string-boolean:primary create-on-match:roles.value"},
	{"R-70c whole element", bare, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"q@x"}}`, `{"emails":[{"type":"work","value":"q@x"}]}`, "create-on-match:emails"},
	{"R-70d", start, `{"op":"replace","path":"emails","value":[{"value":"n@x"}]}`, `{"emails":[{"value":"n@x"}]}`, ""},
	{"R-70d without path", start, `{"op":"replace","value":{"emails":[{"value":"n@x"}]}}`, `{"emails":[{"value":"n@x"}]}`, ""},
	{"R-70d an object", start, `{"op":"replace","path":"emails","value":{"value":"n@x"}}`, `{"emails":[{"value":"n@x"}]}`, "single-for-array:emails"},
	{"R-70d empty", start, `{"op":"replace","path":"emails","value":[]}`, `{"emails":null}`, ""},
	{"R-70e", start, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"n@x"}}`, `{"emails":[{"type":"work","value":"n@x"},{"type":"home","value":"h@x"}]}`, ""},
	{"R-70e all that match", start, `{"op":"replace","path":"emails[value ew \"@x\"]","value":[{"value":"n@y"}]}`, `{"emails":[{"type":"work","value":"n@y"},{"type":"home","value":"n@y"}]}`, ""},
	{"R-70e add merges", start, `{"op":"add","path":"emails[type eq \"work\"]","value":{"display":"D"}}`, `{"emails":[{"type":"work","value":"w@x","primary":true,"display":"D"},{"type":"home","value":"h@x"}]}`, ""},
	{"R-70e null", start, `{"op":"replace","path":"emails[type eq \"work\"]","value":null}`, `{"emails":[{"type":"home","value":"h@x"}]}`, ""},
	{"R-70g", start, `{"op":"replace","path":"emails[type eq \"work\" and value ew \"@x\"].display","value":"W"}`, `{"emails":[{"type":"work","value":"w@x","primary":true,"display":"W"},{"type":"home","value":"h@x"}]}`, ""},
	{"R-70j", start, `{"op":"remove","path":"title"},{"op":"add","path":"title","value":"A"},{"op":"replace","path":"title","value":"B"}`, `{"title":"B"}`, ""},
	{"R-70j and back", start, `{"op":"remove","path":"title"},{"op":"add","path":"title","value":"T"}`, `{}`, ""},
	{"R-70l", start, `{"op":"replace","value":{"name":{"familyName":null},"active":false}}`, `{"name":{"givenName":"G"},"active":false}`, ""},
	{"R-70n", start, `{"op":"replace","path":"schemas","value":["urn:x"]},{"op":"add","path":"schemas","value":"urn:y"},{"op":"remove","path":"schemas"}`, `{}`, "schemas-ignored:schemas"},
	{"V-08", start, `{"op":"replace","path":"userName","value":"New"}`, `{"userName":"New"}`, ""},
	{"V-11", bare, `{"op":"add","path":"emails[type eq \"work\"].primary","value":true},{"op":"add","path":"emails[type eq \"work\"].value","value":"a@b"},{"op":"add","path":"phoneNumbers[type eq \"fax\"].value","value":"1"}`,
		`{"emails":[{"type":"work","primary":true,"value":"a@b"}],"phoneNumbers":[{"type":"fax","value":"1"}]}`, ""},
	{"V-30", start, `{"op":"remove","path":"preferredLanguage"},{"op":"add","path":"externalId","value":"E"},{"op":"replace","path":"displayName","value":"D"}`, `{"externalId":"E","displayName":"D"}`, ""},
	{"B-20 unknown without path", start, `{"op":"replace","value":{"nosuch":1,"name.nosuch":2,"nosuch[a eq \"b\"].c":1,"a b":1,"title":"N","name":{"nosuch":1}}}`, `{"title":"N"}`,
		`unknown-attribute:a b unknown-attribute:name.nosuch unknown-attribute:nosuch unknown-attribute:nosuch[a eq "b"].c`},
	{"empty path", start, `{"op":"replace","path":"","value":{"title":"N"}}`, `{"title":"N"}`, "empty-path:path"},
	{"null path", start, `{"op":"replace","path":null,"value":[{"title":"N"}]}`, `{"title":"N"}`, "empty-path:path"},
	{"core schema as path", start, `{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User","value":{"title":"N"}}`, `{"title":"N"}`, ""},
	{"sub-attribute of the only element", `{"userName":"u","emails":[{"value":"a@b"}]}`, `{"op":"replace","path":"emails.value","value":"c@d"}`, `{"emails":[{"value":"c@d"}]}`, ""},
	{"sub-attribute of no element", bare, `{"op":"replace","path":"emails.value","value":"c@d"}`, `{"emails":[{"value":"c@d"}]}`, ""},
	{"sub-attribute of all elements, removed", `{"userName":"u","emails":[{"value":"a@b","display":"A"},{"value":"c@d","display":"C"}]}`, `{"op":"remove","path":"emails.display"}`, `{"emails":[{"value":"a@b"},{"value":"c@d"}]}`, ""},
	{"E-23 own extension by path", bare, `{"op":"add","path":"ACME:costGroup","value":"K9"}`, `{"ACME":{"costGroup":"K9"},"schemas":["USER","ACME"]}`, "foreign-extension:urn:ietf:params:scim:schemas:extension:acme:2.0:User"},
	{"E-23 own extension in a key", bare, `{"op":"add","value":{"ACME:costGroup":"K9","ACME:level":3}}`, `{"ACME":{"costGroup":"K9","level":3},"schemas":["USER","ACME"]}`, "foreign-extension:urn:ietf:params:scim:schemas:extension:acme:2.0:User path-as-key:costGroup path-as-key:level"},
	{"E-23 own extension as an object", bare, `{"op":"add","value":{"ACME":{"costGroup":"K9"},"urn:own:thing":{"a":1}}}`, `{"ACME":{"costGroup":"K9"},"urn:own:thing":{"a":1},"schemas":["USER","ACME","urn:own:thing"]}`, "foreign-extension:urn:ietf:params:scim:schemas:extension:acme:2.0:User foreign-extension:urn:own"},
	{"E-23 own extension, whole path", bare, `{"op":"add","path":"ACME","value":{"costGroup":"K9"}}`, `{"ACME":{"costGroup":"K9"},"schemas":["USER","ACME"]}`, "foreign-extension:urn:ietf:params:scim:schemas:extension:acme:2.0:User"},
	{"E-23 own extension changes", `{"userName":"u","ACME":{"costGroup":"K9","l":[1],"o":{"a":1,"b":2}}}`,
		`{"op":"replace","path":"AcMe:COSTGROUP","value":"K1"},{"op":"add","path":"ACME:l","value":[1,2]},{"op":"replace","path":"ACME:o","value":{"a":3}},{"op":"remove","path":"ACME:o.b"}`,
		`{"ACME":{"costGroup":"K1","l":[1,2],"o":{"a":3}}}`, "foreign-extension:urn:IETF:params:scim:schemas:extension:ACME:2.0:user foreign-extension:urn:ietf:params:scim:schemas:extension:acme:2.0:User"},
	{"E-23 own extension goes", `{"userName":"u","ACME":{"costGroup":"K9"}}`, `{"op":"replace","path":"ACME:costGroup","value":null}`, `{"ACME":null,"schemas":["USER"]}`, "foreign-extension:urn:ietf:params:scim:schemas:extension:acme:2.0:User"},
	{"E-23 own extension removed", `{"userName":"u","ACME":{"costGroup":"K9"},"urn:own:thing":{"a":1}}`, `{"op":"remove","path":"ACME"},{"op":"remove","path":"urn:own:thing"}`, `{"ACME":null,"urn:own:thing":null,"schemas":["USER"]}`, "foreign-extension:urn:ietf:params:scim:schemas:extension:acme:2.0:User foreign-extension:urn:own"},
}

// wanted puts the members of the wanted text into the starting user.
func wanted(t *testing.T, user scim.Document, text string) scim.Document {
	t.Helper()
	want := mustDecode(t, schematest.Encode(t, user))
	for key, v := range mustDecode(t, text) {
		if v == nil {
			delete(want, key)
		} else {
			want[key] = v
		}
	}
	return want
}

func TestApply(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for _, c := range applied {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			user := mustNormalize(t, rt, c.user)
			body := mustDecode(t, message(c.ops))
			userBefore, bodyBefore := schematest.Encode(t, user), schematest.Encode(t, body)
			got, err := patch.Apply(rt, patch.Current{ID: "x", Document: user}, body, patch.Rules{})
			if err != nil {
				t.Fatal(err)
			}
			want := wanted(t, user, c.want)
			if diff := cmp.Diff(want, got.Document); diff != "" {
				t.Error(diff)
			}
			if changed := c.want != `{}`; got.Changed != changed {
				t.Errorf("Changed = %v", got.Changed)
			}
			if notes := strings.Join(got.Leniencies, " "); notes != c.leniencies {
				t.Errorf("leniencies %q, want %q", notes, c.leniencies)
			}
			if got.Password != strings.Contains(c.name, "password") {
				t.Errorf("Password = %v", got.Password)
			}
			if schematest.Encode(t, user) != userBefore || schematest.Encode(t, body) != bodyBefore {
				t.Error("Apply changed its input")
			}
			checkNormal(t, rt, got.Document)
			if c.name == "R-70e all that match" {
				return // afterwards its filter matches nobody
			}
			again, err := patch.Apply(rt, patch.Current{ID: "x", Document: got.Document}, body, patch.Rules{})
			if err != nil || again.Changed {
				t.Errorf("a second run: %v, %v", cmp.Diff(got.Document, again.Document), err)
			}
		})
	}
}

func checkNormal(t *testing.T, rt *schema.ResourceType, doc scim.Document) {
	t.Helper()
	n, err := rt.Normalize(doc, schema.Rules{})
	if err != nil {
		t.Fatalf("the result does not normalise: %v", err)
	}
	if diff := cmp.Diff(doc, n.Document); diff != "" {
		t.Fatalf("the result is not normal: %s", diff)
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	const syntax, value, path = scim.TypeInvalidSyntax, scim.TypeInvalidValue, scim.TypeInvalidPath
	for _, c := range []struct{ name, ops, scimType, detail string }{
		{"R-60 other schemas", `{"schemas":["USER"],"Operations":[{"op":"remove","path":"title"}]}`, syntax, "schemas must contain"},
		{"R-60 no schemas in schemas", `{"schemas":[],"Operations":[{"op":"remove","path":"title"}]}`, syntax, "schemas must contain"},
		{"R-60 no Operations", `{"schemas":["PATCHOP"]}`, syntax, "Operations"},
		{"R-60 empty Operations", ``, syntax, "Operations"},
		{"R-60 an object", `{"schemas":["PATCHOP"],"Operations":{"op":"remove","path":"title"}}`, syntax, "Operations"},
		{"R-60 null", `null`, syntax, "operation 1: an operation must be an object"},
		{"R-60 op move", `{"op":"move","path":"title","value":"x"}`, syntax, `operation 1: op must be add, replace or remove, not "move"`},
		{"R-60 no op", `{"path":"title","value":"x"}`, syntax, "op must be"},
		{"R-60 op a number", `{"op":1,"path":"title","value":"x"}`, syntax, "op must be"},
		{"path a number", `{"op":"remove","path":5}`, path, "path must be a string"},
		{"1,001 operations", strings.TrimSuffix(strings.Repeat(`{"op":"remove","path":"title"},`, 1001), ","), syntax, "more than 1000"},
		{"R-62", `{"op":"replace","path":"title","value":"N"},{"op":"replace","path":"nosuch","value":"x"}`, path, "operation 2: "},
		{"R-66", `{"op":"add","path":"title"}`, value, "add needs a value"},
		{"R-66 replace", `{"op":"replace","path":"title"}`, value, "replace needs a value"},
		{"R-68", `{"op":"remove"}`, scim.TypeNoTarget, "remove needs a path"},
		{"R-68 with a value", `{"op":"remove","value":{"title":"x"}}`, scim.TypeNoTarget, "remove needs a path"},
		{"R-68 core schema", `{"op":"remove","path":"urn:ietf:params:scim:schemas:core:2.0:User"}`, scim.TypeNoTarget, "remove needs a path"},
		{"R-69c userName", `{"op":"remove","path":"userName"}`, scim.TypeMutability, "userName is required"},
		{"R-69c remove id", `{"op":"remove","path":"id"}`, scim.TypeMutability, "id is readOnly"},
		{"R-69c replace id", `{"op":"replace","path":"id","value":"x"}`, scim.TypeMutability, "id is readOnly"},
		{"R-69c meta", `{"op":"replace","path":"meta.created","value":"2026-01-01T00:00:00Z"}`, scim.TypeMutability, "meta.created is readOnly"},
		{"R-69c groups", `{"op":"replace","path":"groups","value":[]}`, scim.TypeMutability, "groups is readOnly"},
		{"R-69c groups, filtered", `{"op":"add","path":"groups[type eq \"direct\"].value","value":"x"}`, scim.TypeMutability, "readOnly"},
		{"R-69c manager's name", `{"op":"replace","path":"manager.displayName","value":"x"}`, scim.TypeMutability, "manager.displayName is readOnly"},
		{"E-41 required", `{"op":"replace","path":"userName","value":""}`, value, "userName is required"},
		{"E-41 required, null", `{"op":"replace","path":"userName","value":null}`, value, "userName is required"},
		{"E-41 required, blank", `{"op":"replace","path":"userName","value":"  "}`, value, "userName is required"},
		{"E-41 required, without path", `{"op":"replace","value":{"userName":null}}`, value, "userName is required"},
		{"R-70c", `{"op":"replace","path":"emails[type eq \"nonexistent\"].value","value":"q@x"}`, scim.TypeNoTarget, "no value of emails"},
		{"R-70c element", `{"op":"replace","path":"emails[type eq \"nonexistent\"]","value":{"value":"q@x"}}`, scim.TypeNoTarget, "no value of emails"},
		{"R-70c other operator", `{"op":"replace","path":"emails[value co \"nobody\"].display","value":"q"}`, scim.TypeNoTarget, "no value of emails"},
		{"R-70c or", `{"op":"add","path":"emails[type eq \"other\" or type eq \"acme\"].value","value":"q"}`, scim.TypeNoTarget, "no value of emails"},
		{"R-70c not", `{"op":"add","path":"addresses[not (type eq \"other\")].region","value":"q"}`, scim.TypeNoTarget, "no value of addresses"},
		{"R-70c impossible", `{"op":"add","path":"emails[type eq \"a\" and type eq \"b\"].value","value":"q"}`, scim.TypeNoTarget, "no value of emails"},
		{"R-70f", `{"op":"replace","path":"emails[","value":"q"}`, path, "operation 1: path: "},
		{"R-70f garbage behind", `{"op":"replace","path":"emails[type eq \"work\"]x","value":"q"}`, path, "unexpected 'x'"},
		{"R-70f without path", `{"op":"replace","value":{"emails[type eq \"work\".value":"q"}}`, path, "unexpected"},
		{"R-70h name", `{"op":"replace","path":"name","value":5}`, value, "name must be an object"},
		{"R-70h active", `{"op":"replace","path":"active","value":"maybe"}`, value, "active must be a boolean"},
		{"R-70h emails", `{"op":"replace","path":"emails","value":["a@b"]}`, value, "emails must be an object"},
		{"R-70h element", `{"op":"replace","path":"emails[type eq \"work\"]","value":"a@b"}`, value, "element must be an object"},
		{"R-70h sub-attribute", `{"op":"replace","path":"emails[type eq \"work\"].value","value":5}`, value, "emails.value must be a string"},
		{"R-70h part", `{"op":"replace","path":"name.givenName","value":{}}`, "", ""},
		{"R-70h number", `{"op":"replace","path":"title","value":5}`, value, "title must be a string"},
		{"R-70h extension", `{"op":"replace","path":"ENT","value":5}`, value, "must be an object"},
		{"R-70h without path", `{"op":"replace","value":"x"}`, value, "needs an object"},
		{"R-70h null without path", `{"op":"replace","value":null}`, value, "needs an object"},
		{"R-70h password", `{"op":"replace","path":"password","value":123454321}`, value, "password must be a string"},
		{"R-70k", `{"op":"add","path":"emails","value":[null]}`, value, "emails: null is no value"},
		{"R-70k among others", `{"op":"add","value":{"emails":[{"value":"a"},null]}}`, value, "emails: null is no value"},
		{"R-08 two added", `{"op":"add","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, value, "only one"},
		{"R-08 two made so", `{"op":"replace","path":"emails[value ew \"@x\"].primary","value":true}`, value, "only one"},
		{"sub-attribute of several elements", `{"op":"replace","path":"emails.value","value":"x"}`, path, "select one with a filter"},
		{"too many values", `{"op":"add","path":"emails","value":[` + numbered(999) + `]}`, value, "more than 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			user := mustNormalize(t, rt, start)
			before := schematest.Encode(t, user)
			got, err := patch.Apply(rt, patch.Current{ID: "x", Document: user}, mustDecode(t, message(c.ops)), patch.Rules{})
			if c.scimType == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatalf("accepted: %s", schematest.Encode(t, got.Document))
			}
			e := scim.AsError(err)
			if e.Status != 400 || e.Type != c.scimType || !strings.Contains(e.Detail, c.detail) {
				t.Errorf("got %d %s %q", e.Status, e.Type, e.Detail)
			}
			if got.Document != nil || schematest.Encode(t, user) != before {
				t.Error("R-62: something changed")
			}
			if strings.Contains(e.Error(), "123454321") {
				t.Error("the detail repeats a password")
			}
		})
	}
}

func numbered(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"value":"m%d@x"}`, i))
	}
	return strings.Join(list, ",")
}

func TestImmutable(t *testing.T) {
	t.Parallel()
	const attr = `{"name":%q,"type":"string","required":%v,"mutability":%q,"returned":"default","uniqueness":"none"}`
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	set, err := schema.LoadFS(fstest.MapFS{
		"common.json":         file(`{"id":"urn:c","name":"C","attributes":[]}`),
		"thing.json":          file(`{"id":"urn:thing","name":"Thing","attributes":[` + fmt.Sprintf(attr, "name", true, "readWrite") + `,` + fmt.Sprintf(attr, "serial", false, "immutable") + `]}`),
		"resource_types.json": file(`[{"name":"Thing","endpoint":"/Things","schema":"urn:thing"}]`),
	})
	if err != nil {
		t.Fatal(err)
	}
	rt, _ := set.Type("Thing")
	for name, c := range map[string]struct {
		thing, op string
		refused   bool
	}{
		"R-70i unset":            {`{"name":"n"}`, `{"op":"add","path":"serial","value":"1"}`, false},
		"R-70i same value":       {`{"name":"n","serial":"1"}`, `{"op":"replace","path":"serial","value":"1"}`, false},
		"R-70i another value":    {`{"name":"n","serial":"1"}`, `{"op":"add","path":"serial","value":"2"}`, true},
		"R-70i replaced":         {`{"name":"n","serial":"1"}`, `{"op":"replace","value":{"serial":"2"}}`, true},
		"R-70i cleared":          {`{"name":"n","serial":"1"}`, `{"op":"replace","path":"serial","value":""}`, true},
		"R-70i removed":          {`{"name":"n","serial":"1"}`, `{"op":"remove","path":"serial"}`, true},
		"R-70i nothing to clear": {`{"name":"n"}`, `{"op":"remove","path":"serial"}`, false},
	} {
		_, err := patch.Apply(rt, patch.Current{Document: mustNormalize(t, rt, c.thing)}, mustDecode(t, message(c.op)), patch.Rules{})
		if (err != nil) != c.refused || err != nil && scim.AsError(err).Type != scim.TypeMutability {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One megabyte of operations on the largest lists still ends within a request's time.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	full := mustNormalize(t, rt, `{"userName":"u","emails":[`+numbered(1000)+`]}`)
	ops := func(n int, op string) string { return strings.TrimSuffix(strings.Repeat(op+",", n), ",") }
	for name, c := range map[string]string{
		"adds":      ops(1000, `{"op":"add","path":"emails","value":[{"value":"m7@x"},{"value":"m8@x"},{"value":"m9@x"}]}`),
		"removes":   ops(1000, `{"op":"remove","path":"emails","value":[{"type":"nobody"},{"type":"no"},{"display":"x"}]}`),
		"selects":   ops(1000, `{"op":"replace","path":"emails[value co \"m1\" and not (value ew \"y\")].display","value":"d"}`),
		"clears":    ops(1000, `{"op":"remove","path":"emails[value eq \"nobody\"]"}`),
		"path-less": ops(1000, `{"op":"replace","value":{"emails[value eq \"m1@x\"].display":"a","emails[value eq \"m2@x\"].display":"b"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			if _, err := patch.Apply(rt, patch.Current{ID: "x", Document: full}, mustDecode(t, message(c)), patch.Rules{}); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	rt := schematest.User(b)
	user := mustNormalize(b, rt, start)
	for name, ops := range map[string]string{
		"disable":   `{"op":"Replace","path":"active","value":"False"}`,
		"entra":     `{"op":"Replace","path":"displayName","value":"Ines M."},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"i@a.example"},{"op":"Replace","path":"name.givenName","value":"I"},{"op":"Replace","path":"ENT:employeeNumber","value":"E-4711"}`,
		"path-less": `{"op":"replace","value":{"displayName":"Ines M.","name.givenName":"I","name.familyName":"M","ENT:employeeNumber":"E-4711"}}`,
	} {
		body := mustDecode(b, message(ops))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := patch.Apply(rt, patch.Current{ID: "x", Document: user}, body, patch.Rules{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
