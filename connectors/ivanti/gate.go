package ivanti

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

const (
	// pause is how long nothing is sent after Ivanti has refused the credentials.
	pause = 30 * time.Minute
	// underWay is how many calls are made at a time: so many misses it costs when the password
	// changes while they are on their way. ASSUMED: five lock the account.
	underWay = 2
)

// gate keeps the account from being locked. Every call of Ivanti's API is a login.
type gate struct {
	client        *rest.Client
	authorization string
	now           func() time.Time
	slots         chan struct{} // one for each call under way
	first         chan struct{} // held by the one call that may try credentials not yet accepted

	mu       sync.Mutex
	accepted bool
	refusal  connectors.Fault
	until    time.Time
}

func newGate(client *rest.Client, authorization string, now func() time.Time) *gate {
	return &gate{client: client, authorization: authorization, now: now,
		slots: make(chan struct{}, underWay), first: make(chan struct{}, 1)}
}

// call makes a call with the credentials. While they are not known to be good, calls go one at a
// time; after a refusal they are answered here until the pause is over. Nothing is ever repeated.
func (c *connector) call(ctx context.Context, call rest.Call) (rest.Answer, error) {
	return c.gate.do(ctx, call)
}

func (g *gate) do(ctx context.Context, call rest.Call) (rest.Answer, error) {
	if err := enter(ctx, g.slots); err != nil {
		return rest.Answer{}, err
	}
	defer func() { <-g.slots }()
	if !g.open() {
		if err := enter(ctx, g.first); err != nil {
			return rest.Answer{}, err
		}
		defer func() { <-g.first }()
	}
	// Only now: whoever went before may have been refused.
	if err := g.resting(); err != nil {
		return rest.Answer{}, err
	}
	header := http.Header{"Authorization": {g.authorization}}
	for name, values := range call.Header {
		header[name] = values
	}
	call.Header = header
	answer, err := g.client.Do(ctx, call)
	err = explained(call, answer, err)
	return answer, g.learn(answer, err)
}

func enter(ctx context.Context, door chan<- struct{}) error {
	select {
	case door <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &connectors.Fault{Class: connectors.Transient, Detail: "the call was cut short before it was sent", Err: ctx.Err()}
	}
}

func (g *gate) open() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.accepted
}

// resting is the refusal while its pause lasts.
func (g *gate) resting() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until.IsZero() || !g.now().Before(g.until) {
		return nil
	}
	refusal := g.refusal // the caller may change its own
	return &refusal
}

// learn takes from an outcome what it says about the credentials.
func (g *gate) learn(answer rest.Answer, err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	// Whatever a 401 looks like, a second one would be one more miss.
	if answer.Status != http.StatusUnauthorized {
		g.accepted = g.accepted || answer.Status/100 == 2 && err == nil
		return err
	}
	g.accepted, g.until = false, g.now().Add(pause)
	g.refusal = connectors.Fault{Class: connectors.Auth, Detail: refusedDetail(answer) +
		"; nothing is sent to Ivanti until " + g.until.UTC().Format("15:04") + " UTC or until the target's settings change, because repeated failures lock the account"}
	refusal := g.refusal
	return &refusal
}

func refusedDetail(answer rest.Answer) string {
	_, problems := problemsIn(answer.Body)
	if slices.ContainsFunc(problems, func(p problem) bool { return strings.Contains(strings.ToLower(p.message), "locked") }) {
		return "Ivanti says that the account in credentials is locked: unlock it in Ivanti, and correct the password here if it is not the right one"
	}
	return "Ivanti refuses the user name and password in credentials: correct them, or set a new password in Ivanti if it has expired"
}
