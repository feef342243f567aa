package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"scimrelay/store"
)

// Depth is how many turns of one class are in which state.
type Depth map[string]int64

// The states of a turn.
const (
	Waiting   = "pending"
	Running   = "active"
	Scheduled = "scheduled"
	Retrying  = "retry"
	Archived  = "archived"
)

// Measured is a transport that can say how many turns it holds.
type Measured interface {
	Depths(ctx context.Context) (map[Class]Depth, error)
}

// Backlog is the truth that the queue only announces: how many links are due, and how many of
// each urgency. It looks at so many at most.
type Backlog interface {
	DueByUrgency(ctx context.Context, most int) (map[store.Urgency]int, error)
}

const (
	mostCounted = 10_000
	measureFor  = 2 * time.Second // a measure is good for this long, whoever asks how often
	askLimit    = time.Second
)

// Observe shows how much waits: turns as the transport has them, and links as the store has them.
// What one of the two cannot say is left away; the other goes on.
func Observe(meter metric.Meter, transport Transport, backlog Backlog) error {
	due, err := meter.Int64ObservableGauge("scimrelay.relay.due", metric.WithUnit("{link}"),
		metric.WithDescription(fmt.Sprintf("Links that are due, by urgency, from the store; at most %d are counted.", mostCounted)))
	if err != nil {
		return err
	}
	links := &remembered[map[store.Urgency]int]{ask: func(ctx context.Context) (map[store.Urgency]int, error) {
		return backlog.DueByUrgency(ctx, mostCounted)
	}}
	_, err = meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		counts, err := links.get(ctx)
		if err != nil {
			return nil //nolint:nilerr // readiness says what is wrong with the store
		}
		for _, u := range store.Urgencies() {
			o.ObserveInt64(due, int64(counts[u]), metric.WithAttributes(attribute.String("urgency", urgencyName(u))))
		}
		return nil
	}, due)
	if err != nil {
		return err
	}
	return observeTurns(meter, transport)
}

func observeTurns(meter metric.Meter, transport Transport) error {
	measured, ok := transport.(Measured)
	if !ok {
		return nil
	}
	turns, err := meter.Int64ObservableGauge("scimrelay.queue.turns", metric.WithUnit("{turn}"),
		metric.WithDescription("Turns in the queue, by class and state."))
	if err != nil {
		return err
	}
	depths := &remembered[map[Class]Depth]{ask: measured.Depths}
	_, err = meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		found, err := depths.get(ctx)
		if err != nil {
			return nil //nolint:nilerr // readiness says what is wrong with Redis
		}
		for class, depth := range found {
			for state, n := range depth {
				o.ObserveInt64(turns, n, metric.WithAttributes(attribute.String("class", string(class)), attribute.String("state", state)))
			}
		}
		return nil
	}, turns)
	return err
}

// remembered asks once for everybody who wants to know at nearly the same time.
type remembered[T any] struct {
	ask func(context.Context) (T, error)

	mu    sync.Mutex
	value T
	err   error
	until time.Time
}

func (r *remembered[T]) get(ctx context.Context) (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().Before(r.until) {
		return r.value, r.err
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	r.value, r.err = r.ask(ctx)
	r.until = time.Now().Add(measureFor)
	return r.value, r.err
}

func urgencyName(u store.Urgency) string {
	switch u {
	case store.UrgencyDeactivate:
		return "deactivate"
	case store.UrgencyDelete:
		return "delete"
	case store.UrgencyUpdate:
		return "update"
	case store.UrgencyCreate:
		return "create"
	case store.UrgencyMembership:
		return "membership"
	}
	return "other"
}

// Depths implements Measured. It reads the lists themselves, in one round trip that its context
// bounds. Asynq's inspector would do neither, and sees only queues that are in a set which a
// process writes once in its life: emptying Redis blinds it until a restart (reliability rules
// M7). The set is written again on the way, so that Asynq's own tools see the queues too.
func (a *Asynq) Depths(ctx context.Context) (map[Class]Depth, error) {
	ctx, cancel := context.WithTimeout(ctx, ringLimit)
	defer cancel()
	pipe := a.look.Pipeline()
	asked := make(map[Class]map[string]*redis.IntCmd)
	for _, class := range classes() {
		key := "asynq:{" + string(class) + "}:"
		pipe.SAdd(ctx, "asynq:queues", string(class))
		asked[class] = map[string]*redis.IntCmd{
			Waiting: pipe.LLen(ctx, key+"pending"), Running: pipe.LLen(ctx, key+"active"),
			Scheduled: pipe.ZCard(ctx, key+"scheduled"), Retrying: pipe.ZCard(ctx, key+"retry"), Archived: pipe.ZCard(ctx, key+"archived"),
		}
	}
	if _, err := pipe.Exec(ctx); err != nil && !refusedWrite(err) {
		return nil, fmt.Errorf("queue: measure: %w", err)
	}
	found := make(map[Class]Depth)
	for class, states := range asked {
		found[class] = Depth{}
		for state, n := range states {
			found[class][state] = n.Val()
		}
	}
	return found, nil
}

// refusedWrite reports that Redis answered and would not write, as when its memory is full: what
// was read in the same round trip is good.
func refusedWrite(err error) bool {
	var refused redis.Error
	return errors.As(err, &refused)
}

// Depths implements Measured.
func (p *InProcess) Depths(context.Context) (map[Class]Depth, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := make(map[Class]Depth)
	for _, class := range classes() {
		found[class] = Depth{Waiting: 0}
	}
	for _, class := range p.queued {
		found[class][Waiting]++
	}
	return found, nil
}

var (
	_ Measured = (*Asynq)(nil)
	_ Measured = (*InProcess)(nil)
	_ Backlog  = (*store.Links)(nil)
)
