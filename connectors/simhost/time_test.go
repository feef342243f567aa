package simhost_test

import (
	"testing"
	"time"

	"scimrelay/connectors/simhost"
)

func TestAWindowOpensWithACallAndClosesAfterItsLength(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for name, w := range map[string]*simhost.Window{"a minute": {}, "ten minutes": {Length: 10 * time.Minute}} {
		length := max(w.Length, time.Minute)
		for i, call := range []struct {
			after time.Duration
			over  bool
			left  time.Duration
		}{{0, false, length}, {length / 2, false, length / 2}, {length - 1, true, 1}, {length, false, length}, {length + 1, false, length - 1}} {
			at := now.Add(call.after)
			if over := w.Over(at, 2); over != call.over || w.Left(at) != call.left {
				t.Errorf("%s, call %d: over %t, %s left", name, i, over, w.Left(at))
			}
		}
		if w.Over(now.Add(length), 0) || w.Calls() != 3 {
			t.Errorf("%s: %d calls", name, w.Calls())
		}
	}
}

func TestThePastIsShownUntilReadsCatchUp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var past simhost.Past[string]
	past.Keep("first", now, 0)
	past.Keep("second", now.Add(10*time.Second), 0)
	made := now.Add(-time.Minute)
	for at, want := range map[time.Duration]string{-time.Hour: "", -time.Minute: "first", -time.Second: "first", 0: "second",
		9 * time.Second: "second", 10 * time.Second: "third"} {
		if was, there := past.Seen(made, now.Add(at), "third"); was != want || there != (want != "") {
			t.Errorf("at %s it was %q, %t", at, was, there)
		}
	}
	past.Keep("third", now.Add(2*time.Hour), 3*time.Hour)
	if was, _ := past.Seen(made, now, "fourth"); was != "second" {
		t.Errorf("a lag of hours shows %q", was)
	}
	past.Keep("fourth", now.Add(2*time.Hour), 0)
	if was, _ := past.Seen(made, now, "fifth"); was != "third" {
		t.Errorf("%q is kept", was)
	}
}
