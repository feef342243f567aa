package server

import (
	"net/http"
	"strings"
)

// tolerant takes the spellings of a path that clients arrive at by joining URLs: a slash at
// the end (C-40), doubled ones (C-22), and an endpoint in another letter case (C-44). RFC 3986
// compares paths exactly; no endpoint of ours differs from another only in case.
func (s *Server) tolerant(next http.Handler) http.Handler {
	endpoints := s.endpoints()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		for strings.Contains(path, "//") {
			path = strings.ReplaceAll(path, "//", "/")
		}
		path = canonical(strings.TrimRight(path, "/"), endpoints)
		if path != r.URL.Path {
			u := *r.URL
			u.Path, u.RawPath = path, ""
			clean := *r
			clean.URL = &u
			r = &clean
		}
		next.ServeHTTP(w, r)
	})
}

// endpoints are the first words of all routes, by their lower case.
func (s *Server) endpoints() map[string]string {
	words := make(map[string]string)
	for _, r := range s.routes() {
		word, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
		words[strings.ToLower(word)] = word
	}
	return words
}

// canonical spells the endpoint of /t/{tenant}/scim/v2/{endpoint}/… as the routes do.
func canonical(path string, endpoints map[string]string) string {
	const marker = "/scim/v2/"
	at := strings.Index(path, marker)
	if at < 0 {
		return path
	}
	at += len(marker)
	word, rest, more := strings.Cut(path[at:], "/")
	known, ok := endpoints[strings.ToLower(word)]
	if !ok || known == word {
		return path
	}
	if more {
		rest = "/" + rest
	}
	return path[:at] + known + rest
}

// spelled reports whether a request's line names the route's endpoint in its own letter case.
func spelled(rt route, line string) bool {
	word, _, _ := strings.Cut(strings.TrimPrefix(rt.path, "/"), "/")
	return strings.Contains(line, "/"+word)
}
