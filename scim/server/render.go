package server

import (
	"strconv"
	"time"

	"scimrelay/scim"
)

// whole answers with a full representation.
func (s *Server) whole(r *request, status int, res scim.Resource) reply {
	location := r.base + r.kind.Endpoint + "/" + res.ID
	return reply{status: status, location: location, etag: version(res), body: render(res, location)}
}

func version(res scim.Resource) string { return `W/"` + strconv.FormatInt(res.Version, 10) + `"` }

// render puts id and meta, which are the gateway's, before the stored attributes. Nothing in
// them needs escaping: they are the gateway's own words and numbers.
func render(res scim.Resource, location string) []byte {
	b := make([]byte, 0, len(res.Body)+len(location)+256)
	b = append(b, `{"id":"`...)
	b = append(b, res.ID...)
	b = append(b, `","meta":{"resourceType":"`...)
	b = append(b, res.Type...)
	b = append(b, `","created":"`...)
	b = res.Created.UTC().AppendFormat(b, timeFormat)
	b = append(b, `","lastModified":"`...)
	b = res.Modified.UTC().AppendFormat(b, timeFormat)
	b = append(b, `","location":`...)
	b = strconv.AppendQuote(b, location)
	b = append(b, `,"version":"W/\"`...)
	b = strconv.AppendInt(b, res.Version, 10)
	b = append(b, `\""}`...)
	if len(res.Body) > 2 { // more than {}
		b = append(b, ',')
		return append(b, res.Body[1:]...)
	}
	return append(b, '}')
}

const timeFormat = time.RFC3339Nano

// page is the ListResponse of rendered resources (RFC 7644 section 3.4.2).
func page(total, start int, rendered [][]byte) []byte {
	size := 192
	for _, r := range rendered {
		size += len(r) + 1
	}
	b := make([]byte, 0, size)
	b = append(b, `{"schemas":["`+scim.MessageList+`"],"totalResults":`...)
	b = strconv.AppendInt(b, int64(total), 10)
	b = append(b, `,"startIndex":`...)
	b = strconv.AppendInt(b, int64(start), 10)
	b = append(b, `,"itemsPerPage":`...)
	b = strconv.AppendInt(b, int64(len(rendered)), 10)
	b = append(b, `,"Resources":[`...)
	for i, r := range rendered {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, r...)
	}
	return append(b, `]}`...)
}
