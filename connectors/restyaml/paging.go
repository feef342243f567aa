package restyaml

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// The styles of paging.
const (
	pagingNone   = "none"
	pagingPage   = "page"   // a number that counts pages
	pagingOffset = "offset" // a number that counts accounts
	pagingHeader = "header" // the next number stands in a header
	pagingCursor = "cursor" // the next cursor stands in the body
	pagingLink   = "link"   // a Link header with rel=next (RFC 8288)
	pagingURL    = "url"    // the next page's address stands in the body
)

// defaultPages bounds a list that does not say how many pages it may have.
const defaultPages = 10_000

// paging is how a list continues.
type paging struct {
	style     string
	param     string
	sizeParam string
	size      int
	first     int
	header    string
	next      path
	more      path
	shortEnds bool
	maxPages  int
}

// place is where a list has got to. It travels as the cursor of a Lister.
type place struct {
	// At is the page, the offset, the cursor or the query of the next page; empty is the first.
	At string `json:"at,omitempty"`
	// First is the id that the page before began with, Pages how many there were.
	First string `json:"first,omitempty"`
	Pages int    `json:"pages,omitempty"`
}

// styleKeys says which keys a style has, those it needs first.
func styleKeys(style string) (needs, may []string) {
	switch style {
	case pagingPage:
		return []string{"param"}, []string{"size_param", "size", "first", "short_page_ends", "max_pages"}
	case pagingOffset:
		return []string{"param"}, []string{"size_param", "size", "short_page_ends", "max_pages"}
	case pagingHeader:
		return []string{"param", "header"}, []string{"size_param", "size", "max_pages"}
	case pagingCursor:
		return []string{"param", "next"}, []string{"size_param", "size", "more", "max_pages"}
	case pagingLink:
		return nil, []string{"size_param", "size", "max_pages"}
	case pagingURL:
		return []string{"next"}, []string{"size_param", "size", "max_pages"}
	default:
		return nil, nil
	}
}

// paging compiles the section at the node; an absent one is one page.
func (c *compiler) paging(node configs.Node) paging {
	if !node.Present() {
		return paging{style: pagingNone}
	}
	var f pagingFile
	if found := node.Decode(&f); len(found) > 0 {
		c.faults = append(c.faults, found...)
		return paging{style: pagingNone}
	}
	styles := []string{pagingNone, pagingPage, pagingOffset, pagingHeader, pagingCursor, pagingLink, pagingURL}
	if c.oneOf(node.Key("style"), f.Style, styles...); !slices.Contains(styles, f.Style) {
		return paging{style: pagingNone} // which keys belong to it nobody knows
	}
	needs, may := styleKeys(f.Style)
	for _, key := range needs {
		if !node.Key(key).Present() {
			c.missing(node, key, "the style %s needs it", f.Style)
		}
	}
	for _, key := range node.Keys() {
		if key != "style" && !slices.Contains(needs, key) && !slices.Contains(may, key) {
			c.at(node.KeyPosition(key), node.Path(), "the style %s has no %s", f.Style, key)
		}
	}
	p := paging{style: f.Style, param: f.Param, sizeParam: f.SizeParam, size: f.Size, first: 1, header: f.Header,
		next: c.path(node.Key("next"), f.Next), more: c.path(node.Key("more"), f.More), shortEnds: f.ShortPageEnds, maxPages: f.MaxPages}
	if f.First != nil {
		p.first = *f.First
	}
	switch {
	case p.size < 0 || p.maxPages < 0 || p.first < 0:
		c.problem(node, "want numbers that are not negative")
	case (p.sizeParam == "") != (p.size == 0):
		c.problem(node, "size and size_param go together")
	case p.shortEnds && p.size == 0:
		c.problem(node.Key("short_page_ends"), "which page is short only size can say")
	}
	if p.maxPages == 0 {
		p.maxPages = defaultPages
	}
	return p
}

// ask adds to the query what asks for the page at the place.
func (p paging) ask(query url.Values, at place) (url.Values, error) {
	if p.sizeParam != "" {
		query.Set(p.sizeParam, strconv.Itoa(p.size))
	}
	switch {
	case at.At == "" && p.style == pagingPage:
		query.Set(p.param, strconv.Itoa(p.first))
	case at.At == "" && p.style == pagingOffset:
		query.Set(p.param, "0")
	case at.At == "":
	case p.style == pagingLink || p.style == pagingURL:
		return url.ParseQuery(at.At)
	default:
		query.Set(p.param, at.At)
	}
	return query, nil
}

// step is one page that was read.
type step struct {
	call   rest.Call
	answer rest.Answer
	body   any
	count  int    // of accounts on it
	first  string // the id it begins with
}

// counts reports a vendor that does not say whether there is more.
func (p paging) counts() bool { return p.style == pagingPage || p.style == pagingOffset }

// doubt says why a list may end too early, when its page is full and nothing on it leads on. It
// is wrong for certain when the vendor says that there is more.
func (p paging) doubt(s step) (why string, certain bool) {
	there, where := true, ""
	switch p.style {
	case pagingCursor, pagingURL:
		_, there = p.next.in(s.body)
		where = fmt.Sprintf("nothing at %q, where paging.next looks for it", p.next.String())
	case pagingLink:
		there, where = len(s.answer.Header.Values("Link")) > 0, "no header Link"
	case pagingHeader:
		there, where = len(s.answer.Header.Values(p.header)) > 0, "no header "+p.header
	}
	more, _ := p.more.in(s.body)
	certain = p.style == pagingCursor && len(p.more) > 0 && more == true
	full := p.size > 0 && s.count >= p.size
	if there || !full && !certain {
		return "", false
	}
	if certain {
		return fmt.Sprintf("the vendor says that there is another page, and the answer holds %s", where), true
	}
	return fmt.Sprintf("the page is full (%d), and the answer holds %s: if there are more accounts, that is wrong and lists end too early", s.count, where), false
}

// turn says where the next page is, and whether there is one. A list that leads back to where it
// was is nonsense.
func (p paging) turn(at place, s step, base *url.URL) (place, bool, error) {
	if p.style == pagingNone {
		return place{}, false, nil
	}
	if p.counts() && (s.count == 0 || p.shortEnds && s.count < p.size) {
		return place{}, false, nil
	}
	again := s.count > 0 && at.First != "" && s.first == at.First
	next := place{First: s.first, Pages: at.Pages + 1}
	if s.count == 0 {
		next.First = at.First
	}
	var err error
	if next.At, err = p.after(at, s, base); err != nil || next.At == "" {
		return place{}, false, err
	}
	if again || next.At == at.At || next.Pages >= p.maxPages {
		return place{}, false, connectors.Faultf(connectors.Nonsense, "the list of accounts does not come to an end")
	}
	return next, true, nil
}

// after is where the page behind this one is, empty when the vendor says that there is none.
func (p paging) after(at place, s step, base *url.URL) (string, error) {
	switch p.style {
	case pagingPage:
		return counted(at.At, p.first, 1)
	case pagingOffset:
		return counted(at.At, 0, s.count)
	case pagingHeader:
		return strings.TrimSpace(s.answer.Header.Get(p.header)), nil
	case pagingCursor:
		if more, said := p.more.in(s.body); len(p.more) > 0 && said && more != true {
			return "", nil
		}
		return p.next.plainText(s.body), nil
	case pagingURL:
		return sameList(p.next.plainText(s.body), s.call, base)
	default:
		return sameList(nextLink(s.answer.Header), s.call, base)
	}
}

func counted(at string, first, by int) (string, error) {
	n := first
	if at != "" {
		var err error
		if n, err = strconv.Atoi(at); err != nil {
			return "", connectors.Faultf(connectors.Internal, "the cursor is none of this list")
		}
	}
	return strconv.Itoa(n + by), nil
}

// cursor writes a place down for the caller of a Lister.
func (at place) cursor() string {
	text, err := json.Marshal(at)
	if err != nil {
		return ""
	}
	return string(text)
}

func parsePlace(cursor string) (at place, err error) {
	if cursor == "" {
		return at, nil
	}
	if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.At == "" {
		return place{}, connectors.Faultf(connectors.Internal, "the cursor is none of this list")
	}
	return at, nil
}
