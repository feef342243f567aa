package queue_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"scimrelay/internal/services"
	"scimrelay/queue"
	"scimrelay/queue/queuetest"
)

var databases services.Databases

func TestMain(m *testing.M) { os.Exit(services.Main(m, &databases)) }

func TestInProcess(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(testing.TB) queue.Transport { return queue.NewInProcess() })
}

func TestAsynq(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(tb testing.TB) queue.Transport { return asynqOn(tb, services.NewRedis(tb).URL()) })
}

func asynqOn(tb testing.TB, url string) *queue.Asynq {
	tb.Helper()
	a, err := queue.NewAsynq(url, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	a.Servers = 1 // two servers with a turn each would not serve one line in order
	return a
}

// A silent Redis must cost a ring its time limit and no more (reliability rules, M8).
func TestARingGivesUpOnASilentRedis(t *testing.T) {
	t.Parallel()
	redis := services.NewRedis(t)
	a := asynqOn(t, redis.URL())
	defer a.Close()
	ring := queue.Ring{Key: queue.Key{Tenant: "acme", Target: "sage"}, Class: queue.Default, ID: "acme/sage:1"}
	if err := a.Ring(t.Context(), ring); err != nil {
		t.Fatal(err)
	}
	redis.Pause(t)
	defer redis.Resume(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	ring.ID = "acme/sage:2"
	if err := a.Ring(ctx, ring); err == nil || ctx.Err() != nil {
		t.Errorf("ringing gave %v, context %v", err, ctx.Err())
	}
	if err := a.Ping(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("a silent Redis answers: %v", err)
	}
}

func TestAURLThatCannotBeReadIsNotQuoted(t *testing.T) {
	t.Parallel()
	if _, err := queue.NewAsynq("redis://:s3cret@[broken", slog.New(slog.DiscardHandler)); err == nil || len(err.Error()) > 60 {
		t.Errorf("got %v", err)
	}
}
