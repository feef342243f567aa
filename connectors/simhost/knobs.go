package simhost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"sync"
	"time"
)

// Duration is a time.Duration that JSON writes as text, as in "250ms".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 {
		return fmt.Errorf(`want a duration such as "250ms"`)
	}
	*d = Duration(parsed)
	return nil
}

// Knobs are the faults every product can show.
type Knobs struct {
	Latency Duration `json:"latency"`
	Jitter  Duration `json:"jitter"`
	Rules   []Rule   `json:"rules"`
}

// Rule is one fault: for which calls, how often, and what happens to them.
type Rule struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Operation string `json:"operation"`
	// Skip lets that many matching calls through first, Count ends the rule after so many hits,
	// Rate hits only so large a part of the calls.
	Skip  int      `json:"skip"`
	Count int      `json:"count"`
	Rate  *float64 `json:"rate"`
	// Do is one of the actions; "status" where it is empty.
	Do         string          `json:"do"`
	Status     int             `json:"status"`
	Body       json.RawMessage `json:"body"`
	RetryAfter Duration        `json:"retry_after"`
	Dialect    string          `json:"dialect"`
}

// The actions of a Rule.
const (
	doStatus    = "status"
	doThrottle  = "throttle"
	doHang      = "hang"
	doLost      = "lost"
	doDrop      = "drop"
	doHTML      = "html"
	doTruncated = "truncated"
	doCut       = "cut"
	doRedirect  = "redirect"
)

func actions() []string {
	return []string{doStatus, doThrottle, doHang, doLost, doDrop, doHTML, doTruncated, doCut, doRedirect}
}

func dialects() []string { return []string{"", "seconds", "date", "epoch", "epoch_ms", "reset"} }

func sharedKnobs() []Knob {
	return []Knob{
		{"latency", `"0s"`, "every call takes at least this long"},
		{"jitter", `"0s"`, "and up to this much longer"},
		{"rules", "[]", "faults; the first rule that hits a call decides what happens to it"},
		{"rules[].method", "any", "POST, GET, …"},
		{"rules[].path", "any", "the path behind the product's name; * stands for one segment, as in /api/v4/users/*"},
		{"rules[].operation", "any", "what the call is about, where one path is for all: users.create, …; GET /_sim/{product}/calls shows it"},
		{"rules[].skip", "0", "let so many matching calls through first"},
		{"rules[].count", "0", "end after so many hits; 0 is never"},
		{"rules[].rate", "1", "hit only this part of the calls, 0 to 1"},
		{"rules[].do", `"status"`, "status: answer status and body without doing anything; throttle: 429, with retry_after in the dialect if set; " +
			"hang: read the request and never answer; lost: do it, then cut the connection without an answer; drop: cut it without doing anything; " +
			"html: a 200 page instead of an answer, nothing done; truncated: do it, answer half the JSON; " +
			"cut: do it, cut the connection in the middle of the answer; redirect: a 302 to another host, nothing done"},
		{"rules[].status", "500", "for do status"},
		{"rules[].body", `{"Message":"simulated fault"}`, "for do status"},
		{"rules[].retry_after", "none", `for do throttle or status, as in "20s"`},
		{"rules[].dialect", `"seconds"`, "how retry_after is said: seconds, date, epoch, epoch_ms (all in Retry-After), reset (epoch in X-RateLimit-Reset)"},
	}
}

// split reads the shared knobs out of one JSON object and leaves the product's own.
func split(raw []byte) (Knobs, map[string]json.RawMessage, error) {
	own := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &own); err != nil {
		return Knobs{}, nil, fmt.Errorf("want a JSON object: %w", err)
	}
	ours := map[string]json.RawMessage{}
	for _, name := range []string{"latency", "jitter", "rules"} {
		if value, ok := own[name]; ok {
			ours[name] = value
			delete(own, name)
		}
	}
	var knobs Knobs
	if err := ReadKnobs(ours, &knobs); err != nil {
		return Knobs{}, nil, err
	}
	for _, rule := range knobs.Rules {
		if err := rule.check(); err != nil {
			return Knobs{}, nil, err
		}
	}
	return knobs, own, nil
}

// ReadKnobs reads knobs of a simulator's own into what into points at, which holds their defaults.
// A knob that is not there is an error.
func ReadKnobs(knobs map[string]json.RawMessage, into any) error {
	raw, err := json.Marshal(knobs)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func (r Rule) check() error {
	if r.Do != "" && !slices.Contains(actions(), r.Do) {
		return fmt.Errorf("no action %q; there are %v", r.Do, actions())
	}
	if !slices.Contains(dialects(), r.Dialect) {
		return fmt.Errorf("no dialect %q; there are %v", r.Dialect, dialects()[1:])
	}
	if _, err := path.Match(r.Path, ""); err != nil {
		return fmt.Errorf("path %q: %w", r.Path, err)
	}
	if r.Status != 0 && (r.Status < 200 || r.Status > 599) {
		return fmt.Errorf("no status %d", r.Status)
	}
	return nil
}

// faults are the knobs at work.
type faults struct {
	random func() float64

	mu    sync.Mutex
	knobs Knobs
	seen  []int // matching calls by rule
	hits  []int
	drawn int
}

func (f *faults) set(k Knobs) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.knobs, f.seen, f.hits = k, make([]int, len(k.Rules)), make([]int, len(k.Rules))
}

// next decides what happens to a call: how long it takes and the rule that hits it, if any.
func (f *faults) next(method, at, operation string) (time.Duration, *Rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delay := time.Duration(f.knobs.Latency)
	if f.knobs.Jitter > 0 {
		delay += time.Duration(f.draw() * float64(f.knobs.Jitter))
	}
	for i := range f.knobs.Rules {
		rule := &f.knobs.Rules[i]
		if f.hit(i, rule, method, at, operation) {
			f.hits[i]++
			return delay, rule
		}
	}
	return delay, nil
}

func (f *faults) hit(i int, rule *Rule, method, at, operation string) bool {
	matched, _ := path.Match(rule.Path, at)
	if rule.Path != "" && !matched || rule.Method != "" && rule.Method != method || rule.Operation != "" && rule.Operation != operation {
		return false
	}
	f.seen[i]++
	switch {
	case f.seen[i] <= rule.Skip, rule.Count > 0 && f.hits[i] >= rule.Count:
		return false
	case rule.Rate != nil:
		return f.draw() < *rule.Rate
	default:
		return true
	}
}

// draw gives the next number in [0,1): without a source, multiples of the golden ratio, which
// spread evenly from the first on.
func (f *faults) draw() float64 {
	if f.random != nil {
		return f.random()
	}
	f.drawn++
	whole := float64(f.drawn) * 0.6180339887498949
	return whole - float64(int(whole))
}
