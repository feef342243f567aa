package simhost

import (
	"encoding/json"
	"net/http"
)

// Simulator is one product's simulator: its API as an http.Handler, from the root, and what
// the host shows and turns of it. It is safe for use by several goroutines.
//
// An answer that concerns one account carries its natural key in the header KeyHeader; the
// host notes it with the call and takes it out.
type Simulator interface {
	http.Handler
	// Name is the product's.
	Name() string
	// State is every account and group there is.
	State() State
	// SetKnobs replaces the simulator's own knobs: those left out go back to their defaults.
	SetKnobs(knobs map[string]json.RawMessage) error
	// Knobs documents the simulator's own knobs.
	Knobs() []Knob
	// Reset forgets every account, session and knob.
	Reset()
	// Sample is what a tenant's target needs to work with the simulator.
	Sample() Sample
}

// Operator is a Simulator whose calls all have one path: it names what a call is about, as in
// "users.create". Rules may ask for it, and the host notes it.
type Operator interface {
	Operation(r *http.Request, body []byte) string
}

// KeyHeader is where a simulator names the natural key an answer is about.
const KeyHeader = "Simulator-Key"

// State is what a simulated product holds.
type State struct {
	Accounts []Account `json:"accounts"`
	Groups   []Group   `json:"groups"`
}

// Account is one person at the product. Native is the product's own object.
type Account struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	Active bool   `json:"active"`
	Native any    `json:"native"`
}

// Group is one group at the product, its members by their accounts' keys.
type Group struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []string `json:"members"`
	Native  any      `json:"native"`
}

// Knob is one thing about a simulator that can be turned.
type Knob struct {
	Name    string `json:"name"`
	Default string `json:"default"`
	Meaning string `json:"meaning"`
}

// Sample is the part of a target that the product defines. Path comes behind the product's
// address in base_url; credentials are secrets by name, defaults values by name.
//
// Target holds more keys of the target by name, such as on_deactivate. Where a text in Defaults or
// Target begins with HostAddress, it becomes an address below the host's own.
type Sample struct {
	Title       string
	Path        string
	Credentials map[string]string
	Defaults    map[string]any
	Target      map[string]any
	// Product is the product where the simulator's name is not its name.
	Product string
	// RateLimit is how many calls a minute the vendor allows, by its documents or as is ASSUMED: what
	// the simulator's own knob rate_limit would be set to.
	RateLimit int
}

// HostAddress stands for where the host answers, as in HostAddress + "/dastra/connect".
const HostAddress = "host:/"
