package connectortest

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// failure is a fault of the vendor and the class each call must give it. Repeating says what
// it is for calls that may be repeated, where that differs from a create.
type failure struct {
	name      string
	rule      map[string]any
	create    connectors.Class
	repeating connectors.Class
	pause     time.Duration
	like      string // another failure that the vendor speaks of in the same way
}

func allFailures() []failure {
	status := func(code int) map[string]any { return map[string]any{"status": code} }
	throttle := func(dialect string) map[string]any {
		return map[string]any{"do": "throttle", "retry_after": "20s", "dialect": dialect}
	}
	do := func(action string) map[string]any { return map[string]any{"do": action} }
	paused := func(code int) map[string]any { return map[string]any{"status": code, "retry_after": "20s"} }
	const pause = 20 * time.Second
	return []failure{
		{name: "400", rule: status(400), create: connectors.Invalid},
		{name: "401", rule: status(401), create: connectors.Auth},
		{name: "402", rule: status(402), create: connectors.Plan},
		{name: "403", rule: status(403), create: connectors.Denied},
		{name: "403 with a pause", rule: paused(403), create: connectors.Throttled, pause: pause},
		{name: "404", rule: status(404), create: connectors.NotFound},
		{name: "409", rule: status(409), create: connectors.Exists, repeating: connectors.EditConflict},
		{name: "405", rule: status(405), create: connectors.Unrecognised},
		{name: "418", rule: status(418), create: connectors.Unrecognised},
		{name: "408", rule: status(408), create: connectors.Transient},
		{name: "410", rule: status(410), create: connectors.NotFound, like: "404"},
		{name: "412", rule: status(412), create: connectors.EditConflict},
		{name: "413", rule: status(413), create: connectors.Invalid},
		{name: "423", rule: status(423), create: connectors.Transient},
		{name: "425", rule: status(425), create: connectors.Transient},
		{name: "422", rule: status(422), create: connectors.Invalid},
		{name: "429", rule: do("throttle"), create: connectors.Throttled},
		{name: "429 with seconds", rule: throttle("seconds"), create: connectors.Throttled, pause: pause},
		{name: "429 with a date", rule: throttle("date"), create: connectors.Throttled, pause: pause},
		{name: "429 with an epoch", rule: throttle("epoch"), create: connectors.Throttled, pause: pause},
		{name: "429 with milliseconds", rule: throttle("epoch_ms"), create: connectors.Throttled, pause: pause},
		{name: "429 with a reset", rule: throttle("reset"), create: connectors.Throttled, pause: pause},
		{name: "500", rule: status(500), create: connectors.Transient},
		{name: "501", rule: status(501), create: connectors.Unrecognised},
		{name: "502", rule: status(502), create: connectors.Unknown, repeating: connectors.Transient},
		{name: "503", rule: status(503), create: connectors.Transient},
		{name: "503 with a pause", rule: paused(503), create: connectors.Throttled, pause: pause},
		{name: "504", rule: status(504), create: connectors.Unknown, repeating: connectors.Transient},
		{name: "lost", rule: do("lost"), create: connectors.Unknown, repeating: connectors.Transient},
		{name: "drop", rule: do("drop"), create: connectors.Unknown, repeating: connectors.Transient},
		{name: "cut", rule: do("cut"), create: connectors.Unknown, repeating: connectors.Transient},
		{name: "html", rule: do("html"), create: connectors.Nonsense},
		{name: "redirect", rule: do("redirect"), create: connectors.Nonsense},
		{name: "truncated", rule: do("truncated"), create: connectors.Nonsense},
	}
}

// failures shows every fault to find, create and update, on a target that has worked before.
func failures(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	known := w.record(s, 1)
	known.VendorID = w.create(s, known).ID
	changed := w.record(s, 1, func(doc scim.Document) {
		doc["displayName"] = "Canaria Neu"
		doc["name"] = map[string]any{"givenName": "Canaria", "familyName": "Neu"}
	})
	for i, f := range allFailures() {
		have := w.find(s, known)
		repeating := cmp.Or(f.repeating, f.create)
		w.show(f.rule)
		_, err := s.Find(t.Context(), known)
		h.expect(t, "find", f, repeating, err)
		_, err = s.Create(t.Context(), w.record(s, 100+i))
		h.expect(t, "create", f, f.create, err)
		for name := range changed.Fields { // whatever got through by accident must not hide this one
			if _, text := have.Fields[name].(string); text {
				have.Fields[name] = "old"
			}
		}
		_, err = s.Update(t.Context(), have, changed)
		h.expect(t, "update", f, repeating, err)
		w.heal()
	}
}

func (h Harness) expect(t *testing.T, call string, f failure, class connectors.Class, err error) {
	t.Helper()
	class = cmp.Or(h.Classes[call+" "+f.name], h.Classes[f.name], h.Classes[call+" "+f.like], h.Classes[f.like], class)
	fault := connectors.FaultOf(err)
	if fault == nil || fault.Class != class {
		t.Errorf("%s on %s gives %v, want %s", call, f.name, err, class)
		return
	}
	most := 2 * time.Second
	if f.pause == 0 && fault.Class == connectors.Throttled { // the gateway's own guess, longer each time
		most = time.Minute
	}
	if off := fault.RetryAfter - f.pause; off > most || off < -5*time.Second {
		t.Errorf("%s on %s asks for %v, want %v", call, f.name, fault.RetryAfter, f.pause)
	}
}

// nothingTold looks for canaries in every error and every line of the log.
func nothingTold(t *testing.T, h Harness) {
	w := h.world(t)
	credentials := h.Customer("canary-secret")
	s := w.open(credentials, 0)
	known := w.record(s, 1)
	known.VendorID = w.create(s, known).ID
	have := w.find(s, known)
	echo := map[string]any{"status": 400, "body": map[string]any{"Message": "no canary1@canary.test, Canaria, +34 600 777 001, 600777001"}}
	rules := []map[string]any{echo}
	for _, f := range allFailures() {
		rules = append(rules, f.rule)
	}
	changed := w.record(s, 1, func(doc scim.Document) {
		doc["displayName"] = "Canaria canary2"
		doc["name"] = map[string]any{"givenName": "Canaria", "familyName": "canary2"}
		doc["phoneNumbers"] = []any{map[string]any{"type": "work", "value": "+34 600 777 001"}}
	})
	for _, rule := range rules {
		w.show(rule)
		_, err := s.Find(t.Context(), known)
		fmt.Fprintln(w.said, err)
		_, err = s.Create(t.Context(), w.record(s, 2))
		fmt.Fprintln(w.said, err)
		_, err = s.Update(t.Context(), have, changed)
		fmt.Fprintln(w.said, err)
		w.heal()
	}
	wrong := w.open(h.Wrong, 0)
	_, err := wrong.Find(t.Context(), known)
	fmt.Fprintln(w.said, err)
	w.search(t, w.said.String(), credentials)
}

func (w *world) search(t *testing.T, told string, credentials map[string]string, more ...string) {
	t.Helper()
	if !strings.Contains(told, `"msg":"vendor call"`) {
		t.Error("calls are not logged")
	}
	canaries := append([]string{"canary", "canaria", "600777", "600 777", "777001"}, more...)
	for _, secret := range credentials {
		canaries = append(canaries, secret)
	}
	for _, secret := range w.h.Wrong {
		canaries = append(canaries, secret)
	}
	for line := range strings.Lines(strings.ToLower(told)) {
		for _, canary := range canaries {
			if strings.Contains(line, strings.ToLower(canary)) {
				t.Errorf("%q is told: %s", canary, line)
			}
		}
	}
}
