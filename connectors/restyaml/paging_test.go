package restyaml_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"scimrelay/connectors"
)

// herd is n accounts.
func herd(n int) (rows []any) {
	for i := range n {
		rows = append(rows, object{"id": i + 1, "mail": fmt.Sprintf("k%d@x.test", i+1), "on": true})
	}
	return rows
}

func cut(rows []any, from, size int) []any {
	from = min(from, len(rows))
	return append([]any{}, rows[from:min(from+size, len(rows))]...)
}

// all lists everything through the cursor of the Lister.
func all(t *testing.T, c connectors.Connector) (ids []string, err error) {
	t.Helper()
	lister := c.(connectors.Lister)
	for cursor := ""; ; {
		page, err := lister.List(t.Context(), cursor)
		if err != nil {
			return ids, err
		}
		for _, account := range page.Accounts {
			ids = append(ids, account.ID)
		}
		if cursor = page.Next; cursor == "" {
			return ids, nil
		}
	}
}

// styles are files with each way of paging, and a vendor that pages so.
func styles() map[string]struct {
	paging string
	answer func(w http.ResponseWriter, r *http.Request, rows []any)
} {
	number := func(r *http.Request, name string) int { n, _ := strconv.Atoi(r.URL.Query().Get(name)); return n }
	return map[string]struct {
		paging string
		answer func(w http.ResponseWriter, r *http.Request, rows []any)
	}{
		"page from 1": {"{style: page, param: page, size_param: per, size: 3}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			write(w, 200, cut(rows, 3*(number(r, "page")-1), 3))
		}},
		"page from 0": {"{style: page, param: page, first: 0}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			write(w, 200, cut(rows, 3*number(r, "page"), 3))
		}},
		"page that ends short": {"{style: page, param: page, size_param: per, size: 3, short_page_ends: true}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			write(w, 200, cut(rows, 3*(number(r, "page")-1), number(r, "per")))
		}},
		"page whose last comes again": {"{style: page, param: page}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			write(w, 200, cut(rows, min(3*(number(r, "page")-1), (len(rows)-1)/3*3), 3))
		}},
		"offset, more asked for than given": {"{style: offset, param: start, size_param: rows, size: 1000}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			write(w, 200, cut(rows, number(r, "start"), min(number(r, "rows"), 3)))
		}},
		"header": {"{style: header, header: X-Next, param: page}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			page := max(1, number(r, "page"))
			if 3*page < len(rows) {
				w.Header().Set("X-Next", strconv.Itoa(page+1))
			}
			write(w, 200, cut(rows, 3*(page-1), 3))
		}},
		"cursor": {"{style: cursor, param: 'page[after]', next: meta.after, more: meta.more}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			from := number(r, "page[after]")
			write(w, 200, object{"keepers": cut(rows, from, 3), "meta": object{"after": strconv.Itoa(from + 3), "more": from+3 < len(rows)}})
		}},
		"link": {"{style: link, size_param: per, size: 3}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			from := number(r, "from")
			if from+3 < len(rows) {
				w.Header().Set("Link", fmt.Sprintf(`<http://%s/keepers?from=%d&ids=1,2>; rel="prev", </keepers?from=%d&x=a,b>; title="x"; rel="next"`, r.Host, 0, from+3))
			}
			write(w, 200, cut(rows, from, 3))
		}},
		"url": {"{style: url, next: next}", func(w http.ResponseWriter, r *http.Request, rows []any) {
			from, next := number(r, "from"), any(nil)
			if from+3 < len(rows) {
				next = fmt.Sprintf("?from=%d", from+3)
			}
			write(w, 200, object{"keepers": cut(rows, from, 3), "next": next})
		}},
	}
}

func TestEveryStyleOfPagingReadsEverybodyOnceAndEnds(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		for _, n := range []int{0, 1, 3, 7, 9} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, func(w http.ResponseWriter, r *http.Request, _ string) { style.answer(w, r, herd(n)) })
				text := but(t, pets, "calls:\n", "paging: "+style.paging+"\ncalls:\n", "    query: {mail: key}\n", "")
				if strings.Contains(style.paging, "next:") {
					text = but(t, text, "  key: mail\n", "  key: mail\n  items: keepers\n")
				}
				c := keeper(t, text, v.URL)
				ids, err := all(t, c)
				if err != nil || len(ids) != n {
					t.Errorf("%d of %d: %v", len(ids), n, err)
				}
				if asked := len(v.requests()); asked > n/3+2 {
					t.Errorf("%d pages were asked for", asked)
				}
				want := ana(func(r *connectors.Record) { r.Key = fmt.Sprintf("K%d@x.test", n) })
				have, err := c.Find(t.Context(), want)
				if n > 0 && (err != nil || have.ID != strconv.Itoa(n)) || n == 0 && !connectors.Is(err, connectors.NotFound) {
					t.Errorf("the last one: %q, %v", have.ID, err)
				}
			})
		}
	}
}

func TestAListThatDoesNotEndIsNonsense(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		paging string
		answer func(w http.ResponseWriter, r *http.Request)
	}{
		"a header that stays": {"{style: header, header: X-Next, param: page}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Next", "2")
			write(w, 200, herd(3))
		}},
		"a cursor that stays": {"{style: cursor, param: after, next: next}", func(w http.ResponseWriter, r *http.Request) {
			write(w, 200, object{"keepers": []any{}, "next": "x"})
		}},
		"a link in a circle": {"{style: link}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/keepers?x=%s1>; rel=next`, r.Host, r.URL.Query().Get("x")))
			write(w, 200, herd(3))
		}},
		"pages without end": {"{style: page, param: page, max_pages: 5}", func(w http.ResponseWriter, r *http.Request) {
			write(w, 200, []any{object{"id": r.URL.Query().Get("page"), "mail": "x", "on": true}})
		}},
		"cursors without end": {"{style: cursor, param: after, next: next, max_pages: 5}", func(w http.ResponseWriter, r *http.Request) {
			write(w, 200, object{"keepers": []any{}, "next": r.URL.Query().Get("after") + "x"})
		}},
		"a link to another host": {"{style: link}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", `<http://elsewhere.example/keepers?x=1>; rel=next`)
			write(w, 200, herd(3))
		}},
		"a link to another path": {"{style: link}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", `</secrets?x=1>; rel=next`)
			write(w, 200, herd(3))
		}},
		"a link that climbs": {"{style: link}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", `</keepers/../secrets?x=1>; rel=next`)
			write(w, 200, herd(3))
		}},
		"an address without a query": {"{style: url, next: next}", func(w http.ResponseWriter, r *http.Request) {
			write(w, 200, object{"keepers": herd(3), "next": "/keepers"})
		}},
		"accounts without an id": {"{style: link}", func(w http.ResponseWriter, r *http.Request) {
			write(w, 200, []any{object{"mail": "x"}})
		}},
		"no list at all": {"{style: link}", func(w http.ResponseWriter, r *http.Request) {
			write(w, 200, object{"id": 1})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, r *http.Request, _ string) { c.answer(w, r) })
			text := but(t, pets, "calls:\n", "paging: "+c.paging+"\ncalls:\n")
			if strings.Contains(c.paging, "next: next") {
				text = but(t, text, "  key: mail\n", "  key: mail\n  items: keepers\n")
			}
			k := keeper(t, text, v.URL)
			if _, err := all(t, k); !connectors.Is(err, connectors.Nonsense) {
				t.Errorf("listing: %v", err)
			}
			if _, err := k.Find(t.Context(), ana()); !connectors.Is(err, connectors.Nonsense) {
				t.Errorf("finding: %v", err)
			}
			if n := len(v.requests()); n > 12 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestACursorOfAnotherListIsRefused(t *testing.T) {
	t.Parallel()
	v := newVendor(t, empty)
	k := keeper(t, but(t, pets, "calls:\n", "paging: {style: page, param: page}\ncalls:\n"), v.URL).(connectors.Lister)
	for _, cursor := range []string{"x", "{}", "7"} {
		if _, err := k.List(t.Context(), cursor); !connectors.Is(err, connectors.Internal) {
			t.Errorf("%s: %v", cursor, err)
		}
	}
}
