package queue

import (
	"context"
	"sync"
)

// InProcess is the transport of the embedded default: a line in memory. It forgets everything
// with the process; the sweeper of the next one finds what was due.
type InProcess struct {
	mu     sync.Mutex
	lines  map[Class][]Key
	queued map[Key]bool
	served map[Class]int
	ring   chan struct{}
}

// NewInProcess returns an empty line.
func NewInProcess() *InProcess {
	return &InProcess{lines: make(map[Class][]Key), queued: make(map[Key]bool),
		served: make(map[Class]int), ring: make(chan struct{}, 1)}
}

var _ Transport = (*InProcess)(nil)

// Ring puts the target at the end of its line unless it waits in one already.
func (p *InProcess) Ring(_ context.Context, r Ring) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.queued[r.Key] {
		p.queued[r.Key] = true
		p.lines[r.Class] = append(p.lines[r.Class], r.Key)
	}
	p.wake()
	return nil
}

func (p *InProcess) wake() {
	select {
	case p.ring <- struct{}{}:
	default:
	}
}

// next takes the target whose line is the furthest behind its weight.
func (p *InProcess) next() (Key, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var class Class
	found := false
	for _, c := range []Class{Urgent, Default, Bulk} {
		if len(p.lines[c]) == 0 {
			p.served[c] = 0
			continue
		}
		if !found || p.served[c]*weights()[string(class)] < p.served[class]*weights()[string(c)] {
			class, found = c, true
		}
	}
	if !found {
		return Key{}, false
	}
	key := p.lines[class][0]
	p.lines[class] = p.lines[class][1:]
	p.served[class]++
	delete(p.queued, key)
	return key, true
}

// Serve implements Transport.
func (p *InProcess) Serve(ctx context.Context, turns int, run func(context.Context, Key)) error {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, turns)
	for {
		select {
		case <-ctx.Done():
			return nil
		case slots <- struct{}{}:
		}
		key, ok := p.wait(ctx)
		if !ok {
			return nil
		}
		running.Go(func() {
			defer func() { <-slots }()
			run(ctx, key)
		})
	}
}

// wait returns the next target, and false when ctx has ended.
func (p *InProcess) wait(ctx context.Context) (Key, bool) {
	for ctx.Err() == nil {
		if key, ok := p.next(); ok {
			return key, true
		}
		select {
		case <-ctx.Done():
		case <-p.ring:
		}
	}
	return Key{}, false
}

// Ping implements Transport: memory always answers.
func (p *InProcess) Ping(context.Context) error { return nil }

// Close implements Transport.
func (p *InProcess) Close() error { return nil }
