package tenants_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"

	"scimrelay/tenants"
)

// shelf is a store of tokens that counts, fails and hangs when told.
type shelf struct {
	mu     sync.Mutex
	tokens map[string]tenants.Token
	err    error
	asked  int
	hold   chan struct{}
}

func (s *shelf) Token(ctx context.Context, keyID string) (tenants.Token, error) {
	s.mu.Lock()
	s.asked++
	hold := s.hold
	s.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return tenants.Token{}, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ok := s.tokens[keyID]
	switch {
	case s.err != nil:
		return tenants.Token{}, s.err
	case !ok:
		return tenants.Token{}, tenants.ErrNoToken
	}
	return token, nil
}

func (s *shelf) change(keyID string, how func(*tenants.Token)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := s.tokens[keyID]
	how(&token)
	s.tokens[keyID] = token
}

// town is the tenants there are.
type town map[string]*tenants.Tenant

func (t town) Tenant(id string) (*tenants.Tenant, bool) {
	tenant, ok := t[id]
	return tenant, ok
}

type door struct {
	tenants.Authenticator
	shelf  *shelf
	token  tenants.Token
	secret string
	used   []string
}

func newDoor(t testing.TB) *door {
	t.Helper()
	h := mustHasher(t)
	token, secret := mustIssue(t, h, time.Now())
	set, err := tenants.TokenSet{}.Create(token, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d := &door{shelf: &shelf{tokens: map[string]tenants.Token{token.KeyID: set[0]}}, token: set[0], secret: secret}
	d.Authenticator = tenants.Authenticator{
		Tenants: town{"acme": {ID: "acme", Auth: tenants.DefaultAuth()}, "other": {ID: "other", Auth: tenants.DefaultAuth()},
			"strict": {ID: "strict", Auth: tenants.Auth{Bearer: true}}, "closed": {ID: "closed"}}, Tokens: d.shelf, Hasher: h, Now: time.Now,
		Used: func(token tenants.Token, _ time.Time) { d.used = append(d.used, token.KeyID) },
	}
	return d
}

func (d *door) knock(ctx context.Context, tenant string, values ...string) error {
	_, err := d.Authenticate(ctx, tenant, values)
	return err
}

func TestAuthenticateOpensForTheTenantsToken(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", ""} {
		p, err := d.Authenticate(t.Context(), "acme", []string{scheme + d.secret})
		if err != nil || p.Tenant.ID != "acme" || p.KeyID != d.token.KeyID || p.Actor() != "token:"+d.token.KeyID {
			t.Errorf("%q: %+v, %v", scheme, p, err)
		}
	}
}

func TestAuthenticateRefusesMalformedTokensWithoutALookup(t *testing.T) {
	t.Parallel()
	wrong := board.Begin(t, "X52").Sum("malformed tokens", 15)
	d := newDoor(t)
	for name, values := range map[string][]string{
		"no header": nil, "an empty one": {""}, "the scheme alone": {"Bearer"}, "an empty token": {"Bearer "},
		"two headers": {"Bearer " + d.secret, "Bearer " + d.secret}, "a bare token and more": {d.secret + "x"}, "a blank before": {" " + d.secret}, "Basic": {"Basic " + d.secret},
		"two spaces": {"Bearer  " + d.secret}, "a tab": {"Bearer\t" + d.secret}, "a space after": {"Bearer " + d.secret + " "},
		"a list": {"Bearer " + d.secret + ", Bearer " + d.secret}, "a short one": {"Bearer " + d.secret[:61]},
		"a typing error": {"Bearer " + d.secret[:61] + "-"}, "a megabyte": {"Bearer " + strings.Repeat("a", 1<<20)},
	} {
		wrong.Add(1)
		if err := d.knock(t.Context(), "acme", values...); !errors.Is(err, tenants.ErrUnauthorized) || errors.Is(err, tenants.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d.shelf.asked != 0 {
		t.Errorf("the store was asked %d times", d.shelf.asked)
	}
}

func TestAuthenticateRefusesWithTheReasonForTheLogOnly(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, unknown := mustIssue(t, mustHasher(t), time.Now())
	orphan, orphaned := mustIssue(t, mustHasher(t), time.Now())
	orphan.Tenant, orphan.Status = "gone", tenants.Active
	off, offSecret := mustIssue(t, mustHasher(t), time.Now())
	off.Status = tenants.Inactive
	forged, forgery := mustIssue(t, mustHasher(t), time.Now())
	forged.Hash, forged.Status = d.token.Hash, tenants.Active
	strict, strictSecret := mustIssue(t, mustHasher(t), time.Now())
	strict.Tenant, strict.Status = "strict", tenants.Active
	closed, closedSecret := mustIssue(t, mustHasher(t), time.Now())
	closed.Tenant, closed.Status = "closed", tenants.Active
	for _, token := range []tenants.Token{orphan, off, forged, strict, closed} {
		d.shelf.tokens[token.KeyID] = token
	}
	for name, c := range map[string]struct{ tenant, secret, reason string }{
		"an unknown key id":    {"acme", unknown, "unknown token"},
		"a wrong secret":       {"acme", forgery, "unknown token"},
		"another tenant":       {"other", d.secret, "token of another tenant"},
		"no such tenant":       {"nobody", d.secret, "token of another tenant"},
		"a tenant gone":        {"gone", orphaned, "unknown tenant"},
		"an inactive token":    {"acme", offSecret, "token is inactive"},
		"an upper-case path":   {"ACME", d.secret, "token of another tenant"},
		"an empty tenant":      {"", d.secret, "token of another tenant"},
		"an unknown for none":  {"nobody", unknown, "unknown token"},
		"tokens that are off":  {"closed", closedSecret, "tokens are switched off"},
		"bare where it is off": {"strict", strictSecret, "tokens are switched off"},
	} {
		header := "Bearer " + c.secret
		if strings.HasPrefix(name, "bare") {
			header = c.secret
		}
		err := d.knock(t.Context(), c.tenant, header)
		var refusal *tenants.Refusal
		if !errors.As(err, &refusal) || !errors.Is(err, tenants.ErrUnauthorized) || refusal.Reason != c.reason {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), c.secret) {
			t.Errorf("%s: the secret shows", name)
		}
	}
	if len(d.used) > 0 {
		t.Errorf("use was told: %v", d.used)
	}
}

func TestAStoreThatFailsIsNoRefusal(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.shelf.err = errors.New("disk on fire")
	err := d.knock(t.Context(), "acme", "Bearer "+d.secret)
	if errors.Is(err, tenants.ErrUnauthorized) || !errors.Is(err, tenants.ErrUnavailable) || !errors.Is(err, d.shelf.err) {
		t.Fatal(err)
	}
	d.shelf.err = nil
	if err := d.knock(t.Context(), "acme", "Bearer "+d.secret); err != nil {
		t.Fatalf("a failure was remembered: %v", err)
	}
}

func TestRevocationIsEffectiveWithinASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		bearer := "Bearer " + d.secret
		for range 10 {
			if err := d.knock(t.Context(), "acme", bearer); err != nil {
				t.Fatal(err)
			}
		}
		if d.shelf.asked != 1 {
			t.Errorf("the store was asked %d times", d.shelf.asked)
		}
		d.shelf.change(d.token.KeyID, func(token *tenants.Token) { token.Status, token.Slot = tenants.Inactive, 0 })
		<-time.After(time.Second)
		if err := d.knock(t.Context(), "acme", bearer); !errors.Is(err, tenants.ErrUnauthorized) {
			t.Fatalf("a revoked token opens: %v", err)
		}
		d.shelf.change(d.token.KeyID, func(token *tenants.Token) { token.Status, token.Slot = tenants.Active, 1 })
		<-time.After(time.Second)
		if err := d.knock(t.Context(), "acme", bearer); err != nil {
			t.Fatalf("an activated token is refused: %v", err)
		}
		<-time.After(tenants.Lifetime)
		if err := d.knock(t.Context(), "acme", bearer); !errors.Is(err, tenants.ErrUnauthorized) {
			t.Fatalf("an expired token opens: %v", err)
		}
	})
}

func TestUnknownKeyIDsAreRememberedForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		token, secret := mustIssue(t, mustHasher(t), time.Now())
		for range 5 {
			if err := d.knock(t.Context(), "acme", "Bearer "+secret); !errors.Is(err, tenants.ErrUnauthorized) {
				t.Fatal(err)
			}
		}
		if d.shelf.asked != 1 {
			t.Errorf("the store was asked %d times", d.shelf.asked)
		}
		token.Status = tenants.Active
		d.shelf.tokens[token.KeyID] = token
		<-time.After(500 * time.Millisecond)
		if err := d.knock(t.Context(), "acme", "Bearer "+secret); err != nil {
			t.Fatalf("a new token is refused: %v", err)
		}
	})
}

func TestOneLookupServesAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.Used = nil
		d.shelf.hold = make(chan struct{})
		impatient, leave := context.WithCancel(t.Context())
		first, rest := make(chan error, 1), make(chan error, 50)
		go func() { first <- d.knock(impatient, "acme", "Bearer "+d.secret) }()
		synctest.Wait()
		for range cap(rest) {
			go func() { rest <- d.knock(t.Context(), "acme", "Bearer "+d.secret) }()
		}
		synctest.Wait()
		leave()
		if err := <-first; !errors.Is(err, tenants.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("the one who left got %v", err)
		}
		close(d.shelf.hold)
		for range cap(rest) {
			if err := <-rest; err != nil {
				t.Errorf("one who waited got %v", err)
			}
		}
		if d.shelf.asked != 1 {
			t.Errorf("the store was asked %d times", d.shelf.asked)
		}
	})
}

func TestAStoreThatHangsIsUnavailable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.shelf.hold = make(chan struct{})
		if err := d.knock(t.Context(), "acme", "Bearer "+d.secret); !errors.Is(err, tenants.ErrUnavailable) {
			t.Fatal(err)
		}
	})
}

func TestUseIsToldOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		for range 150 {
			if err := d.knock(t.Context(), "acme", "Bearer "+d.secret); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Second)
		}
		if len(d.used) != 3 {
			t.Fatalf("told %d times in 150 s", len(d.used))
		}
		d.shelf.change(d.token.KeyID, func(token *tenants.Token) { token.LastUsed = time.Now().Add(time.Minute) })
		<-time.After(time.Minute + time.Second)
		if err := d.knock(t.Context(), "acme", "Bearer "+d.secret); err != nil || len(d.used) != 3 {
			t.Fatalf("what another process told was told again: %d, %v", len(d.used), err)
		}
	})
}
