package cursor_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/cursor"
)

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)} }

func mustNew(tb testing.TB, key string, c *clock) *cursor.Sealer {
	tb.Helper()
	s, err := cursor.New([]byte(key), time.Hour, c.now)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func mustSeal(tb testing.TB, s *cursor.Sealer, state cursor.State, binding []byte) string {
	tb.Helper()
	text, err := s.Seal(state, binding)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

const secret = "0123456789abcdef"

var (
	state   = cursor.State{After: "u17", Key: []byte("\x40moreau"), Count: 10}
	binding = cursor.Binding("acme", "token 1", "/Users", `userName sw "a"`)
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	c := newClock()
	for _, want := range []cursor.State{
		{}, state, {After: strings.Repeat("a", 256), Key: bytes.Repeat([]byte{255}, 768), Count: 1 << 30},
	} {
		text := mustSeal(t, mustNew(t, secret, c), want, binding)
		got, err := mustNew(t, secret, c).Open(text, binding) // another process with the same key
		if err != nil {
			t.Fatal(err)
		}
		want.Issued = c.at.Local()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestText is the alphabet and the secrecy of R-120.
func TestText(t *testing.T) {
	t.Parallel()
	text := mustSeal(t, mustNew(t, secret, newClock()), cursor.State{After: strings.Repeat("a", 256), Key: bytes.Repeat([]byte("moreau"), 128)}, binding)
	if len(text) > 2048 {
		t.Errorf("%d bytes", len(text))
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") != "" {
		t.Errorf("R-120: %q", text)
	}
	if bytes.Contains(raw, []byte("moreau")) || bytes.Contains(raw, []byte("aaaa")) {
		t.Error("the cursor can be read")
	}
}

func TestInvalidCursor(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := mustNew(t, secret, c)
	good := mustSeal(t, s, state, binding)
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	c.at = c.at.Add(-24 * time.Hour)
	foreignOld := mustSeal(t, s, state, cursor.Binding("other", "token 1", "/Users", `userName sw "a"`))
	c.at = c.at.Add(24 * time.Hour)
	var bodies []string
	for name, try := range map[string]struct {
		text    string
		binding []byte
	}{
		"forged":                      {"bm90IGEgY3Vyc29yIGF0IGFsbCwganVzdCB0ZXh0Cg", binding},
		"empty":                       {"", binding},
		"another alphabet":            {"no/cursor+at=all", binding},
		"truncated":                   {good[:len(good)-4], binding},
		"truncated to the nonce":      {good[:16], binding},
		"extended":                    {good + "AAAA", binding},
		"a line break":                {good[:8] + "\n" + good[8:], binding},
		"padded":                      {good + "=", binding},
		"changed":                     {string(flipped), binding},
		"too long":                    {strings.Repeat("A", 1<<20), binding},
		"of another tenant":           {good, cursor.Binding("other", "token 1", "/Users", `userName sw "a"`)},
		"of another token":            {good, cursor.Binding("acme", "token 2", "/Users", `userName sw "a"`)},
		"with another filter":         {good, cursor.Binding("acme", "token 1", "/Users", `userName sw "b"`)},
		"with the limits moved":       {good, cursor.Binding("acmet", "oken 1", "/Users", `userName sw "a"`)},
		"of another tenant, and old":  {foreignOld, binding},
		"sealed under another key":    {mustSeal(t, mustNew(t, "another key of 16", c), state, binding), binding},
		"with one parameter too many": {good, cursor.Binding("acme", "token 1", "/Users", `userName sw "a"`, "")},
	} {
		got, err := s.Open(try.text, try.binding)
		e := scim.AsError(err)
		if err == nil || e.Status != 400 || e.Type != scim.TypeInvalidCursor || e.Err != nil {
			t.Errorf("R-122 %s: %v %v", name, got, err)
		}
		bodies = append(bodies, e.Detail)
	}
	for _, body := range bodies {
		if body != bodies[0] {
			t.Errorf("R-122: %q and %q tell cursors apart", body, bodies[0])
		}
	}
}

func TestExpiredCursor(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := mustNew(t, secret, c)
	text := mustSeal(t, s, state, binding)
	c.at = c.at.Add(time.Hour)
	if _, err := s.Open(text, binding); err != nil {
		t.Errorf("R-123: in its last second: %v", err)
	}
	c.at = c.at.Add(time.Millisecond)
	_, err := s.Open(text, binding)
	if e := scim.AsError(err); err == nil || e.Status != 400 || e.Type != scim.TypeExpiredCursor {
		t.Errorf("R-123: %v", err)
	}
	eternal, err := cursor.New([]byte(secret), 0, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eternal.Open(text, binding); err != nil {
		t.Errorf("without a timeout: %v", err)
	}
}

func TestInvalidCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err error
		ok  bool
	}{
		"R-124 above the maximum":     {cursor.CheckCount(201, 200), false},
		"R-124 at the maximum":        {cursor.CheckCount(200, 200), true},
		"R-124 another than at first": {state.CheckCount(11), false},
		"R-124 the same":              {state.CheckCount(10), true},
		"R-125 nothing at all":        {cursor.CheckCount(-3, 200), true},
	} {
		e := scim.AsError(c.err)
		if (c.err == nil) != c.ok || c.err != nil && (e.Status != 400 || e.Type != scim.TypeInvalidCount) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	s := mustNew(t, secret, newClock())
	for _, long := range []cursor.State{{After: strings.Repeat("a", 257)}, {Key: make([]byte, 769)}} {
		if text, err := s.Seal(long, binding); err == nil {
			t.Errorf("sealed into %d bytes", len(text))
		}
	}
	if _, err := cursor.New([]byte("short"), time.Hour, time.Now); err == nil {
		t.Error("a short key")
	}
}

func FuzzOpen(f *testing.F) {
	c := newClock()
	s := mustNew(f, secret, c)
	good := mustSeal(f, s, state, binding)
	for _, seed := range []string{good, good[:20], strings.ToUpper(good), "", "AAAA", "\n" + good} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := s.Open(text, binding)
		if err != nil {
			if e := scim.AsError(err); e.Status != 400 || e.Type != scim.TypeInvalidCursor {
				t.Fatalf("%#v", e)
			}
			return
		}
		if text != good || got.After != state.After {
			t.Fatalf("%q was never sealed", text)
		}
	})
}
