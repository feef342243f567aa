package order_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/order"
	"scimrelay/scim/schema/schematest"
)

// crowd is n places in no order, many with the same key and some without.
func crowd(o order.Order, n int, r *rand.Rand) []order.Place {
	places := make([]order.Place, n)
	for i := range places {
		doc := scim.Document{}
		if title := r.IntN(8); title > 0 {
			doc["title"] = fmt.Sprint("t", title)
		}
		places[i] = o.Place(filter.Subject{ID: fmt.Sprintf("u%03d", i), Document: doc})
	}
	r.Shuffle(n, func(i, j int) { places[i], places[j] = places[j], places[i] })
	return places
}

func fill(tb testing.TB, top *order.Top[string], places []order.Place) []order.Place {
	tb.Helper()
	for _, p := range places {
		if err := top.Add(p, p.ID); err != nil {
			tb.Fatal(err)
		}
	}
	page := []order.Place{}
	for _, e := range top.Page() {
		if e.Item != e.ID {
			tb.Fatalf("%s has the item of %s", e.ID, e.Item)
		}
		page = append(page, e.Place)
	}
	return page
}

// TestTopIsAWindowOfTheWhole, whatever the window and the direction.
func TestTopIsAWindowOfTheWhole(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		o := mustParse(t, rt, "title", []string{"ascending", "descending"}[r.IntN(2)])
		places := crowd(o, r.IntN(60), r)
		whole := slices.Clone(places)
		slices.SortFunc(whole, o.Compare)
		start, count := r.IntN(70)-2, r.IntN(20)
		top := order.NewTop[string](o, start, count, 100)
		page := fill(t, top, places)
		from := min(max(start-1, 0), len(whole))
		to := min(from+count, len(whole))
		if diff := cmp.Diff(whole[from:to], page); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if top.Total() != len(places) || count > 0 && top.More() != (max(start-1, 0)+count < len(whole)) {
			t.Fatalf("seed %d: %d in all, more: %v", seed, top.Total(), top.More())
		}
	}
}

// TestPagesBehindEachOther: following the places of last entries meets everything once.
func TestPagesBehindEachOther(t *testing.T) {
	t.Parallel()
	for _, direction := range []string{"ascending", "descending"} {
		o := mustParse(t, schematest.User(t), "title", direction)
		places := crowd(o, 100, rand.New(rand.NewPCG(7, 7)))
		top := order.NewTop[string](o, 1, 7, 7)
		met := fill(t, top, places)
		for top.More() {
			last := met[len(met)-1]
			places = slices.DeleteFunc(places, func(p order.Place) bool { return p == last }) // it need not be there any more
			top = order.NewAfter[string](o, last, 7)
			met = append(met, fill(t, top, places)...)
			if top.Total() != len(places) {
				t.Fatalf("%d in all", top.Total())
			}
		}
		if len(met) != 100 || !slices.IsSortedFunc(met, o.Compare) {
			t.Errorf("%s: met %d", direction, len(met))
		}
	}
}

func TestTooManyToSort(t *testing.T) {
	t.Parallel()
	o := mustParse(t, schematest.User(t), "title", "")
	for _, c := range []struct {
		name                       string
		start, count, limit, items int
		page                       int
		tooMany                    bool
	}{
		{"the page is within the limit", 91, 10, 100, 1000, 10, false},
		{"the page is beyond the limit", 92, 10, 100, 1000, 0, true},
		{"far behind all there are", math.MaxInt, math.MaxInt, 100, 100, 0, false},
		{"a count beyond all there are", 1, math.MaxInt, 100, 100, 100, false},
		{"nothing but the number", 5000, 0, 100, 1000, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			top := order.NewTop[int](o, c.start, c.count, c.limit)
			var err error
			for i := 0; i < c.items && err == nil; i++ {
				err = top.Add(order.Place{ID: fmt.Sprint(i)}, i)
			}
			if (err != nil) != c.tooMany || err != nil && (scim.AsError(err).Status != 400 || scim.AsError(err).Type != scim.TypeTooMany) {
				t.Fatal(err)
			}
			if err == nil && (len(top.Page()) != c.page || top.Total() != c.items) {
				t.Errorf("%d of %d", len(top.Page()), top.Total())
			}
		})
	}
}

// The measure beside it keeps all 10,000, sorted, to show the same 100.
func BenchmarkTop(b *testing.B) {
	o := mustParse(b, schematest.User(b), "title", "")
	places := crowd(o, 10_000, rand.New(rand.NewPCG(1, 1)))
	for _, c := range []struct {
		name string
		last int
	}{{"baseline-sort-all", len(places)}, {"page", 100}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				top := order.NewTop[string](o, 1, c.last, len(places))
				for _, p := range places {
					if err := top.Add(p, p.ID); err != nil {
						b.Fatal(err)
					}
				}
				if len(top.Page()) != c.last {
					b.Fatal("short")
				}
			}
		})
	}
}
