package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"scimrelay/internal/services"
	"scimrelay/queue"
	"scimrelay/store"
)

func ring(t *testing.T, tr queue.Transport, class queue.Class, n int) {
	t.Helper()
	key := queue.Key{Tenant: "acme", Target: fmt.Sprint("target", n)}
	if err := tr.Ring(t.Context(), queue.Ring{Key: key, Class: class, ID: fmt.Sprintf("%s:%d:%s", key, n, class)}); err != nil {
		t.Fatal(err)
	}
}

// M7: after FLUSHALL Asynq's own inspector sees no queue until the process is restarted. What we
// measure goes on, agrees with it, and lets it see again.
func TestMeasuresSurviveAnEmptiedRedis(t *testing.T) {
	t.Parallel()
	redis := services.NewRedis(t)
	a := asynqOn(t, redis.URL())
	defer a.Close()
	client := redis.Client()
	defer client.Close()
	inspector := asynq.NewInspectorFromRedisClient(client)
	fill := func(urgent, bulk int) {
		for n := range urgent {
			ring(t, a, queue.Urgent, n)
		}
		for n := range bulk {
			ring(t, a, queue.Bulk, n)
		}
	}
	check := func(urgent, bulk int64) {
		t.Helper()
		got, err := a.Depths(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got[queue.Urgent][queue.Waiting] != urgent || got[queue.Default][queue.Waiting] != 0 || got[queue.Bulk][queue.Waiting] != bulk {
			t.Errorf("%v, want %d urgent and %d bulk", got, urgent, bulk)
		}
		for class, depth := range got {
			info, err := inspector.GetQueueInfo(string(class))
			if err != nil {
				t.Fatalf("%s: %v", class, err)
			}
			want := queue.Depth{queue.Waiting: int64(info.Pending), queue.Running: int64(info.Active),
				queue.Scheduled: int64(info.Scheduled), queue.Retrying: int64(info.Retry), queue.Archived: int64(info.Archived)}
			if diff := cmp.Diff(want, depth); diff != "" {
				t.Errorf("%s: %s", class, diff)
			}
		}
	}
	fill(3, 2)
	if err := inspector.ArchiveTask("urgent", "acme/target0:0:urgent"); err != nil {
		t.Fatal(err)
	}
	check(2, 2)
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	fill(4, 0)
	if _, err := inspector.GetQueueInfo("urgent"); err == nil {
		t.Error("Asynq has learned to see after FLUSHALL: what works around it can go")
	}
	check(4, 0)
}

// Readiness and the log say what is wrong with Redis before it costs anything.
func TestRedisSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	redis := services.NewRedis(t)
	a := asynqOn(t, redis.URL())
	defer a.Close()
	client := redis.Client()
	defer client.Close()
	set := func(name, value string) func() {
		return func() {
			if err := client.ConfigSet(t.Context(), name, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	nothing := func() {}
	for _, c := range []struct {
		name        string
		begin, stop func()
		want        queue.Condition
	}{
		{"well", nothing, nothing, queue.Condition{}},
		{"evicting", set("maxmemory-policy", "allkeys-lru"), set("maxmemory-policy", "noeviction"), queue.Condition{Reason: "eviction"}},
		{"full", set("maxmemory", "1kb"), set("maxmemory", "0"), queue.Condition{Reason: "memory"}},
		{"silent", func() { redis.Pause(t) }, func() { redis.Resume(t) }, queue.Condition{Down: true, Reason: "down"}},
		{"well again", nothing, redis.Kill, queue.Condition{}},
		{"gone", nothing, nothing, queue.Condition{Down: true, Reason: "down"}},
	} {
		c.begin()
		got := a.Condition(t.Context())
		if (got.Detail == "") != (c.want.Reason == "") {
			t.Errorf("%s: detail %q", c.name, got.Detail)
		}
		if got.Detail = ""; got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
		c.stop()
	}
}

// A full Redis takes no ring; what it holds is measured all the same.
func TestAFullRedisIsStillMeasured(t *testing.T) {
	t.Parallel()
	redis := services.NewRedis(t)
	a := asynqOn(t, redis.URL())
	defer a.Close()
	client := redis.Client()
	defer client.Close()
	ring(t, a, queue.Default, 1)
	if err := client.ConfigSet(t.Context(), "maxmemory", "1kb").Err(); err != nil {
		t.Fatal(err)
	}
	key := queue.Key{Tenant: "acme", Target: "sage"}
	if err := a.Ring(t.Context(), queue.Ring{Key: key, Class: queue.Default, ID: "acme/sage:1"}); err == nil {
		t.Error("a full Redis took a ring")
	}
	if got, err := a.Depths(t.Context()); err != nil || got[queue.Default][queue.Waiting] != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// statuses knows every target and finds it free.
type statuses struct{}

func (statuses) Status(context.Context, string, string) (store.Status, error) {
	return store.Status{}, nil
}

// Q12: whoever rings never waits for the queue, however long that is silent, and what waits to be
// rung stays bounded in memory and in goroutines.
func TestRingingNeverWaitsForTheQueue(t *testing.T) { // beside no other test: it counts goroutines
	check := board.Begin(t, "Q12")
	redis := services.NewRedis(t)
	a := asynqOn(t, redis.URL())
	defer a.Close()
	redis.Pause(t)
	defer redis.Resume(t)
	bell := queue.NewBell(a, statuses{}, time.Now, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- bell.Run(ctx) }()
	bell.Ring("acme", []string{"first"}, store.UrgencyUpdate)
	before := runtime.NumGoroutine()
	const rings = 100_000 // each of them would take half a second if it waited
	for n := range rings {
		bell.Ring("acme", []string{fmt.Sprint("target", n)}, store.UrgencyUpdate)
	}
	check.Work("rings that nobody heard", rings, rings)
	if after := runtime.NumGoroutine(); after > before+40 {
		t.Errorf("%d goroutines, %d before", after, before)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type backlog map[store.Urgency]int

func (b backlog) DueByUrgency(context.Context, int) (map[store.Urgency]int, error) { return b, nil }

// The metrics of what is due come from the store, and stay when Redis says nothing.
func TestWhatIsDueIsShownWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := services.NewRedis(t)
	a := asynqOn(t, redis.URL())
	defer a.Close()
	redis.Kill()
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("")
	if err := queue.Observe(meter, a, backlog{store.UrgencyDeactivate: 3, store.UrgencyMembership: 5}); err != nil {
		t.Fatal(err)
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		points, _ := m.Data.(metricdata.Gauge[int64])
		for _, p := range points.DataPoints {
			urgency, _ := p.Attributes.Value(attribute.Key("urgency"))
			got[strings.TrimPrefix(m.Name, "scimrelay.")+" "+urgency.AsString()] = p.Value
		}
	}
	want := map[string]int64{"relay.due deactivate": 3, "relay.due delete": 0, "relay.due update": 0, "relay.due create": 0, "relay.due membership": 5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
