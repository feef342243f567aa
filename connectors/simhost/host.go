package simhost

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options are what a Host needs from outside. Zero fields have working defaults.
type Options struct {
	Now func() time.Time
	// Random gives numbers in [0,1) for faults by rate and jitter; the default is an even,
	// repeatable sequence.
	Random func() float64
}

// Host serves simulators. It is safe for use by several goroutines.
type Host struct {
	mux      *http.ServeMux
	products map[string]*product
	names    []string
}

// product is one simulator with what the host adds to it.
type product struct {
	Simulator
	options Options
	faults  faults
	calls   ring
}

// New returns a host of the simulators.
func New(o Options, simulators ...Simulator) *Host {
	o.Now = Clock(o.Now)
	h := &Host{mux: http.NewServeMux(), products: map[string]*product{}}
	for _, s := range simulators {
		p := &product{Simulator: s, options: o}
		p.faults.random = o.Random
		h.products[s.Name()] = p
		h.names = append(h.names, s.Name())
		h.mux.Handle("/"+s.Name()+"/", http.StripPrefix("/"+s.Name(), p))
		h.mux.HandleFunc("GET /"+s.Name()+"/_ui", p.page)
	}
	h.mux.HandleFunc("GET /_sim/{$}", h.manual)
	h.mux.HandleFunc("GET /_sim/{product}/state", h.on(func(p *product, _ *http.Request) (any, error) { return p.state(), nil }))
	h.mux.HandleFunc("GET /_sim/{product}/calls", h.on(func(p *product, _ *http.Request) (any, error) { return p.calls.list(), nil }))
	h.mux.HandleFunc("PUT /_sim/{product}/faults", h.on((*product).setFaults))
	h.mux.HandleFunc("POST /_sim/{product}/reset", h.on((*product).reset))
	return h
}

// ServeHTTP implements http.Handler.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// on adapts what can be asked of one product to HTTP.
func (h *Host) on(do func(*product, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, ok := h.products[r.PathValue("product")]
		if !ok {
			write(w, http.StatusNotFound, map[string]string{"error": "no such product; there are " + strings.Join(h.names, ", ")})
			return
		}
		body, err := do(p, r)
		if err != nil {
			write(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		write(w, http.StatusOK, body)
	}
}

// State is what the product holds; false when it is not served here.
func (h *Host) State(name string) (State, bool) {
	p, ok := h.products[name]
	if !ok {
		return State{}, false
	}
	return p.state(), true
}

// Calls lists the calls the product got, oldest first.
func (h *Host) Calls(name string) []Call {
	p, ok := h.products[name]
	if !ok {
		return nil
	}
	return p.calls.list()
}

// SetFaults sets the knobs of the product, as PUT /_sim/{product}/faults does.
func (h *Host) SetFaults(name string, raw []byte) error {
	p, ok := h.products[name]
	if !ok {
		return fmt.Errorf("simhost: no product %q", name)
	}
	return p.turn(raw)
}

func (p *product) state() State {
	state := p.State()
	if state.Accounts == nil {
		state.Accounts = []Account{}
	}
	if state.Groups == nil {
		state.Groups = []Group{}
	}
	return state
}

func (p *product) setFaults(r *http.Request) (any, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	return map[string]bool{"ok": true}, p.turn(raw)
}

// turn replaces the shared knobs and the product's own together; one that is wrong leaves all
// as they were.
func (p *product) turn(raw []byte) error {
	shared, own, err := split(raw)
	if err != nil {
		return err
	}
	if err := p.SetKnobs(own); err != nil {
		return err
	}
	p.faults.set(shared)
	return nil
}

func (p *product) reset(*http.Request) (any, error) {
	p.Reset()
	p.faults.set(Knobs{})
	p.calls.clear()
	return map[string]bool{"ok": true}, nil
}

// manual documents every knob.
func (h *Host) manual(w http.ResponseWriter, _ *http.Request) {
	products := map[string]any{}
	for name, p := range h.products {
		products[name] = map[string]any{"api": "/" + name + p.Sample().Path, "accounts": "/" + name + "/_ui", "knobs": p.Knobs()}
	}
	write(w, http.StatusOK, map[string]any{
		"usage": []string{
			"GET /_sim/{product}/state: the accounts and groups",
			"GET /_sim/{product}/calls: the calls, oldest first; the last 10,000 are kept",
			"PUT /_sim/{product}/faults: a JSON object of shared knobs and the product's own; what is left out goes back to its default, {} heals everything",
			"POST /_sim/{product}/reset: forget accounts, sessions, calls and knobs",
		},
		"note":     "What vendors' documents do not say was chosen here and is marked ASSUMED; it may differ from the real product.",
		"shared":   sharedKnobs(),
		"products": products,
	})
}

// Names lists the products served.
func (h *Host) Names() []string { return slices.Clone(h.names) }

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(body)
}
