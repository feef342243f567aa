package configs

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// minKey is the shortest key of a token hash: the length of the hash it keys.
const minKey = 32

// validate checks what decoding cannot, and brings the public URL into its one form.
func (c *Config) validate(root Node, over Overrides) (fs Faults) {
	at := func(path string) Position {
		if path == "server.listen" && over.Listen != "" {
			return Position{File: "--listen"}
		}
		return root.Lookup(path).Position()
	}
	check := func(path, problem string) {
		if problem != "" {
			fs.Add(at(path), "%s: %s", path, problem)
		}
	}
	check("server.listen", listenProblem(c.Server.Listen))
	if c.Server.PublicURL == "" {
		c.Server.PublicURL = publicURL(c.Server.Listen, c.Server.TLS.On())
	} else {
		public, problem := normalURL(c.Server.PublicURL)
		check("server.public_url", problem)
		c.Server.PublicURL = public
	}
	check("server.tls", unless(c.Server.TLS.On() == (c.Server.TLS.Key != ""), "want certificate and key, or neither"))
	c.Server.limitProblems(check)
	check("store.url", c.Store.URL.problem("sqlite", "postgres", "postgresql"))
	check("queue.url", c.Queue.URL.problem("inprocess", "redis", "rediss", "redis-sentinel"))
	check("tenants.dir", unless(c.Tenants.Dir != "", "want a folder"))
	check("tokens.key", unless(c.Tokens.Key.Empty() || len(c.Tokens.Key.Reveal()) >= minKey, "want at least 32 bytes"))
	check("log.level", oneOf(c.Log.Level, "debug", "info", "warn", "error"))
	check("log.format", oneOf(c.Log.Format, "json", "text"))
	check("audit.key", unless(c.Audit.Key.Empty() || len(c.Audit.Key.Reveal()) >= minKey, "want at least 32 bytes"))
	check("audit.key", unless(c.Audit.Key.Empty() || c.Audit.Anchors != "", "signs the file of audit.anchors, and there is none"))
	for i, problem := range c.Secrets.problems() {
		if problem != "" {
			fs.Add(at("secrets.keys."+strconv.Itoa(i)), "secrets.keys[%d]: %s", i, problem)
		}
	}
	c.Quarantine.validate(check)
	check("worker.turns", unless(c.Worker.Turns >= 1 && c.Worker.Turns <= 10_000, "want 1 to 10000 turns"))
	c.Notify.validate(check)
	return fs
}

// problems says of each key what is wrong with it.
func (s Secrets) problems() []string {
	all := make([]string, len(s.Keys))
	known := make(map[string]bool, len(s.Keys))
	for i, k := range s.Keys {
		switch {
		case strings.Trim(k.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(k.ID) > 32:
			all[i] = "want an id of up to 32 small letters, digits and hyphens"
		case k.ID != "" && known[k.ID]:
			all[i] = "the id is another key's"
		case !k.Key.Empty() && len(k.Key.Reveal()) < minKey:
			all[i] = "want a key of at least 32 bytes"
		}
		known[k.ID] = true
	}
	return all
}

func unless(fine bool, problem string) string {
	if fine {
		return ""
	}
	return problem
}

func oneOf(value string, known ...string) string {
	return unless(slices.Contains(known, value), "want one of "+strings.Join(known, ", "))
}

func listenProblem(listen string) string {
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return `want a host and a port, as in "127.0.0.1:8080"`
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return unless(err == nil, "want a port from 0 to 65535")
}

// publicURL is how to reach a listener from its own machine.
func publicURL(listen string, secure bool) string {
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return scheme + listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + net.JoinHostPort(host, port)
}

// normalURL takes the slash off the end: what follows always starts with one.
func normalURL(text string) (normal, problem string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return text, `want a whole http or https URL, as in "https://scim.example.com"`
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return text, "want a URL without user, query and fragment"
	}
	return strings.TrimRight(text, "/"), ""
}
