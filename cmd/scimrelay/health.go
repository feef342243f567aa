package main

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"scimrelay/queue"
	"scimrelay/store"
)

// health answers whether the process lives and whether it may be sent requests.
type health struct {
	store     *store.Store
	transport queue.Transport
	queue     string // the scheme of its URL
	leaving   atomic.Bool
}

// component is one thing readiness looks at.
type component struct {
	State  string `json:"state"` // ok, degraded, down
	Detail string `json:"detail,omitempty"`
}

// readiness is the body of /readyz.
type readiness struct {
	Status string    `json:"status"` // ready, degraded, not ready
	Store  component `json:"store"`
	Redis  component `json:"redis"`
}

// live answers without looking at anything: a process that can answer must not be killed
// because its database is away.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready is off while the store is away or the process is leaving. Redis away costs latency
// only, so the process stays in service.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	answer := readiness{Status: "ready", Store: component{State: "ok"}, Redis: component{State: "ok"}}
	status := http.StatusOK
	if h.queue == "inprocess" {
		answer.Redis.State, answer.Redis.Detail = "off", "turns are queued in process"
	} else if err := h.transport.Ping(ctx); err != nil {
		answer.Redis = component{State: "down", Detail: "turns wait for the sweeper"}
		answer.Status = "degraded"
	}
	if err := h.store.Ping(ctx); err != nil {
		answer.Store = component{State: "down"}
		answer.Status, status = "not ready", http.StatusServiceUnavailable
	}
	if h.leaving.Load() {
		answer.Status, status = "leaving", http.StatusServiceUnavailable
	}
	reply(w, status, answer)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side has gone: nobody to tell
}
