package server_test

import (
	"strings"
	"testing"

	"scimrelay/internal/board"
)

// X60: what a client may write of a person never is, or becomes, what the gateway goes by: neither
// ids nor a tenant nor what the gateway keeps for itself.
func TestNothingThatIsSentBecomesAnID(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "X60")
	tried := 0
	onEachStore(t, func(t *testing.T, w *world) {
		c, other := w.tenant(t, "sage"), w.tenant(t, "sage")
		mine, theirs := c.created(t, "mine"), other.created(t, "theirs")
		for i, external := range []string{"1", "0", "-1", mine, theirs, strings.Repeat("9", 300), c.tenant, "../" + theirs} {
			tried++
			name := "user" + string(rune('a'+i))
			body := strings.Replace(user(name), "{", `{"id":"`+theirs+`","externalId":"`+external+`","tenant":"`+other.tenant+
				`","meta":{"location":"https://evil.example","version":"W/\"1\"","resourceType":"Group"},"groups":[{"value":"`+theirs+`"}],`, 1)
			made := c.do(t, post("/Users", body)).want(t, 201)
			id := made.text("id")
			if id == theirs || id == mine || id == external || strings.Contains(made.body, "evil.example") || made.value("groups") != nil {
				t.Errorf("%s became %s", external, made.body)
			}
			if got := c.do(t, get("/Users/"+id)).want(t, 200); got.text("externalId") != external || got.text("userName") != name {
				t.Errorf("%s is %s", id, got.body)
			}
			if len(external) < 100 && !strings.Contains(external, "/") && external != mine {
				c.do(t, get("/Users/"+external)).want(t, 404)
			}
			c.do(t, remove("/Users/"+id)).want(t, 204)
		}
		if got := c.do(t, get("/Users/"+mine)).want(t, 200); got.text("userName") != "mine" {
			t.Errorf("mine is %s", got.body)
		}
		if got := other.do(t, get("/Users/"+theirs)).want(t, 200); got.text("userName") != "theirs" {
			t.Errorf("theirs is %s", got.body)
		}
	})
	check.Work("attempts", tried, 16)
}
