package restyaml

import (
	"maps"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

// setting is one default that a target may have, or must.
type setting struct {
	word     string
	required bool
	oneOf    []any
}

// settings compiles what the file declares of credentials and defaults.
func (c *compiler) settings() map[string]setting {
	declared := map[string]setting{}
	for _, name := range slices.Sorted(maps.Keys(c.file.Credentials)) {
		node := c.root.Key("credentials")
		if !isName(name, lower+digits+"_") {
			c.at(node.KeyPosition(name), node.Path(), "%q: want lower-case letters, digits and underscores", name)
		}
		if word := c.file.Credentials[name].Type; word != "" {
			c.oneOf(node.Key(name).Key("type"), word, "secret", "text")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.file.Defaults)) {
		f, section := c.file.Defaults[name], c.root.Key("defaults")
		node := section.Key(name)
		if !isName(name, lower+digits+"_") || slices.Contains([]string{"id", "key", "resource", "active"}, name) {
			c.at(section.KeyPosition(name), section.Path(), "%q: want lower-case letters, digits and underscores, and none of id, key, resource, active", name)
		}
		c.oneOf(node.Key("type"), f.Type, known()...)
		s := setting{word: f.Type, required: f.Required}
		for _, item := range f.OneOf.Items() {
			value, found := decodeAs(f.Type, item)
			c.faults = append(c.faults, found...)
			s.oneOf = append(s.oneOf, value)
		}
		if f.OneOf.Present() && len(s.oneOf) == 0 {
			c.problem(f.OneOf, "want a list of values")
		}
		declared[name] = s
	}
	return declared
}

// bases checks where the product lives.
func (c *compiler) bases() {
	if c.file.BaseURL == "" && c.file.BaseURLExample == "" {
		c.missing(c.root, "base_url", "want where the product lives, or base_url_example where each customer has an address of its own")
	}
	for _, key := range []string{"base_url", "base_url_example"} {
		node := c.root.Key(key)
		var text string
		if _ = node.Decode(&text); text == "" {
			continue
		}
		if _, err := rest.ParseBaseURL(text); err != nil {
			c.problem(node, "%s", strings.TrimPrefix(err.Error(), "base_url: "))
		}
	}
}

// decodeAs reads a node as the type of the word.
func decodeAs(word string, node configs.Node) (any, configs.Faults) {
	switch word {
	case "string":
		return valueOf[string](node)
	case "integer":
		return valueOf[int64](node)
	case "number":
		return valueOf[float64](node)
	case "boolean":
		return valueOf[bool](node)
	case "list":
		return valueOf[[]any](node)
	case "map":
		return valueOf[map[string]any](node)
	default:
		return valueOf[any](node)
	}
}

func valueOf[T any](node configs.Node) (any, configs.Faults) {
	var into T
	faults := node.Decode(&into)
	return plain(any(into)), faults
}

// Settings are a target's settings of a product that a file describes.
type Settings struct {
	program *program
	base    string
	way     auth
	secrets secrets
}

// settings reads a target's part and reports everything that is wrong with it.
func (p *program) settings(target tenants.Target) (connectors.Settings, []configs.Fault) {
	s := Settings{program: p, base: target.BaseURL, secrets: secrets{map[string]configs.Secret{}, map[string]any{}}}
	faults := p.readCredentials(target, s.secrets.credentials)
	faults = append(faults, p.readDefaults(target, s.secrets.defaults)...)
	switch {
	case s.base == "" && p.base == "":
		faults.Add(target.Position, "base_url is required, as in %s", p.example)
	case s.base == "":
		s.base = p.base
	default:
		if _, err := rest.ParseBaseURL(s.base); err != nil {
			faults.Add(target.Positions["base_url"], "%v", err)
		}
	}
	faults = append(faults, p.onlyOnce(target)...)
	if len(faults) > 0 {
		return s, faults
	}
	way, found := p.choose(target, s.secrets)
	s.way = way
	return s, append(faults, found...)
}

// onlyOnce finds fields that a target wants to be kept up to date and no update sends.
func (p *program) onlyOnce(target tenants.Target) (faults configs.Faults) {
	update := p.calls[callUpdate]
	for _, name := range slices.Sorted(maps.Keys(target.Mapping)) {
		rule := target.Mapping[name]
		if rule.Apply == tenants.ApplyAlways && !update.reads("changes."+name) && !update.reads("fields."+name) {
			faults.Add(rule.Expression.Position, "mapping: %s: %s can give it to a new account only", name, p.title)
		}
	}
	return faults
}

func (p *program) readCredentials(target tenants.Target, into map[string]configs.Secret) (faults configs.Faults) {
	node := target.Credentials
	if node.Present() && !node.IsMapping() {
		faults.Add(node.Position(), "credentials: want keys and values")
		return faults
	}
	for _, name := range node.Keys() {
		declared, ok := p.credentials[name]
		if !ok {
			faults.Add(node.KeyPosition(name), "unknown key %q: known here are %s", name, strings.Join(slices.Sorted(maps.Keys(p.credentials)), ", "))
			continue
		}
		var secret configs.Secret
		var text string
		value := node.Key(name)
		if declared.Type == "text" && value.Present() && len(value.Decode(&text)) == 0 {
			into[name] = configs.NewSecret(text)
			continue
		}
		if found := value.Decode(&secret); len(found) > 0 {
			faults = append(faults, found...)
			continue
		}
		into[name] = secret
	}
	return faults
}

func (p *program) readDefaults(target tenants.Target, into map[string]any) (faults configs.Faults) {
	node := target.Defaults
	if node.Present() && !node.IsMapping() {
		faults.Add(node.Position(), "defaults: want keys and values")
		return faults
	}
	for _, name := range node.Keys() {
		if _, ok := p.defaults[name]; !ok {
			faults.Add(node.KeyPosition(name), "unknown key %q: known here are %s", name, strings.Join(slices.Sorted(maps.Keys(p.defaults)), ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.defaults)) {
		declared, value := p.defaults[name], node.Key(name)
		into[name] = nil
		if !value.Present() {
			if declared.required {
				faults.Add(value.Position(), "defaults.%s is required", name)
			}
			continue
		}
		read, found := decodeAs(declared.word, value)
		faults = append(faults, found...)
		if len(found) == 0 && len(declared.oneOf) > 0 && !slices.ContainsFunc(declared.oneOf, func(v any) bool { return connectors.ScalarText(v) == connectors.ScalarText(read) }) {
			faults.Add(value.Position(), "defaults.%s: want one of %s", name, listed(declared.oneOf))
		}
		into[name] = read
	}
	return faults
}

func listed(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = connectors.ScalarText(v)
	}
	return strings.Join(words, ", ")
}

// choose finds the first way to authenticate for which the target has the credentials.
func (p *program) choose(target tenants.Target, s secrets) (auth, configs.Faults) {
	var faults configs.Faults
	var wants []string
	at := target.Credentials.Position()
	if !target.Credentials.Present() {
		at = target.Position
	}
	for _, way := range p.ways {
		var needs []string
		missing := false
		for _, name := range way.reads {
			if required := p.credentials[name].Required; required != nil && !*required {
				continue
			}
			needs = append(needs, name)
			missing = missing || s.credentials[name].Empty()
		}
		if missing {
			wants = append(wants, strings.Join(needs, " and "))
			continue
		}
		if !way.works(s) {
			faults.Add(at, "credentials: they cannot be sent: one of %s is empty or holds a character that may not stand there", strings.Join(way.reads, ", "))
		}
		for _, name := range way.oauth.slots {
			if text := connectors.ScalarText(s.defaults[name]); !isName(text, lower+upper+digits+"-_.") || strings.Trim(text, ".") == "" {
				faults.Add(target.Defaults.Key(name).Position(), "defaults.%s: it is a part of an address: want letters, digits, dashes and dots", name)
			}
		}
		return way, faults
	}
	faults.Add(at, "credentials: want %s", strings.Join(wants, ", or "))
	return auth{}, faults
}

// Open implements connectors.Settings.
func (s Settings) Open(env connectors.Env) (connectors.Connector, error) { return open(s, env) }
