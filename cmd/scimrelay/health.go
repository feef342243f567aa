package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"scimrelay/queue"
	"scimrelay/store"
)

// health answers whether the process lives and whether it may be sent requests.
type health struct {
	store      *store.Store
	transport  queue.Transport
	overloaded func() bool   // nil in a worker
	busy       time.Duration // how long a request waits for the store
	leaving    atomic.Bool
}

// component is one thing readiness looks at.
type component struct {
	State  string `json:"state"`            // ok, degraded, down; off when it is not used
	Reason string `json:"reason,omitempty"` // a word, for whoever alerts on it
	Detail string `json:"detail,omitempty"`
}

// readiness is the body of /readyz.
type readiness struct {
	Status   string    `json:"status"` // ready, degraded, not ready, leaving
	Store    component `json:"store"`
	Redis    component `json:"redis"`
	Requests component `json:"requests"`
}

// readyLimit bounds a question about readiness: whoever asks has little patience.
const readyLimit = 2 * time.Second

// live answers without looking at anything: a process that can answer must not be killed
// because its database is away.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready is off while the store takes no requests or the process is leaving. Redis away costs
// latency only, so the process stays in service, and an overload passes sooner than a balancer
// could move it elsewhere.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	answer := readiness{Store: h.ofStore(ctx), Redis: h.ofRedis(ctx), Requests: h.ofRequests(ctx)}
	status := http.StatusOK
	switch {
	case h.leaving.Load():
		answer.Status, status = "leaving", http.StatusServiceUnavailable
	case answer.Store.State == "down":
		answer.Status, status = "not ready", http.StatusServiceUnavailable
	case answer.Store.State == "degraded" || answer.Redis.State == "degraded" || answer.Redis.State == "down" || answer.Requests.State == "degraded":
		answer.Status = "degraded"
	default:
		answer.Status = "ready"
	}
	reply(w, status, answer)
}

func (h *health) ofStore(ctx context.Context) component {
	trouble := h.store.Health(ctx)
	if trouble == "" {
		return component{State: "ok"}
	}
	state := "degraded"
	if !trouble.Serving() {
		state = "down"
	}
	return component{State: state, Reason: string(trouble), Detail: h.troubles()[trouble]}
}

// troubles says in words what an operator reads.
func (h *health) troubles() map[store.Trouble]string {
	return map[store.Trouble]string{
		store.Down:       "the database does not answer",
		store.ReadOnly:   "the database takes no writes",
		store.DiskFull:   "the database's disk is full or refuses to be written to; it is tried again every second",
		store.DiskFailed: "the disk did not keep what it was told to: the process ends, and begins again from what is there",
		store.Busy:       fmt.Sprintf("requests had to wait longer than %v a moment ago", h.busy),
		store.LongLog:    "the write-ahead log is longer than 256 MiB: something reads without end",
	}
}

func (h *health) ofRequests(context.Context) component {
	if h.overloaded != nil && h.overloaded() {
		return component{State: "degraded", Reason: "overloaded", Detail: "as many requests are being answered as may be: others are told to come again"}
	}
	return component{State: "ok"}
}

// conditioned is a transport that can say how what is below it is.
type conditioned interface {
	Condition(ctx context.Context) queue.Condition
}

func (h *health) ofRedis(ctx context.Context) component {
	asked, ok := h.transport.(conditioned)
	if !ok {
		return component{State: "off", Detail: "turns are queued in process"}
	}
	c := asked.Condition(ctx)
	switch {
	case c.Down:
		return component{State: "down", Reason: c.Reason, Detail: c.Detail}
	case c.Reason != "":
		return component{State: "degraded", Reason: c.Reason, Detail: c.Detail}
	}
	return component{State: "ok"}
}

// watchEvery is how often the process looks by itself, for its log.
const watchEvery = 15 * time.Second

// components are what readiness looks at, by the names it has there.
func (h *health) components() map[string]func(context.Context) component {
	return map[string]func(context.Context) component{"store": h.ofStore, "redis": h.ofRedis, "requests": h.ofRequests}
}

// watch says in the log when a component becomes unwell and when it is well again, from
// the start on.
func (h *health) watch(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	said := make(map[string]string)
	for {
		for name, of := range h.components() {
			asking, cancel := context.WithTimeout(ctx, readyLimit)
			now := of(asking)
			cancel()
			if ctx.Err() == nil && now.Reason != said[name] {
				said[name] = now.Reason
				if now.Reason == "" {
					log.InfoContext(ctx, "well again", "component", name)
				} else {
					log.WarnContext(ctx, "not well", "component", name, "state", now.State, "reason", now.Reason, "detail", now.Detail)
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side has gone: nobody to tell
}
