package tenants

import (
	"fmt"

	"scimrelay/configs"
)

// Client says which identity provider writes here.
type Client struct {
	// Profile names a set of switches for the provider's habits; empty is the lenient default.
	Profile string
	// Switches are single ones of the profile in another position.
	Switches []Switch
}

// Switch is one switch of a client profile, as the file writes it.
type Switch struct {
	Name, Value string
	Position    configs.Position
}

// readClient reads the client section. Which profiles and switches there are is for those to
// say who have them.
func readClient(node configs.Node) (c Client, faults configs.Faults) {
	if node.Present() && !node.IsMapping() {
		faults.Add(node.Position(), "client: want keys and values")
		return c, faults
	}
	for _, key := range node.Keys() {
		value := node.Key(key)
		if key == "profile" {
			faults = append(faults, value.Decode(&c.Profile)...)
			if c.Profile != "" && !isID(c.Profile) {
				faults.Add(value.Position(), "client.profile: want a name in lower case, as in entra")
			}
			continue
		}
		text, ok := word(value)
		if !ok {
			faults.Add(value.Position(), "client.%s: want a word, or true or false", key)
			continue
		}
		c.Switches = append(c.Switches, Switch{Name: key, Value: text, Position: value.Position()})
	}
	return c, faults
}

// word is the text of a value that is a word or a boolean.
func word(node configs.Node) (string, bool) {
	var v any
	if faults := node.Decode(&v); len(faults) > 0 {
		return "", false
	}
	switch v := v.(type) {
	case string:
		return v, v != ""
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}
