package server_test

import (
	"net/http"
	"strings"
	"testing"

	"scimrelay/internal/board"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
)

// long is text that no compression shortens.
func long(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; x = x*1664525 + 1013904223 {
		b.WriteByte('a' + byte(x>>24)%26)
	}
	return b.String()[:n]
}

// badBodies are bodies no resource and no patch comes out of (R-91, R-92, I63).
var badBodies = map[string]struct {
	body   string
	status int
	kind   string
}{
	"nothing":                   {"", 400, scim.TypeInvalidSyntax},
	"half an object":            {`{"schemas":["` + scim.SchemaUser + `"],"userName":"bad`, 400, scim.TypeInvalidSyntax},
	"an array":                  {`[` + user("bad") + `]`, 400, scim.TypeInvalidSyntax},
	"a string":                  {`"bad"`, 400, scim.TypeInvalidSyntax},
	"null":                      {`null`, 400, scim.TypeInvalidSyntax},
	"two objects":               {user("bad") + user("bad2"), 400, scim.TypeInvalidSyntax},
	"a key twice":               {`{"userName":"bad","userName":"bad2"}`, 400, scim.TypeInvalidSyntax},
	"a key twice in two cases":  {`{"userName":"bad","username":"bad2"}`, 400, scim.TypeInvalidSyntax},
	"a key twice inside":        {`{"userName":"bad","name":{"givenName":"a","GIVENNAME":"b"}}`, 400, scim.TypeInvalidSyntax},
	"invalid UTF-8":             {"{\"userName\":\"bad\xff\"}", 400, scim.TypeInvalidSyntax},
	"UTF-16":                    {"\xff\xfe{\x00}\x00", 400, scim.TypeInvalidSyntax},
	"half a surrogate":          {`{"userName":"bad\ud800"}`, 400, scim.TypeInvalidSyntax},
	"a NUL":                     {`{"userName":"bad\u0000"}`, 400, scim.TypeInvalidSyntax},
	"ten thousand levels":       {`{"userName":"bad","x":` + strings.Repeat(`[`, 10_000) + strings.Repeat(`]`, 10_000) + `}`, 400, scim.TypeInvalidSyntax},
	"ten thousand open objects": {strings.Repeat(`{"x":`, 10_000), 400, scim.TypeInvalidSyntax},
	"two megabytes":             {`{"userName":"bad","title":"` + strings.Repeat("x", 2<<20) + `"}`, 413, ""},
	"schemas that are a number": {`{"schemas":5,"userName":"bad"}`, 400, scim.TypeInvalidSyntax},
	"schemas of something else": {`{"schemas":["urn:x"],"userName":"bad"}`, 400, scim.TypeInvalidSyntax},
}

// badUsers are objects that are no user.
var badUsers = map[string]string{
	"no name":                         `{"displayName":"bad"}`,
	"a blank name":                    `{"userName":" "}`,
	"a name that is a number":         `{"userName":7}`,
	"a name that is an object":        `{"userName":{"value":"bad"}}`,
	"active that is a word":           `{"userName":"bad","active":"maybe"}`,
	"active that is a number":         `{"userName":"bad","active":1}`,
	"name that is a number":           `{"userName":"bad","name":5}`,
	"emails that are numbers":         `{"userName":"bad","emails":[1]}`,
	"two primaries":                   `{"userName":"bad","emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`,
	"an extension that is a text":     `{"userName":"bad","` + scim.SchemaEnterprise + `":"x"}`,
	"a name no index holds":           `{"userName":"` + long(8000) + `"}`,
	"an external id no index holds":   `{"userName":"bad","externalId":"` + long(8000) + `"}`,
	"a mail no index holds":           `{"userName":"bad","emails":[{"type":"work","value":"` + long(8000) + `"}]}`,
	"a name that grows beyond it":     `{"userName":"` + strings.Repeat("\ufdfa", 300) + `"}`,
	"a certificate that is no base64": `{"userName":"bad","x509Certificates":[{"value":"!"}]}`,
}

// badPatches are operations of which one cannot be done.
var badPatches = map[string]string{
	"no operation":               operations(),
	"operations that are a text": `{"schemas":["` + scim.MessagePatch + `"],"Operations":"x"}`,
	"an unknown op":              operations(`{"op":"move","path":"title","value":"bad"}`),
	"one of two (R-62)":          operations(`{"op":"replace","path":"title","value":"bad"}`, `{"op":"replace","path":"active","value":"maybe"}`),
	"the third of three":         operations(`{"op":"remove","path":"title"}`, `{"op":"add","path":"nickName","value":"bad"}`, `{"op":"add","path":"nosuch[","value":"x"}`),
	"a path of no attribute":     operations(`{"op":"replace","path":"nosuch","value":"bad"}`),
	"a path that is a number":    operations(`{"op":"replace","path":5,"value":"bad"}`),
	"the id":                     operations(`{"op":"replace","path":"id","value":"bad"}`),
	"the name removed":           operations(`{"op":"remove","path":"userName"}`),
	"no value":                   operations(`{"op":"add","path":"title"}`),
	"a name no index holds":      operations(`{"op":"replace","path":"userName","value":"` + long(8000) + `"}`),
	"the message of a resource":  user("bad"),
}

func TestBadInputChangesNothing(t *testing.T) {
	t.Parallel()
	refusals := board.Begin(t, "I63").Sum("bodies refused", 180)
	proves(t, "R-62", "R-91", "R-92")
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		id := c.do(t, post("/Users", `{"schemas":["`+scim.SchemaUser+`"],"userName":"good","title":"T","active":true}`)).want(t, 201).text("id")
		w.bell.all()
		before := w.snapshot(t)
		refused := func(t *testing.T, in call, status int, kind string) {
			t.Helper()
			got := c.do(t, in).want(t, status)
			refusals.Add(1)
			if kind != "" && got.text("scimType") != kind {
				t.Errorf("%s %s: scimType %q, want %q: %s", in.method, in.target, got.text("scimType"), kind, got.body)
			}
		}
		for name, bad := range badBodies {
			t.Run(name, func(t *testing.T) {
				refused(t, post("/Users", bad.body), bad.status, bad.kind)
				refused(t, put("/Users/"+id, bad.body), bad.status, bad.kind)
				refused(t, patch("/Users/"+id, bad.body), bad.status, bad.kind)
			})
		}
		for name, body := range badUsers {
			t.Run("a user with "+name, func(t *testing.T) {
				refused(t, post("/Users", body), http.StatusBadRequest, scim.TypeInvalidValue)
				refused(t, put("/Users/"+id, body), http.StatusBadRequest, scim.TypeInvalidValue)
			})
		}
		for name, body := range badPatches {
			t.Run("a patch with "+name, func(t *testing.T) { refused(t, patch("/Users/"+id, body), http.StatusBadRequest, "") })
		}
		if diff := cmp.Diff(before, w.snapshot(t)); diff != "" {
			t.Errorf("the store has changed:\n%s", diff)
		}
		if rings := w.bell.all(); len(rings) > 0 {
			t.Errorf("the bell rang: %v", rings)
		}
	})
}

func TestABodyOfUnknownLengthIsBoundedToo(t *testing.T) {
	t.Parallel()
	proves(t, "R-91")
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	body := `{"userName":"bad","title":"` + strings.Repeat("x", 2<<20) + `"}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.base+"/Users", struct{ *strings.Reader }{strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(token, "Bearer "+c.secret)
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestAMarkBeforeTheBodyIsTolerated(t *testing.T) {
	t.Parallel()
	proves(t, "R-92")
	w := newWorld(t, stores["sqlite"](t))
	w.tenant(t).do(t, post("/Users", "\ufeff"+user("marked"))).want(t, http.StatusCreated)
}
