package restyaml

import (
	"net/http"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// fill makes the call of the values. Private is what the vendor's words must not show.
func (r request) fill(v values, paths map[string]path, private []string) (rest.Call, error) {
	filled := rest.Call{Name: r.name, Method: r.method, Path: r.path, Params: map[string]string{}, Header: http.Header{},
		ContentType: r.contentType, Idempotent: r.repeatable, Private: private}
	defaults, _ := v["defaults"].(map[string]any)
	for _, name := range r.slots {
		filled.Params[name] = connectors.ScalarText(v[name])
		if _, ours := v[name]; !ours {
			filled.Params[name] = connectors.ScalarText(defaults[name])
		}
	}
	var err error
	if filled.Query, err = r.query.pairs(v, paths); err != nil {
		return rest.Call{}, r.unfilled("query")
	}
	headers, err := r.headers.pairs(v, paths)
	if err != nil {
		return rest.Call{}, r.unfilled("headers")
	}
	for name, list := range headers {
		for _, value := range list {
			if !printable(value) {
				return rest.Call{}, r.unfilled("headers")
			}
			filled.Header.Add(name, value)
		}
	}
	if !r.sends {
		return filled, nil
	}
	if filled.Body, err = r.content(v, paths); err != nil {
		return rest.Call{}, r.unfilled("body")
	}
	return filled, nil
}

func (r request) content(v values, paths map[string]path) (any, error) {
	if r.asForm {
		return r.form.pairs(v, paths)
	}
	content, ok, err := r.body.fill(v, paths)
	if err == nil && !ok {
		content = map[string]any{}
	}
	return content, err
}

func (r request) unfilled(part string) error {
	return connectors.Faultf(connectors.Invalid, "the %s of the call %s cannot be made for this person", part, r.name)
}

// printable says whether a value may stand in a header.
func printable(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f })
}
