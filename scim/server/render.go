package server

import (
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"scimrelay/scim"
)

// revisionTag is the part of an entity tag that a write is compared with: the version.
func revisionTag(res scim.Resource) string { return strconv.FormatInt(res.Version, 10) }

// versionOf is that part of a tag.
func versionOf(tag string) string {
	version, _, _ := strings.Cut(tag, ".")
	return version
}

// weak is an entity tag as it is sent. All of ours are weak: representations differ by what was
// asked for.
func weak(tag string) string { return `W/"` + tag + `"` }

// entityTag tells a user's representations apart also by the groups in it, which change without
// the user.
func entityTag(res scim.Resource, groups []membership) string {
	tag := revisionTag(res)
	if len(groups) == 0 {
		return tag
	}
	sum := fnv.New32a()
	for _, g := range groups {
		_, _ = io.WriteString(sum, g.id+"\x00"+g.display+"\x00") // never fails
	}
	return tag + "." + strconv.FormatUint(uint64(sum.Sum32()), 36)
}

// head renders a whole resource but for its closing brace: id and meta, which are the gateway's,
// a user's groups, and the stored attributes. A group's members may follow. Nothing in the
// gateway's own words and numbers needs escaping.
func head(res scim.Resource, location, etag string, groups []byte) []byte {
	b := make([]byte, 0, len(res.Body)+len(location)+len(groups)+256)
	b = append(b, `{"id":"`...)
	b = append(b, res.ID...)
	b = append(b, `","meta":{"resourceType":"`...)
	b = append(b, res.Type...)
	b = append(b, `","created":"`...)
	b = res.Created.UTC().AppendFormat(b, timeFormat)
	b = append(b, `","lastModified":"`...)
	b = res.Modified.UTC().AppendFormat(b, timeFormat)
	b = append(b, `","location":`...)
	b = quote(b, location)
	if etag != "" {
		b = append(b, `,"version":"W/\"`...)
		b = append(b, etag...)
		b = append(b, `\""`...)
	}
	b = append(b, '}')
	if len(groups) > 0 {
		b = append(b, `,"groups":`...)
		b = append(b, groups...)
	}
	if len(res.Body) > 2 { // more than {}
		b = append(b, ',')
		b = append(b, res.Body[1:len(res.Body)-1]...)
	}
	return b
}

// quote appends a URL of the gateway's as a JSON string.
func quote(b []byte, text string) []byte {
	quoted, err := jsontext.AppendQuote(b, text)
	if err != nil { // it is configured, and checked to be a URL
		return append(b, `""`...)
	}
	return quoted
}

const timeFormat = time.RFC3339Nano

// meta is what head writes as a resource's meta, for answers of which only a part is shown.
func meta(res scim.Resource, location, etag string) scim.Document {
	doc := scim.Document{
		"resourceType": res.Type,
		"created":      res.Created.UTC().Format(timeFormat),
		"lastModified": res.Modified.UTC().Format(timeFormat),
		"location":     location,
	}
	if etag != "" {
		doc["version"] = weak(etag)
	}
	return doc
}

// listing is the numbers of a ListResponse (RFC 7644 section 3.4.2, RFC 9865 section 2).
type listing struct {
	total int // -1 when it was not counted
	start int // 0 on the page of a cursor
	items int
	next  string // cursor of the next page, empty on the last
}

// open renders a ListResponse up to its resources; a "]}" ends it.
func (l listing) open() []byte {
	b := append(make([]byte, 0, 192), `{"schemas":["`+scim.MessageList+`"]`...)
	if l.total >= 0 {
		b = append(b, `,"totalResults":`...)
		b = strconv.AppendInt(b, int64(l.total), 10)
	}
	if l.start > 0 {
		b = append(b, `,"startIndex":`...)
		b = strconv.AppendInt(b, int64(l.start), 10)
	}
	b = append(b, `,"itemsPerPage":`...)
	b = strconv.AppendInt(b, int64(l.items), 10)
	if l.next != "" {
		b = append(b, `,"nextCursor":"`...)
		b = append(b, l.next...)
		b = append(b, '"')
	}
	return append(b, `,"Resources":[`...)
}

// page is the ListResponse of rendered resources.
func page(l listing, rendered [][]byte) []byte {
	b := l.open()
	for i, r := range rendered {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, r...)
	}
	return append(b, `]}`...)
}
