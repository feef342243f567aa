package bulk_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"scimrelay/scim"
	"scimrelay/scim/bulk"
)

// graph is groups that refer to each other: wants[i] are the members of group i, where -1
// stands for a bulkId of nobody. Spoiled groups are refused by the directory.
type graph struct {
	wants   [][]int
	spoiled []bool
}

func randomGraph(r *rand.Rand) graph {
	n := 1 + r.IntN(25)
	g := graph{wants: make([][]int, n), spoiled: make([]bool, n)}
	density, trouble := r.IntN(4), r.IntN(12)
	for i := range n {
		for range r.IntN(density + 1) {
			if j := r.IntN(n); !slices.Contains(g.wants[i], j) {
				g.wants[i] = append(g.wants[i], j)
			}
		}
		if trouble == 0 && r.IntN(8) == 0 {
			g.wants[i] = append(g.wants[i], -1)
		}
		g.spoiled[i] = trouble == 1 && r.IntN(8) == 0
	}
	return g
}

// failing are the groups that cannot be: the spoiled ones and who needs them.
func (g graph) failing() []bool {
	bad := make([]bool, len(g.wants))
	for changed := true; changed; {
		changed = false
		for i, members := range g.wants {
			if bad[i] {
				continue
			}
			bad[i] = g.spoiled[i] || slices.ContainsFunc(members, func(j int) bool { return j < 0 || bad[j] })
			changed = changed || bad[i]
		}
	}
	return bad
}

func (g graph) request(tb testing.TB) bulk.Request {
	var list []string
	for i, members := range g.wants {
		name := fmt.Sprint("g", i)
		var refs []string
		for _, j := range members {
			refs = append(refs, fmt.Sprintf(`{"value":"bulkId:g%d"}`, j))
		}
		user := ""
		if g.spoiled[i] {
			user = `"userName":"bad",`
		}
		list = append(list, fmt.Sprintf(`{"method":"POST","path":"/Groups","bulkId":%q,"data":{%s"members":[%s]}}`, name, user, strings.Join(refs, ",")))
	}
	return mustParse(tb, operations(list...))
}

// TestRandomGraphsConverge: what can be is, with exactly the members asked for; the rest is
// refused and leaves nothing behind.
func TestRandomGraphsConverge(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1500) {
		g := randomGraph(rand.New(rand.NewPCG(seed, 1)))
		d := newDirectory()
		results, err := bulk.Run(t.Context(), g.request(t), d.newID, d)
		if err != nil || len(results) != len(g.wants) {
			t.Fatalf("seed %d: %d results, %v", seed, len(results), err)
		}
		checkGraph(t, seed, g, d, results)
	}
}

func checkGraph(t *testing.T, seed uint64, g graph, d *directory, results []bulk.Result) {
	t.Helper()
	left := len(d.resources)
	for i, bad := range g.failing() {
		r := results[i]
		if r.BulkID != fmt.Sprint("g", i) || bad != (r.Status >= 400) || bad && !g.spoiled[i] && r.Status != 409 {
			t.Fatalf("seed %d: group %d: %+v, should fail: %v", seed, i, r, bad)
		}
		if bad {
			continue
		}
		left--
		var want []string
		for _, j := range g.wants[i] {
			want = append(want, results[j].ID)
		}
		slices.Sort(want)
		if got := references(d.resources["Groups/"+r.ID]); !slices.Equal(got, want) {
			t.Fatalf("seed %d: group %d holds %v, want %v", seed, i, got, want)
		}
		if r.Version != d.version("Groups/"+r.ID) {
			t.Fatalf("seed %d: group %d has version %s, the client was told %s", seed, i, d.version("Groups/"+r.ID), r.Version)
		}
	}
	if left != 0 {
		t.Fatalf("seed %d: %d groups were left behind", seed, left)
	}
}

func FuzzRun(f *testing.F) {
	f.Add(operations(user("a", "ann", ""), group("g", "bulkId:a", "bulkId:h"), group("h", "bulkId:g")))
	f.Add(operations(`{"method":"PATCH","path":"/Groups/bulkId:g","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:a\"]"}]}}`, group("g")))
	f.Add(`{"failOnErrors":1,"schemas":"` + scim.MessageBulkRequest + `","Operations":[7,{"method":"DELETE","path":"/Users/x","version":"W/\"1\""}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		doc, err := scim.Decode([]byte(body), scim.DefaultLimits())
		if err != nil {
			return
		}
		before, _ := scim.Encode(doc)
		req, err := bulk.Parse(doc, bulk.Limits{Operations: 50})
		if err != nil {
			if e := scim.AsError(err); e.Status != 413 && (e.Status != 400 || e.Type != scim.TypeInvalidSyntax) {
				t.Fatalf("%#v", e)
			}
			return
		}
		d := newDirectory()
		results, err := bulk.Run(t.Context(), req, d.newID, obliging{d})
		if err != nil || len(results) > len(req.Operations) || req.FailOnErrors == 0 && len(results) != len(req.Operations) {
			t.Fatalf("%d of %d, %v", len(results), len(req.Operations), err)
		}
		if !json.Valid(bulk.Response(results)) {
			t.Fatalf("%s", bulk.Response(results))
		}
		if after, _ := scim.Encode(doc); string(after) != string(before) {
			t.Fatalf("the request became %s", after)
		}
	})
}
