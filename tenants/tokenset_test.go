package tenants_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"scimrelay/tenants"
)

// ledger is a store of one tenant's tokens, as the rules want it: slots are unique.
type ledger struct {
	tokens tenants.TokenSet
}

func (l *ledger) apply(t rapid.TB, changed tenants.TokenSet) {
	t.Helper()
	for _, c := range changed {
		l.put(c)
		l.unique(t)
	}
}

func (l *ledger) put(token tenants.Token) {
	for i, have := range l.tokens {
		if have.KeyID == token.KeyID {
			l.tokens[i] = token
			return
		}
	}
	l.tokens = append(l.tokens, token)
}

func (l *ledger) unique(t rapid.TB) {
	t.Helper()
	slots := map[int]string{}
	for _, token := range l.tokens {
		switch {
		case token.Status == tenants.Active && (token.Slot < 1 || token.Slot > tenants.MaxActive || slots[token.Slot] != ""):
			t.Fatalf("token %s has slot %d, %v", token.KeyID, token.Slot, slots)
		case token.Status == tenants.Active:
			slots[token.Slot] = token.KeyID
		case token.Slot != 0:
			t.Fatalf("token %s is %s and holds slot %d", token.KeyID, token.Status, token.Slot)
		}
	}
}

func (l *ledger) status(keyID string, now time.Time) tenants.Status {
	for _, token := range l.tokens {
		if token.KeyID == keyID {
			return token.StatusAt(now)
		}
	}
	return ""
}

func TestNoSequenceOfChangesMakesAThirdActiveToken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, now, next := &ledger{}, start, 0
		fresh := func() tenants.Token {
			next++
			return tenants.Token{Tenant: "acme", KeyID: fmt.Sprint(next), Created: now, Expires: now.Add(100 * time.Hour)}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			keyID := fmt.Sprint(rapid.IntRange(1, max(next, 1)).Draw(t, "key"))
			before := l.status(keyID, now)
			var changed tenants.TokenSet
			var err error
			switch rapid.SampledFrom([]string{"create", "renew", "activate", "deactivate", "delete", "wait"}).Draw(t, "step") {
			case "create":
				changed, err = l.tokens.Create(fresh(), now)
			case "renew":
				changed, err = l.tokens.Renew(keyID, fresh(), time.Duration(rapid.IntRange(0, 3).Draw(t, "overlap"))*24*time.Hour, now)
			case "activate":
				changed, err = l.tokens.Activate(keyID, now)
			case "deactivate":
				changed, err = l.tokens.Deactivate(keyID, now)
			case "delete":
				changed, err = l.tokens.Delete(keyID, now)
			case "wait":
				now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "hours")) * time.Hour)
			}
			if err != nil && len(changed) > 0 {
				t.Fatalf("refused with %v, and changed %v", err, changed)
			}
			l.apply(t, changed)
			if after := l.status(keyID, now); before == tenants.Deleted && after != tenants.Deleted || before == tenants.Expired && after == tenants.Active {
				t.Fatalf("a token went from %s to %s", before, after)
			}
		}
	})
}

func TestTokenRules(t *testing.T) {
	t.Parallel()
	token := func(id string, slot int, status tenants.Status) tenants.Token {
		return tenants.Token{KeyID: id, Slot: slot, Status: status, Expires: start.Add(time.Hour)}
	}
	fresh := tenants.Token{KeyID: "new", Expires: start.Add(tenants.Lifetime)}
	late := start.Add(2 * time.Hour)
	two := tenants.TokenSet{token("a", 1, tenants.Active), token("b", 2, tenants.Active)}
	one := tenants.TokenSet{token("a", 2, tenants.Active), token("off", 0, tenants.Inactive), token("gone", 0, tenants.Deleted)}
	for name, c := range map[string]struct {
		change func() (tenants.TokenSet, error)
		want   string
	}{
		"create the second":             {func() (tenants.TokenSet, error) { return one.Create(fresh, start) }, "new:active:1"},
		"create the third":              {func() (tenants.TokenSet, error) { return two.Create(fresh, start) }, tenants.ErrTooManyActive.Error()},
		"create beside two expired":     {func() (tenants.TokenSet, error) { return two.Create(fresh, late) }, "a:expired:0 b:expired:0 new:active:1"},
		"activate the second":           {func() (tenants.TokenSet, error) { return one.Activate("off", start) }, "off:active:1"},
		"activate the active":           {func() (tenants.TokenSet, error) { return one.Activate("a", start) }, ""},
		"activate the deleted":          {func() (tenants.TokenSet, error) { return one.Activate("gone", start) }, tenants.ErrNoToken.Error()},
		"activate the late":             {func() (tenants.TokenSet, error) { return one.Activate("off", late) }, tenants.ErrTokenOver.Error()},
		"deactivate":                    {func() (tenants.TokenSet, error) { return one.Deactivate("a", start) }, "a:inactive:0"},
		"deactivate twice":              {func() (tenants.TokenSet, error) { return one.Deactivate("off", start) }, ""},
		"deactivate the expired":        {func() (tenants.TokenSet, error) { return one.Deactivate("a", late) }, tenants.ErrTokenOver.Error()},
		"renew with overlap":            {func() (tenants.TokenSet, error) { return one.Renew("a", fresh, 30*time.Minute, start) }, "a:active:2 new:active:1"},
		"renew at once":                 {func() (tenants.TokenSet, error) { return two.Renew("a", fresh, 0, start) }, "a:expired:0 new:active:1"},
		"renew beside two":              {func() (tenants.TokenSet, error) { return two.Renew("a", fresh, time.Minute, start) }, tenants.ErrTooManyActive.Error()},
		"renew with too much overlap":   {func() (tenants.TokenSet, error) { return one.Renew("a", fresh, 73*time.Hour, start) }, tenants.ErrOverlap.Error()},
		"renew the expired":             {func() (tenants.TokenSet, error) { return one.Renew("a", fresh, time.Hour, late) }, "a:expired:0 new:active:1"},
		"renew the unknown":             {func() (tenants.TokenSet, error) { return one.Renew("x", fresh, 0, start) }, tenants.ErrNoToken.Error()},
		"delete":                        {func() (tenants.TokenSet, error) { return one.Delete("a", start) }, "a:deleted:0"},
		"delete the expired":            {func() (tenants.TokenSet, error) { return two.Delete("a", late) }, "b:expired:0 a:deleted:0"},
		"delete twice":                  {func() (tenants.TokenSet, error) { return one.Delete("gone", start) }, ""},
		"delete the unknown":            {func() (tenants.TokenSet, error) { return one.Delete("x", start) }, tenants.ErrNoToken.Error()},
		"expire what the clock ended":   {func() (tenants.TokenSet, error) { return one.Expire(late), nil }, "a:expired:0"},
		"expire nothing before the end": {func() (tenants.TokenSet, error) { return two.Expire(start), nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed, err := c.change()
			if got := say(changed, err); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func say(changed tenants.TokenSet, err error) string {
	if err != nil {
		return err.Error()
	}
	words := make([]string, len(changed))
	for i, c := range changed {
		words[i] = fmt.Sprintf("%s:%s:%d", c.KeyID, c.Status, c.Slot)
	}
	return strings.Join(words, " ")
}

func TestARenewedTokenLivesOnForItsOverlap(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	for _, id := range []string{"old", "new"} {
		fresh := tenants.Token{KeyID: id, Expires: start.Add(tenants.Lifetime)}
		changed, err := l.tokens.Create(fresh, start)
		if id == "new" {
			changed, err = l.tokens.Renew("old", fresh, time.Hour, start)
		}
		if err != nil {
			t.Fatal(err)
		}
		l.apply(t, changed)
	}
	for after, want := range map[time.Duration]tenants.Status{0: tenants.Active, time.Hour - 1: tenants.Active, time.Hour: tenants.Expired} {
		if got := l.status("old", start.Add(after)); got != want {
			t.Errorf("after %v: %s", after, got)
		}
	}
	if got := l.status("new", start.Add(tenants.Lifetime)); got != tenants.Expired {
		t.Errorf("after a year: %s", got)
	}
}
