package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Provider is the identity provider's side of one tenant: it remembers what it pushed, and at
// each cycle pushes what has become different. Make it with NewProvider.
type Provider struct {
	client  *Client
	workers int

	mu      sync.Mutex
	anchors map[string]string   // the SCIM id of each person
	pushed  map[string]Person   // as the tenant last accepted them
	waiting map[string][]Person // by the manager who has not arrived yet
	groups  map[string]pushedGroup
	errs    []error
}

// NewProvider returns a provider that has pushed nobody yet and pushes that many people at once.
func NewProvider(client *Client, workers int) *Provider {
	return &Provider{client: client, workers: workers,
		anchors: make(map[string]string), pushed: make(map[string]Person), waiting: make(map[string][]Person), groups: make(map[string]pushedGroup)}
}

// Pushed is how many people the tenant has accepted, those since deleted included.
func (pr *Provider) Pushed() int {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return len(pr.pushed)
}

// Cycle pushes everybody who is not as pushed before. One person's failure is not another's:
// the error is all of them together.
func (pr *Provider) Cycle(ctx context.Context, people []Person) error {
	pr.errs = nil
	var work errgroup.Group
	work.SetLimit(pr.workers)
	turn := 0
	for _, p := range people {
		if before, known := pr.known(p.ID); known && before == p {
			continue
		}
		shape := Shape(turn % 2)
		turn++
		work.Go(func() error {
			if err := pr.push(ctx, p, shape); err != nil && ctx.Err() == nil {
				pr.fail(p, err)
			}
			return ctx.Err()
		})
	}
	return errors.Join(work.Wait(), errors.Join(pr.errs...))
}

func (pr *Provider) known(id string) (Person, bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	p, ok := pr.pushed[id]
	return p, ok
}

func (pr *Provider) fail(p Person, err error) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.errs = append(pr.errs, fmt.Errorf("demo: push %s: %w", p.UserName, err))
}

func (pr *Provider) push(ctx context.Context, p Person, shape Shape) error {
	before, known := pr.known(p.ID)
	switch {
	case p.Gone && !known:
		return nil
	case p.Gone:
		return pr.end(ctx, p)
	case known:
		return pr.update(ctx, before, p, shape)
	}
	return pr.introduce(ctx, p, shape)
}

// introduce looks the person up and creates them, as somebody whose id is not known yet.
func (pr *Provider) introduce(ctx context.Context, p Person, shape Shape) error {
	id, err := pr.client.find(ctx, p.UserName)
	if err != nil {
		return err
	}
	if id == "" {
		id, err = pr.client.create(ctx, p)
	} else {
		err = pr.send(ctx, id, differences(attributes(Person{}, ""), attributes(p, "")), &p.Active, shape)
	}
	if err != nil {
		return err
	}
	pr.note(p, id)
	if err := pr.point(ctx, p); err != nil {
		return err
	}
	for _, report := range pr.waited(p) {
		if err := pr.point(ctx, report); err != nil {
			return fmt.Errorf("set the manager of %s: %w", report.UserName, err)
		}
	}
	return nil
}

// point sets the person's manager if there is one and has arrived. Entra sends references by
// themselves, and never with the object.
func (pr *Provider) point(ctx context.Context, p Person) error {
	manager := pr.manager(p)
	if manager == "" {
		return nil
	}
	set := difference{attribute{managerPath, manager}, true}
	return pr.send(ctx, pr.anchor(p.ID), []difference{set}, nil, Default)
}

func (pr *Provider) update(ctx context.Context, before, after Person, shape Shape) error {
	var active *bool
	if after.Active != before.Active {
		active = &after.Active
	}
	id := pr.anchor(after.ID)
	changed := differences(attributes(before, pr.anchor(before.Manager)), attributes(after, pr.manager(after)))
	if err := pr.send(ctx, id, changed, active, shape); err != nil {
		return err
	}
	pr.note(after, id)
	return nil
}

func (pr *Provider) send(ctx context.Context, id string, changed []difference, active *bool, shape Shape) error {
	message := shape.patch(changed, active)
	if message == nil {
		return nil
	}
	return pr.client.patch(ctx, id, message)
}

func (pr *Provider) end(ctx context.Context, p Person) error {
	id := pr.anchor(p.ID)
	if err := pr.client.remove(ctx, id); err != nil {
		return err
	}
	pr.note(p, id)
	return nil
}

func (pr *Provider) note(p Person, id string) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.anchors[p.ID], pr.pushed[p.ID] = id, p
}

// SCIM is the person's id at the tenant, empty until they have been pushed.
func (pr *Provider) SCIM(p Person) string { return pr.anchor(p.ID) }

func (pr *Provider) anchor(person string) string {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.anchors[person]
}

// manager is the SCIM id of the person's manager. Whose manager has not arrived waits for it.
func (pr *Provider) manager(p Person) string {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	id, arrived := pr.anchors[p.Manager]
	if p.Manager != "" && !arrived {
		pr.waiting[p.Manager] = append(pr.waiting[p.Manager], p)
	}
	return id
}

// waited takes those who waited for the person's id.
func (pr *Provider) waited(p Person) []Person {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	reports := pr.waiting[p.ID]
	delete(pr.waiting, p.ID)
	return reports
}
