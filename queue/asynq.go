package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

const (
	turnTask = "relay:turn"
	// ringLimit bounds one ring. Without ContextTimeoutEnabled a silent Redis would hold the
	// caller for seconds whatever its context says.
	ringLimit = 500 * time.Millisecond
	// checkInterval is how often an idle server asks Redis for work; the default second would
	// be the whole latency.
	checkInterval = 50 * time.Millisecond
	// turnLimit is far above a slice: a handler that overruns is not killed, and the lease,
	// not the queue, keeps turns apart.
	turnLimit = 10 * time.Minute
	// drainLimit lets running turns end within their vendor calls.
	drainLimit = 40 * time.Second
	workConns  = 32
	lookConns  = 2
)

// Asynq is the transport of a cluster: turns spread over worker processes through Redis.
// Nothing in Redis is a record: tasks carry a target's name, never fail, and are never kept.
type Asynq struct {
	redis  redis.UniversalClient
	look   redis.UniversalClient // for questions: they must not wait for a connection of the work
	client *asynq.Client
	// Servers is how many servers share a process's turns. One dequeues serially, a round
	// trip for each task, so a distant Redis needs several.
	Servers int
	Log     *slog.Logger
}

var _ Transport = (*Asynq)(nil)

// NewAsynq returns a transport on the Redis at the URL: redis://, rediss:// or
// redis-sentinel://. It does not connect yet: a Redis that is down is no reason not to start.
func NewAsynq(redisURL string, log *slog.Logger) (*Asynq, error) {
	client, err := connect(redisURL, workConns)
	if err != nil {
		return nil, err
	}
	look, err := connect(redisURL, lookConns)
	if err != nil {
		return nil, err
	}
	redis.SetLogger(redisLog{log}) // the client has no other way to keep off the standard error
	return &Asynq{redis: client, look: look, client: asynq.NewClientFromRedisClient(client), Servers: 2, Log: log}, nil
}

func connect(redisURL string, conns int) (redis.UniversalClient, error) {
	option, err := asynq.ParseRedisURI(redisURL)
	if err != nil {
		return nil, errors.New("queue: the Redis URL cannot be read") // its text may hold a password
	}
	limits := redis.Options{DialTimeout: time.Second, ReadTimeout: 3 * time.Second, WriteTimeout: 3 * time.Second,
		ContextTimeoutEnabled: true, MaxRetries: 1, PoolSize: conns}
	switch o := option.(type) {
	case asynq.RedisClientOpt:
		limits.Network, limits.Addr, limits.Username, limits.Password = o.Network, o.Addr, o.Username, o.Password
		limits.DB, limits.TLSConfig = o.DB, o.TLSConfig
		return redis.NewClient(&limits), nil
	case asynq.RedisFailoverClientOpt:
		return redis.NewFailoverClient(&redis.FailoverOptions{MasterName: o.MasterName, SentinelAddrs: o.SentinelAddrs,
			SentinelUsername: o.SentinelUsername, SentinelPassword: o.SentinelPassword, Username: o.Username,
			Password: o.Password, DB: o.DB, TLSConfig: o.TLSConfig, DialTimeout: limits.DialTimeout,
			ReadTimeout: limits.ReadTimeout, WriteTimeout: limits.WriteTimeout, ContextTimeoutEnabled: true,
			MaxRetries: limits.MaxRetries, PoolSize: limits.PoolSize}), nil
	}
	return nil, fmt.Errorf("queue: a Redis of kind %T is not supported", option)
}

// Ring enqueues a turn. The same ID already in Redis is fine: that turn comes.
func (a *Asynq) Ring(ctx context.Context, r Ring) error {
	ctx, cancel := context.WithTimeout(ctx, ringLimit)
	defer cancel()
	task := asynq.NewTask(turnTask, []byte(r.Key.String()))
	_, err := a.client.EnqueueContext(ctx, task, asynq.TaskID(r.ID), asynq.Queue(string(r.Class)),
		asynq.Timeout(turnLimit), asynq.MaxRetry(3))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("queue: ring %s: %w", r.Key, err)
	}
	return nil
}

// Serve implements Transport.
func (a *Asynq) Serve(ctx context.Context, turns int, run func(context.Context, Key)) error {
	handler := asynq.HandlerFunc(func(task context.Context, t *asynq.Task) error {
		tenant, target, ok := strings.Cut(string(t.Payload()), "/")
		if !ok {
			return nil // not ours to fail: an older or newer binary's task means nothing here
		}
		ctx, cancel := context.WithCancel(ctx) // ends with the process; the task's own end is the turn's as well
		defer cancel()
		defer context.AfterFunc(task, cancel)()
		run(ctx, Key{tenant, target})
		return nil
	})
	n := max(1, min(a.Servers, turns))
	servers := make([]*asynq.Server, n)
	for i := range servers {
		servers[i] = asynq.NewServerFromRedisClient(a.redis, asynq.Config{
			Concurrency: (turns + n - 1) / n, Queues: weights(), TaskCheckInterval: checkInterval,
			ShutdownTimeout: drainLimit, Logger: asynqLog{a.Log}, LogLevel: asynq.WarnLevel,
			BaseContext: func() context.Context { return context.WithoutCancel(ctx) },
		})
		if err := a.start(ctx, servers[i], handler); err != nil {
			return err
		}
	}
	<-ctx.Done()
	var stopping errgroup.Group
	for _, s := range servers {
		stopping.Go(func() error { s.Shutdown(); return nil })
	}
	return stopping.Wait()
}

// start waits for a Redis that is not up yet.
func (a *Asynq) start(ctx context.Context, s *asynq.Server, h asynq.Handler) error {
	for {
		err := a.Ping(ctx)
		if err == nil {
			if err = s.Start(h); err == nil {
				return nil
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		a.Log.WarnContext(ctx, "queue waits for redis", "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// Ping implements Transport.
func (a *Asynq) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ringLimit)
	defer cancel()
	if err := a.look.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("queue: redis: %w", err)
	}
	return nil
}

// Close implements Transport. The asynq client shares this connection and has none of its own.
func (a *Asynq) Close() error { return errors.Join(a.redis.Close(), a.look.Close()) }

// asynqLog gives Asynq's own messages to our log.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(args ...any) { l.log.Debug("asynq", "message", fmt.Sprint(args...)) }
func (l asynqLog) Info(args ...any)  { l.log.Info("asynq", "message", fmt.Sprint(args...)) }
func (l asynqLog) Warn(args ...any)  { l.log.Warn("asynq", "message", fmt.Sprint(args...)) }
func (l asynqLog) Error(args ...any) { l.log.Error("asynq", "message", fmt.Sprint(args...)) }
func (l asynqLog) Fatal(args ...any) { l.log.Error("asynq", "message", fmt.Sprint(args...)) }

// redisLog does the same with the Redis client's.
type redisLog struct{ log *slog.Logger }

// Printf implements the client's logger.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis", "message", fmt.Sprintf(format, args...))
}
