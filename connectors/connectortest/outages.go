package connectortest

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"scimrelay/connectors"
)

func lostCreate(t *testing.T, h Harness) {
	for _, action := range []string{"lost", "drop", "cut"} {
		w := h.world(t)
		s := w.open(h.Customer("acme"), 0)
		_, _ = s.Find(t.Context(), w.record(s, 9)) // a session is open
		want := w.record(s, 1)
		w.show(map[string]any{"do": action, "method": "POST"})
		_, err := s.Create(t.Context(), want)
		fmt.Fprintln(w.said, err)
		if !connectors.Is(err, connectors.Unknown) || !connectors.FaultOf(err).Uncertain {
			t.Errorf("%s: got %v", action, err)
		}
		w.heal()
		_, err = s.Find(t.Context(), want)
		if done := action != "drop"; done && err != nil || !done && !connectors.Is(err, connectors.NotFound) {
			t.Errorf("%s: looking for it gives %v", action, err)
		}
	}
}

func away(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	_, _ = s.Find(t.Context(), want)
	w.server.Close()
	// A connection kept from before can take a request without anybody reading it.
	if idle, ok := s.Connector.(io.Closer); ok {
		_ = idle.Close()
	}
	_, err := s.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Transient) || connectors.FaultOf(err).Uncertain {
		t.Fatal(err)
	}
}

func blackHole(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), time.Second)
	want := w.record(s, 1)
	_, _ = s.Find(t.Context(), want)
	w.show(map[string]any{"do": "hang"})
	started := time.Now()
	if _, err := s.Create(t.Context(), want); !connectors.Is(err, connectors.Unknown) {
		t.Errorf("create: %v", err)
	}
	if _, err := s.Find(t.Context(), want); !connectors.Is(err, connectors.Transient) {
		t.Errorf("find: %v", err)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func cancelled(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	started := time.Now()
	if _, err := s.Find(ctx, want); !connectors.Is(err, connectors.Transient) {
		t.Errorf("find: %v", err)
	}
	if _, err := s.Create(ctx, want); !connectors.Is(err, connectors.Transient) {
		t.Errorf("create: %v", err)
	}
	_, _ = s.Find(t.Context(), want)
	w.show(map[string]any{"do": "hang"})
	ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Create(ctx, want); !connectors.Is(err, connectors.Unknown) {
		t.Errorf("create under way: %v", err)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// refused asks with credentials that the vendor does not take. A target that rests because of them
// and has nothing to send comes back by the probe's read alone.
func refused(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Wrong, 0)
	if _, err := s.Find(t.Context(), w.record(s, 1)); !connectors.Is(err, connectors.Auth) {
		t.Errorf("find: %v", err)
	}
	if _, err := s.Create(t.Context(), w.record(s, 1)); !connectors.Is(err, connectors.Auth) {
		t.Errorf("create: %v", err)
	}
	if err := connectors.Probe(t.Context(), s.Connector); !connectors.Is(err, connectors.Auth) {
		t.Errorf("a probe's read: %v", err)
	}
	if n := len(w.host.Calls(h.Product.Name)); n > 6 {
		t.Errorf("%d calls were made with refused credentials", n)
	}
}
