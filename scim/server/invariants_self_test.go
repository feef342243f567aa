package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"scimrelay/scim"
)

const (
	goodMeta = `"meta":{"resourceType":"User","created":"2026-01-01T00:00:00Z","lastModified":"2026-01-01T00:00:00Z",` +
		`"location":"http://gw.example/t/acme/scim/v2/Users/1","version":"W/\"1\""}`
	goodUser = `{"id":"1","schemas":["` + scim.SchemaUser + `"],"userName":"ines",` + goodMeta + `}`
)

func listed(members string) string {
	return `{"schemas":["` + scim.MessageList + `"],` + members + `}`
}

func refused(members string) string {
	return `{"schemas":["` + scim.MessageError + `"],` + members + `}`
}

// forgeries are answers with one thing wrong, under the name of the invariant they break. A
// case with an empty name is right.
var forgeries = []struct {
	rule   string
	status int
	header string
	body   string
}{
	{"", 200, "", goodUser},
	{"", 404, "", refused(`"status":"404","detail":"gone"`)},
	{"", 200, "", listed(`"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[` + goodUser + `]`)},
	{"INV-1", 200, "Content-Type: application/json", goodUser},
	{"INV-1", 404, "Content-Type: text/html", "<html>"},
	{"INV-1", 200, "", `[]`},
	{"INV-1", 204, "", goodUser},
	{"INV-2", 404, "", refused(`"status":404,"detail":"gone"`)},
	{"INV-2", 404, "", refused(`"status":"400","detail":"gone"`)},
	{"INV-2", 404, "", refused(`"status":"404"`)},
	{"INV-2", 404, "", refused(`"status":"404","detail":"gone","scimType":"gone"`)},
	{"INV-2", 404, "", `{"status":"404","detail":"gone"}`},
	{"INV-3", 401, "", refused(`"status":"401","detail":"who"`)},
	{"INV-4", 200, "", strings.Replace(goodUser, `"resourceType":"User"`, `"resourceType":"user"`, 1)},
	{"INV-4", 200, "", strings.Replace(goodUser, `"location":`, `"place":`, 1)},
	{"INV-4", 200, "", strings.Replace(goodUser, `"created":"2026-01-01T00:00:00Z",`, "", 1)},
	{"INV-4", 200, "", strings.Replace(goodUser, `W/\"1\"`, `W/\"2\"`, 1)},
	{"INV-4", 200, "", strings.Replace(goodUser, scim.SchemaUser+`"`, scim.SchemaUser+`","`+scim.SchemaUser+`"`, 1)},
	{"INV-4", 200, "", strings.Replace(goodUser, scim.SchemaUser+`"`, scim.SchemaUser+`","`+scim.SchemaEnterprise+`"`, 1)},
	{"INV-4", 200, "", strings.Replace(goodUser, `"userName"`, `"urn:x:User":{"a":"b"},"userName"`, 1)},
	{"INV-5", 201, "", goodUser},
	{"INV-5", 201, "Location: http://gw.example/t/acme/scim/v2/Users/2", goodUser},
	{"INV-5", 200, "", strings.ReplaceAll(strings.Replace(goodUser, `"id":"1"`, `"id":"lost"`, 1), "Users/1", "Users/lost")},
	{"INV-6", 200, "", listed(`"totalResults":"1","startIndex":1,"itemsPerPage":0,"Resources":[]`)},
	{"INV-6", 200, "", listed(`"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[]`)},
	{"INV-6", 200, "", listed(`"totalResults":0,"startIndex":1,"itemsPerPage":0`)},
	{"INV-6", 200, "", listed(`"totalResults":0,"startIndex":1.5,"itemsPerPage":0,"Resources":[]`)},
	{"INV-7", 200, "", strings.Replace(goodUser, `"userName"`, `"title":null,"userName"`, 1)},
	{"INV-7", 200, "", strings.Replace(goodUser, `"userName"`, `"password":"x","userName"`, 1)},
	{"INV-7", 200, "", strings.Replace(goodUser, `"userName"`, `"active":"True","userName"`, 1)},
	{"INV-7", 200, "", strings.Replace(goodUser, `"userName"`, `"emails":[{"primary":"true"}],"userName"`, 1)},
	{"INV-8", 200, "", strings.Replace(goodUser, `"userName"`, `"manager":"2","userName"`, 1)},
	{"INV-9", 200, "", strings.ReplaceAll(strings.Replace(goodUser, `"id":"1"`, `"id":"bulkId:1"`, 1), "Users/1", "Users/bulkId:1")},
	{"INV-9", 200, "", strings.Replace(goodUser, `"id":"1",`, "", 1)},
	{"INV-10", 200, "", strings.Replace(goodUser, "ines", "canary of the other", 1)},
	{"INV-10", 200, "", strings.ReplaceAll(strings.Replace(goodUser, `"id":"1"`, `"id":"foreign"`, 1), "Users/1", "Users/foreign")},
}

// The checks of all the other tests are worth as much as what they notice.
func TestTheInvariantsAreChecked(t *testing.T) {
	t.Parallel()
	for i, f := range forgeries {
		t.Run(fmt.Sprintf("%s/%d", f.rule, i), func(t *testing.T) {
			if f.rule != "" {
				proves(t, f.rule)
			}
			v := newInvariants()
			v.plant("canary", "other")
			v.owners["foreign"] = "other"
			forger := transport(func(req *http.Request) (*http.Response, error) {
				resp := &http.Response{StatusCode: f.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(f.body))}
				resp.Header.Set("Content-Type", scim.MediaType)
				resp.Header.Set("ETag", `W/"1"`)
				if name, value, ok := strings.Cut(f.header, ": "); ok {
					resp.Header.Set(name, value)
				}
				if strings.HasSuffix(req.URL.Path, "/Users/lost") {
					resp.StatusCode = http.StatusNotFound
				}
				return resp, nil
			})
			c := &client{tenant: "acme", base: "http://gw.example/t/acme/scim/v2", http: &http.Client{Transport: v.around(forger)}}
			_, err := c.send(t, get("/Users"))
			if f.rule == "" && err != nil || f.rule != "" && (err == nil || !strings.Contains(err.Error(), f.rule+":")) {
				t.Errorf("found %v, want %q", err, f.rule)
			}
		})
	}
}
