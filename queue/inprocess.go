package queue

import (
	"context"
	"sync"
)

// InProcess is the transport of the embedded default: a line in memory. It forgets everything
// with the process; the sweeper of the next one finds what was due.
type InProcess struct {
	mu    sync.Mutex
	lines map[Class][]Key
	// queued is the line a target waits in. Where it has moved to a better one, its old place is
	// passed over, unless it waits in that line again by then: it is served there.
	queued map[Key]Class
	served map[Class]int
	ring   chan struct{}
}

// NewInProcess returns an empty line.
func NewInProcess() *InProcess {
	return &InProcess{lines: make(map[Class][]Key), queued: make(map[Key]Class),
		served: make(map[Class]int), ring: make(chan struct{}, 1)}
}

var _ Transport = (*InProcess)(nil)

// Ring puts the target at the end of its line, unless it waits in one that is served as often
// or more.
func (p *InProcess) Ring(_ context.Context, r Ring) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if waits, ok := p.queued[r.Key]; !ok || weights()[string(r.Class)] > weights()[string(waits)] {
		p.join(r.Class)
		p.queued[r.Key] = r.Class
		p.lines[r.Class] = append(p.lines[r.Class], r.Key)
	}
	p.wake()
	return nil
}

// join lets a line that was empty start level with the others: what it did not use while it
// was empty is gone.
func (p *InProcess) join(class Class) {
	if len(p.lines[class]) > 0 {
		return
	}
	first := true
	for _, c := range classes() {
		if len(p.lines[c]) == 0 {
			continue
		}
		level := p.served[c] * weights()[string(class)] / weights()[string(c)]
		if first || level < p.served[class] {
			p.served[class], first = level, false
		}
	}
	if first {
		p.served[class] = 0
	}
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
	for {
		class, ok := p.turn()
		if !ok {
			return Key{}, false
		}
		key := p.lines[class][0]
		p.lines[class] = p.lines[class][1:]
		if p.queued[key] != class {
			continue // it moved to another line since
		}
		p.served[class]++
		delete(p.queued, key)
		return key, true
	}
}

// turn is the line that has been served the least for its weight.
func (p *InProcess) turn() (class Class, found bool) {
	for _, c := range classes() {
		if len(p.lines[c]) > 0 && (!found || p.served[c]*weights()[string(class)] < p.served[class]*weights()[string(c)]) {
			class, found = c, true
		}
	}
	return class, found
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
