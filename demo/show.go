package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
// cycle waits until the vendors have come to hold the last, so that each change arrives there.
type Show struct {
	Tenant  string
	Vendors []Vendor // all that the tenant is provisioned into
	Base    string   // the tenant's SCIM base URL
	Token   string
	// Simulators is the address of the vendors' simulators.
	Simulators string
	// Nobody is the name the connection is tested with.
	Nobody string
	// Pending says how many changes of a target are on their way, as Watch's.
	Pending func(ctx context.Context, target string) (int, error)
	// Line is where it is shown how far the show is; several shows may share one.
	Line *Line
	Now  func() time.Time
}

// Result is how a show ended at one vendor.
type Result struct {
	Comparison
	Tenant     string
	Cycles     []Cycle // as far as it came
	Invitation Invitation
}

// Run plays the show. The results are how the vendors compare at its end, or at the first cycle
// that one of them did not come to hold.
func (s Show) Run(ctx context.Context, people []Person) ([]Result, error) {
	p := s.open(len(people))
	invitation := Invitation{Tenant: s.Tenant, Base: s.Base, Token: s.Token, Guest: people[1]}
	for _, v := range s.Vendors {
		invitation.Pages = append(invitation.Pages, s.Simulators+"/"+v.Name+"/_ui")
		invitation.States = append(invitation.States, s.state(v))
	}
	if err := p.client.Test(ctx, s.Nobody); err != nil {
		return nil, err
	}
	var comparisons []Comparison
	var played []Cycle
	for _, cycle := range append([]Cycle{{Name: "the first day"}}, Story(people)...) {
		people = cycle.Apply(people)
		played = append(played, cycle)
		var err error
		comparisons, err = p.cycle(ctx, cycle.Name, people)
		if err != nil {
			return s.results(comparisons, played, invitation), fmt.Errorf("demo: %s: %w", cycle.Name, err)
		}
		if slices.ContainsFunc(comparisons, func(c Comparison) bool { return !c.OK() }) {
			break
		}
	}
	invitation.ID = p.provider.SCIM(people[1])
	s.Line.End(fmt.Sprintf("%s: answers to the requests by status: %s", s.Tenant, &p.client.Tally))
	return s.results(comparisons, played, invitation), nil
}

func (s Show) results(comparisons []Comparison, played []Cycle, invitation Invitation) (results []Result) {
	for _, c := range comparisons {
		results = append(results, Result{Comparison: c, Tenant: s.Tenant, Cycles: played, Invitation: invitation})
	}
	return results
}

func (s Show) state(v Vendor) string { return s.Simulators + "/_sim/" + v.Name + "/state" }

// performance is a show that is on.
type performance struct {
	Show
	web      *http.Client
	client   *Client
	provider *Provider
	people   int
	began    time.Time
}

func (s Show) open(people int) *performance {
	web := NewHTTP(pushers)
	client := &Client{Base: s.Base, Token: s.Token, Pace: rate.NewLimiter(pace, pushers), HTTP: web}
	return &performance{Show: s, web: web, client: client, provider: NewProvider(client, pushers), people: people, began: s.Now()}
}

// watch looks at one of the vendors.
func (p *performance) watch(v Vendor) Watch {
	w := Watch{Every: 200 * time.Millisecond, Patience: patience,
		Fetch: func(ctx context.Context) (State, error) { return FetchState(ctx, p.web, p.state(v)) },
		Seen:  func(c Comparison) { p.Line.Say(p.far("", c)) }}
	if p.Pending != nil {
		w.Pending = func(ctx context.Context) (int, error) { return p.Pending(ctx, v.Name) }
	}
	return w
}

// far says how far the show is, or how it stood at the end of a cycle.
func (p *performance) far(cycle string, c Comparison) string {
	if cycle != "" {
		cycle = " after " + cycle
	}
	who := c.Vendor.Name
	if p.Tenant != who {
		who = p.Tenant + "/" + who
	}
	return fmt.Sprintf("%s%s %.1f s: %d/%d pushed, %d requests, %d accounts held, %d equal, %d due", who, cycle,
		p.Now().Sub(p.began).Seconds(), p.provider.Pushed(), p.people, p.client.Tally.Requests(), c.Held, c.Equal, c.Pending)
}

// cycle pushes a cycle and waits for the vendors, one after the other: they work side by side.
func (p *performance) cycle(ctx context.Context, name string, people []Person) (all []Comparison, err error) {
	pushErr := p.push(ctx, people)
	for _, v := range p.Vendors {
		var c Comparison
		if pushErr == nil {
			c, err = p.watch(v).Until(ctx, v, people)
		} else { // somebody was refused: what the vendor lacks now will not come
			c, err = p.watch(v).look(ctx, v, people)
		}
		all = append(all, c)
		p.Line.End(p.far(name, c))
		if pushErr = errors.Join(pushErr, err); err != nil {
			break
		}
	}
	return all, pushErr
}

// push pushes the cycle and looks at the vendors meanwhile, for whoever watches the progress. A
// look that fails is not worth a word: the wait that follows looks again.
func (p *performance) push(ctx context.Context, people []Person) error {
	looking, done := context.WithCancel(ctx)
	var looks sync.WaitGroup
	for _, v := range p.Vendors {
		watch := p.watch(v)
		looks.Go(func() {
			ticker := time.NewTicker(watch.Every)
			defer ticker.Stop()
			for {
				_, _ = watch.look(looking, v, people)
				select {
				case <-looking.Done():
					return
				case <-ticker.C:
				}
			}
		})
	}
	err := p.provider.Cycle(ctx, people)
	if err == nil {
		err = p.provider.Groups(ctx, Groups(people))
	}
	done()
	looks.Wait()
	return err
}
