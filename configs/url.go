package configs

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// URL is the address of a store or queue. It may hold a password, so printing leaves that out.
// In a file it is the address itself, or ${env:NAME} or ${file:PATH} for the whole of it.
type URL struct {
	value Secret
}

// NewURL returns a URL of the value, for what does not come from a file.
func NewURL(value string) URL { return URL{value: NewSecret(value)} }

// Reveal returns the whole address, password included.
func (u URL) Reveal() string { return u.value.Reveal() }

// Empty says whether there is no address.
func (u URL) Empty() bool { return u.value.Empty() }

// Equal says whether two addresses are the same, passwords included.
func (u URL) Equal(other URL) bool { return u.value.Equal(other.value) }

// Scheme is what stands before "://", in lower case; the word "inprocess" is its own scheme.
func (u URL) Scheme() string {
	scheme, _, _ := strings.Cut(u.Reveal(), ":")
	return strings.ToLower(scheme)
}

// SQLite splits a sqlite address into the path of its file and the raw query, and says whether
// it is one. "sqlite://data/x.db" is relative to the working directory, "sqlite:///x.db" is not.
func (u URL) SQLite() (path, query string, ok bool) {
	if u.Scheme() != "sqlite" {
		return "", "", false
	}
	rest := strings.TrimPrefix(u.Reveal()[len("sqlite:"):], "//")
	rest, query, _ = strings.Cut(rest, "?")
	path, err := url.PathUnescape(rest)
	return path, query, err == nil && path != "" && !strings.HasSuffix(path, "/")
}

// sqliteURL is the address of a file; only an absolute path survives escaping in every reader.
func sqliteURL(path, query string) URL {
	address := "sqlite://" + (&url.URL{Path: path}).EscapedPath()
	if query != "" {
		address += "?" + query
	}
	return NewURL(address)
}

// String gives the address without its password.
func (u URL) String() string {
	if u.Empty() || u.Scheme() == u.Reveal() {
		return u.Reveal()
	}
	parsed, err := url.Parse(u.Reveal())
	// An unescaped / ? # or @ in a password moves the rest of it out of the user part.
	if err != nil || parsed.Opaque != "" || strings.Contains(parsed.Path+parsed.RawQuery+parsed.Fragment, "@") {
		return u.Scheme() + ":" + redacted
	}
	if parsed.User != nil {
		parsed.User = url.User(redacted)
	}
	// Drivers take passwords in the query too (sslpassword, sentinel_password), and which is
	// theirs to say: only the names stay.
	query := parsed.Query()
	for name := range query {
		query[name] = []string{redacted}
	}
	parsed.RawQuery, parsed.Fragment = query.Encode(), ""
	return parsed.String()
}

// GoString is String.
func (u URL) GoString() string { return u.String() }

// Format is String for every verb.
func (u URL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// LogValue is String.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText is String; JSON and YAML follow it.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

func (u *URL) decode(n Node) (problem string) {
	if !n.Present() {
		return ""
	}
	text, ok := textOf(n.Node)
	if !ok || text == "" {
		return "want an address, or ${env:NAME} or ${file:PATH}"
	}
	if strings.Contains(text, "${") {
		if text, problem = n.resolve(text); problem != "" {
			return problem
		}
	}
	*u = NewURL(text)
	return ""
}

// problem says what is wrong with the address for one of the schemes, without quoting it.
func (u URL) problem(schemes ...string) string {
	scheme := u.Scheme()
	switch {
	case !slices.Contains(schemes, scheme):
		return "want an address that starts with " + strings.Join(schemes, ", ")
	case scheme == "inprocess":
		if u.Reveal() != "inprocess" {
			return `want the word "inprocess" alone`
		}
	case scheme == "sqlite":
		if _, _, ok := u.SQLite(); !ok {
			return `want the path of a file, as in "sqlite://data/scimrelay.db"`
		}
	default:
		parsed, err := url.Parse(u.Reveal())
		if err != nil || parsed.Host == "" {
			return "want an address with a host, as in " + scheme + "://host"
		}
	}
	return ""
}
