package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/scim"
)

// group makes an empty group and returns its id.
func (c *client) group(tb testing.TB, name string, members ...string) (id string) {
	tb.Helper()
	body := fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"members":[%s]}`, scim.SchemaGroup, name, values(members))
	return c.do(tb, post("/Groups", body)).want(tb, http.StatusCreated).text("id")
}

func values(ids []string) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = fmt.Sprintf(`{"value":%q}`, id)
	}
	return strings.Join(list, ",")
}

// members are the ids in an answer's members.
func (a answer) members() (ids []string) {
	list, _ := a.value("members").([]any)
	for _, m := range list {
		ids = append(ids, fmt.Sprint(m.(map[string]any)["value"]))
	}
	return ids
}

// heap is the most memory that was in use while f ran, over what was before.
func heap(f func()) uint64 {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				runtime.ReadMemStats(&now)
				most.Store(max(most.Load(), now.HeapInuse))
			}
		}
	}()
	f()
	close(done)
	<-ended
	return max(most.Load(), before.HeapInuse) - before.HeapInuse
}

// B7 of M16: a hundred thousand members, with all that Entra's and Okta's clients may write of
// each, go in and come out again, in memory that a gateway has.
func TestAHundredThousandMembers(t *testing.T) {
	size := 100_000
	if racing { // .ci/test runs it without the race detector as well
		size = 10_000
	}
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		w.crowd(t, c.tenant, size)
		id := c.group(t, "Everybody")
		body := crowdBody(c, size)
		if len(body) < 188*size {
			t.Fatalf("the body has only %d bytes", len(body))
		}
		var n int
		used := heap(func() {
			c.stream(t, http.MethodPut, "/Groups/"+id, body, func(r io.Reader) { n = count(t, r) })
		})
		body = ""
		if n != size || used > 200<<20 {
			t.Errorf("%d members are in the answer, which used %d MiB", n, used>>20)
		}
		used = heap(func() {
			c.stream(t, http.MethodGet, "/Groups/"+id, "", func(r io.Reader) { n = count(t, r) })
		})
		if n != size || used > 100<<20 {
			t.Errorf("%d members came back, with %d MiB", n, used>>20)
		}
		if got := c.do(t, get("/Groups/"+id+"?excludedAttributes=members")).want(t, http.StatusOK); len(got.body) > 1000 {
			t.Errorf("without members the group has %d bytes", len(got.body))
		}
		one := operations(fmt.Sprintf(`{"op":"remove","path":"members[value eq %s]"}`, strings.ReplaceAll(fmt.Sprintf("%q", crowdID(77)), `"`, `\"`)))
		c.do(t, patch("/Groups/"+id, one)).want(t, http.StatusNoContent)
		if total := c.do(t, get(`/Groups?excludedAttributes=members&filter=members.value eq "`+crowdID(77)+`"`)).value("totalResults"); total != 0.0 {
			t.Errorf("who left is in %v groups", total)
		}
	})
}

// crowdBody is a group with all of the crowd, written as long as clients write it.
func crowdBody(c *client, size int) string {
	var b strings.Builder
	b.WriteString(`{"schemas":["` + scim.SchemaGroup + `"],"displayName":"Everybody","members":[`)
	for i := range size {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"value":%q,"$ref":"%s/Users/%[1]s","type":"User","display":"user-%07[3]d@acme.example"}`, crowdID(i+1), c.base, i+1)
	}
	b.WriteString(`]}`)
	return b.String()
}

// stream sends a request whose answer is too long to be looked at as a whole.
func (c *client) stream(t *testing.T, method, target, body string, read func(io.Reader)) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.base+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(token, "Bearer "+c.secret)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("%s %s: %d %s", method, target, resp.StatusCode, text)
	}
	read(resp.Body)
}

// count reads a group and counts its members without keeping them.
func count(t *testing.T, r io.Reader) (n int) {
	t.Helper()
	d := json.NewDecoder(r)
	for {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		if key == "members" {
			break
		}
	}
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		var m struct{ Value, Type string }
		if err := d.Decode(&m); err != nil || m.Value == "" || m.Type != scim.TypeUser {
			t.Fatal(m, err)
		}
		n++
	}
	if _, err := io.ReadAll(io.MultiReader(d.Buffered(), r)); err != nil {
		t.Fatal(err)
	}
	return n
}

// P20: what a user's entity tag stands for includes the groups in it.
func TestAUsersTagChangesWithItsGroups(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		id := c.created(t, "ines")
		tag := func() string { return c.do(t, get("/Users/"+id)).want(t, 200).header.Get("Etag") }
		alone := tag()
		group := c.group(t, "Sales", id)
		member := tag()
		c.do(t, patch("/Groups/"+group, operations(`{"op":"replace","path":"displayName","value":"Sales EMEA"}`)))
		renamed := tag()
		c.do(t, get("/Users/"+id).with("If-None-Match", renamed)).want(t, http.StatusNotModified)
		c.do(t, get("/Users/"+id).with("If-None-Match", member)).want(t, http.StatusOK)
		c.do(t, remove("/Groups/"+group)).want(t, http.StatusNoContent)
		if alone == member || member == renamed || tag() != alone {
			t.Errorf("alone %s, member %s, renamed %s, alone again %s", alone, member, renamed, tag())
		}
		// A write is about the user alone: whoever read it before it joined a group may go on.
		c.do(t, patch("/Users/"+id, operations(`{"op":"add","path":"title","value":"T"}`)).with("If-Match", member)).want(t, http.StatusOK)
	})
}

// R-52, E-19: a walk by startIndex shows everybody once who was there all the time, whoever
// comes and goes meanwhile.
func TestAWalkThroughPagesHasNoGap(t *testing.T) {
	t.Parallel()
	proves(t, "R-52", "E-19")
	const users, size = 60, 10
	for name, query := range map[string]string{"all": "", "filtered": `&filter=userName sw "walker"`, "sorted": "&sortBy=userName",
		"sorted down": "&sortBy=userName&sortOrder=descending", "filtered and sorted": `&filter=userName sw "walker"&sortBy=userName`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEachStore(t, func(t *testing.T, w *world) {
				c := w.tenant(t)
				ids := map[string]string{}
				for i := range users {
					name := fmt.Sprintf("walker-%02d", i)
					ids[name] = c.created(t, name)
				}
				seen := map[string]int{}
				gone := map[string]bool{}
				for start := 1; ; start += size {
					got := c.do(t, get(fmt.Sprintf("/Users?count=%d&startIndex=%d%s", size, start, query))).want(t, 200)
					list, _ := got.value("Resources").([]any)
					for _, r := range list {
						name := fmt.Sprint(r.(map[string]any)["userName"])
						seen[name]++
						if len(gone) < 25 && seen[name] == 1 && len(seen)%2 == 0 { // somebody who was seen leaves
							gone[name] = true
							c.do(t, remove("/Users/"+ids[name])).want(t, http.StatusNoContent)
						}
					}
					if total, _ := got.value("totalResults").(float64); start+len(list) > int(total) {
						break
					}
				}
				for i := range users {
					if n := seen[fmt.Sprintf("walker-%02d", i)]; n != 1 {
						t.Errorf("walker-%02d was shown %d times", i, n)
					}
				}
			})
		})
	}
}
