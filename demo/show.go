package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	pushers  = 8                 // people pushed at once
	pace     = 250               // requests a second
	patience = 120 * time.Second // without anything getting better at the vendor
)

// Show is the demonstration for one tenant: its directory is pushed cycle by cycle, and the next
// cycle waits until the vendor has come to hold the last, so that each change arrives there.
type Show struct {
	Vendor Vendor
	Base   string // the tenant's SCIM base URL
	Token  string
	// Simulators is the address of the vendors' simulators.
	Simulators string
	// Nobody is the name the connection is tested with.
	Nobody string
	// Pending is Watch's.
	Pending func(ctx context.Context) (int, error)
	Out     io.Writer
	Now     func() time.Time
}

// Result is how a show ended.
type Result struct {
	Comparison
	Cycles     []Cycle // as far as it came
	Invitation Invitation
}

// Run plays the show. The result is how the vendor compares at its end, or at the first cycle
// that it did not come to hold.
func (s Show) Run(ctx context.Context, people []Person) (Result, error) {
	p := s.open(len(people))
	result := Result{Invitation: Invitation{Tenant: s.Vendor.Name, Base: s.Base, Token: s.Token,
		Page: s.Simulators + "/" + s.Vendor.Name + "/_ui", State: s.state(), Guest: people[1]}}
	if err := p.client.Test(ctx, s.Nobody); err != nil {
		return result, err
	}
	for _, cycle := range append([]Cycle{{Name: "the first day"}}, Story(people)...) {
		people = cycle.Apply(people)
		result.Cycles = append(result.Cycles, cycle)
		var err error
		result.Comparison, err = p.cycle(ctx, people)
		p.line.End(p.far(cycle.Name, result.Comparison))
		if err != nil {
			return result, fmt.Errorf("demo: %s: %w", cycle.Name, err)
		}
		if !result.OK() {
			break
		}
	}
	result.Invitation.ID = p.provider.SCIM(people[1])
	_, err := fmt.Fprintf(s.Out, "%s: answers to the requests by status: %s\n", s.Vendor.Name, &p.client.Tally)
	return result, err
}

func (s Show) state() string { return s.Simulators + "/_sim/" + s.Vendor.Name + "/state" }

// performance is a show that is on.
type performance struct {
	Show
	client   *Client
	provider *Provider
	watch    Watch
	line     *Line
	people   int
	began    time.Time
}

func (s Show) open(people int) *performance {
	web := NewHTTP(pushers)
	client := &Client{Base: s.Base, Token: s.Token, Pace: rate.NewLimiter(pace, pushers), HTTP: web}
	p := &performance{Show: s, client: client, provider: NewProvider(client, pushers), people: people, began: s.Now(),
		line: NewLine(s.Out, s.Now)}
	p.watch = Watch{Every: 200 * time.Millisecond, Patience: patience, Pending: s.Pending,
		Fetch: func(ctx context.Context) (State, error) { return FetchState(ctx, web, s.state()) },
		Seen:  func(c Comparison) { p.line.Say(p.far("", c)) }}
	return p
}

// far says how far the show is, or how it stood at the end of a cycle.
func (p *performance) far(cycle string, c Comparison) string {
	if cycle != "" {
		cycle = " after " + cycle
	}
	return fmt.Sprintf("%s%s %.1f s: %d/%d pushed, %d requests, %d accounts held, %d equal, %d due", p.Vendor.Name, cycle,
		p.Now().Sub(p.began).Seconds(), p.provider.Pushed(), p.people, p.client.Tally.Requests(), c.Held, c.Equal, c.Pending)
}

func (p *performance) cycle(ctx context.Context, people []Person) (Comparison, error) {
	err := p.push(ctx, people)
	if err == nil {
		return p.watch.Until(ctx, p.Vendor, people)
	}
	// Somebody was refused: what the vendor lacks now will not come.
	c, lookErr := p.watch.look(ctx, p.Vendor, people)
	return c, errors.Join(err, lookErr)
}

// push pushes the cycle and looks at the vendor meanwhile, for whoever watches the progress. A
// look that fails is not worth a word: the wait that follows looks again.
func (p *performance) push(ctx context.Context, people []Person) error {
	looking, done := context.WithCancel(ctx)
	var looks sync.WaitGroup
	looks.Go(func() {
		ticker := time.NewTicker(p.watch.Every)
		defer ticker.Stop()
		for {
			_, _ = p.watch.look(looking, p.Vendor, people)
			select {
			case <-looking.Done():
				return
			case <-ticker.C:
			}
		}
	})
	err := p.provider.Cycle(ctx, people)
	done()
	looks.Wait()
	return err
}
