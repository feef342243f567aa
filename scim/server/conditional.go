package server

import (
	"net/http"
	"strings"

	"scimrelay/scim"
)

// admits judges a resource by the request's If-Match and, on a write, If-None-Match (RFC 7644
// section 3.14). A request without them is admitted.
func (r *request) admits(current scim.Resource) error {
	if !r.dialect.Profile.ETags {
		return nil
	}
	if tags, sent := r.condition("If-Match"); sent && !anyTag(tags, func(tag string) bool { return versionOf(tag) == revisionTag(current) }) {
		return preconditionFailed(current)
	}
	tags, sent := r.condition("If-None-Match")
	if sent && r.writes() && anyTag(tags, func(tag string) bool { return versionOf(tag) == revisionTag(current) }) {
		return preconditionFailed(current)
	}
	return nil
}

func (r *request) writes() bool {
	return r.http.Method != http.MethodGet && r.http.Method != http.MethodHead
}

func preconditionFailed(current scim.Resource) error {
	return &scim.Error{Status: http.StatusPreconditionFailed, Detail: "the resource is at version " + weak(revisionTag(current))}
}

// unmodified reports whether the client has just this representation already.
func (r *request) unmodified(etag string) bool {
	tags, sent := r.condition("If-None-Match")
	return sent && etag != "" && !r.writes() && anyTag(tags, func(tag string) bool { return weak(tag) == etag })
}

// condition is the entity tags of a header, without their quotes and weakness: all of ours are
// weak, and a client that drops the mark means the same one. An operation of a bulk request
// brings its version instead of the header.
func (r *request) condition(name string) (tags []string, sent bool) {
	values := r.http.Header.Values(name)
	if r.operation != nil {
		values = nil
		if name == "If-Match" && r.operation.Version != "" {
			values = []string{r.operation.Version}
		}
	}
	for _, value := range values {
		for tag := range strings.SplitSeq(value, ",") {
			tag = strings.TrimSpace(tag)
			tag = strings.TrimPrefix(strings.TrimPrefix(tag, "W/"), "w/")
			tags = append(tags, strings.Trim(tag, `"`))
		}
	}
	return tags, len(values) > 0
}

func anyTag(tags []string, same func(string) bool) bool {
	for _, tag := range tags {
		if tag == "*" || same(tag) {
			return true
		}
	}
	return false
}
