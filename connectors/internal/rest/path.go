package rest

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"scimrelay/connectors"
)

// ParseBaseURL checks a target's base_url: https, or http where the operator wrote localhost
// or a loopback or private address; no user, query or fragment. The error never quotes it.
func ParseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("base_url: want an address as in https://host/path")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("base_url: want no user, query or fragment in it")
	case u.Scheme == "http" && !local(u.Hostname()):
		return nil, errors.New("base_url: want https; http is only for localhost and private addresses")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("base_url: want an address that starts with https://")
	case outlawed(u.Hostname()):
		return nil, errors.New("base_url: want an address that a vendor can have")
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if dots(segment) {
			return nil, errors.New("base_url: want no . or .. in its path")
		}
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

func local(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.Unmap().IsLoopback() || ip.Unmap().IsPrivate())
}

// outlawed says of an address written as a literal that it may never be called.
func outlawed(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && forbidden(ip) && !inside(ip.Unmap())
}

// resolve fills the template. A value that is empty or a dot segment would name another
// resource than was meant, so it is refused.
func (c *Client) resolve(call Call) (*url.URL, error) {
	if !strings.HasPrefix(call.Path, "/") {
		return nil, connectors.Faultf(connectors.Internal, "the path %q does not start with a slash", call.Path)
	}
	plain, err := fill(call, func(value string) string { return value })
	if err != nil {
		return nil, err
	}
	escaped, err := fill(call, url.PathEscape)
	if err != nil {
		return nil, err
	}
	to := *c.base
	to.Path = c.base.Path + plain
	to.RawPath = c.base.EscapedPath() + escaped
	// A plus is a space to form decoders only; %20 is one to everybody.
	to.RawQuery = strings.ReplaceAll(call.Query.Encode(), "+", "%20")
	if unescaped, err := url.PathUnescape(to.RawPath); err != nil || unescaped != to.Path {
		return nil, connectors.Faultf(connectors.Internal, "the path %s cannot be filled", call.Path)
	}
	return &to, nil
}

// fill puts the values into the template in one pass, so that a value that looks like a
// placeholder stays a value.
func fill(call Call, as func(string) string) (path string, err error) {
	path = regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(call.Path, func(slot string) string {
		name := strings.Trim(slot, "{}")
		value, ok := call.Params[name]
		switch {
		case !ok:
			err = connectors.Faultf(connectors.Internal, "no value for %s in %s", slot, call.Path)
		case value == "" || dots(value) || strings.ContainsFunc(value, isControl):
			err = connectors.Faultf(connectors.Invalid, "the %s is no possible part of %s", name, call.Path)
		}
		return as(value)
	})
	return path, err
}

func dots(segment string) bool {
	unescaped, err := url.PathUnescape(segment)
	if err != nil {
		unescaped = segment
	}
	return segment == "." || segment == ".." || unescaped == "." || unescaped == ".."
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// String names the call for messages: method and template, no values.
func (c Call) String() string { return fmt.Sprintf("%s %s", c.Method, c.Path) }
