package tenants_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/tenants"
)

// knocker is an Entra client of acme's who knocks with a fresh token of a key.
func knocker(t *testing.T) (*house, func(kid string, key int) error) {
	h := newHouse(t)
	return h, func(kid string, key int) error {
		_, err := h.who(t, "acme", "Bearer "+sign(with(header(), object{"kid": kid}), provisioning(time.Now()), rsaKeys()[key]))
		return err
	}
}

func unavailable(err error) bool {
	return errors.Is(err, tenants.ErrUnavailable) && !errors.Is(err, tenants.ErrUnauthorized)
}

func TestKeysAreFetchedOnceADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, knock := knocker(t)
		for hour := range 50 {
			if err := knock("one", 0); err != nil {
				t.Fatal(err)
			}
			if want := 1 + hour/24; h.entra.questions() != want {
				t.Fatalf("after %d h Entra was asked %d times", hour, h.entra.questions())
			}
			<-time.After(time.Hour)
		}
	})
}

// Keys that Entra has withdrawn are not believed once it could say so.
func TestAWithdrawnKeyIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, knock := knocker(t)
		if err := knock("one", 0); err != nil {
			t.Fatal(err)
		}
		h.entra.set(func(e *entra) { delete(e.keys, "one"); e.keys["two"] = rsaKeys()[1] })
		if err := knock("one", 0); err != nil {
			t.Fatal(err)
		}
		<-time.After(24 * time.Hour)
		if err := knock("one", 0); refusal(err) != "token of an unknown key" {
			t.Fatalf("a withdrawn key opens: %v", err)
		}
		if err := knock("two", 1); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnUnknownKeyIsAskedForOnceInAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, knock := knocker(t)
		if err := knock("one", 0); err != nil {
			t.Fatal(err)
		}
		for n := range 300 { // five minutes of made-up keys
			if err := knock(fmt.Sprint("made-up-", n), 1); refusal(err) != "token of an unknown key" {
				t.Fatal(err)
			}
			if h.entra.questions() != 2 {
				t.Fatalf("after %d s Entra was asked %d times", n, h.entra.questions())
			}
			<-time.After(time.Second)
		}
		h.entra.set(func(e *entra) { e.keys["two"] = rsaKeys()[1] })
		if err := knock("two", 1); err != nil || h.entra.questions() != 3 {
			t.Fatalf("a new key is refused: %v, asked %d times", err, h.entra.questions())
		}
	})
}

func TestANewKeyIsGoodAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, knock := knocker(t)
		if err := knock("one", 0); err != nil {
			t.Fatal(err)
		}
		h.entra.set(func(e *entra) { e.keys["two"] = rsaKeys()[1] })
		if err := knock("two", 1); err != nil {
			t.Fatal(err)
		}
	})
}

func TestKeysThatAreThereServeWhileEntraIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, knock := knocker(t)
		if err := knock("one", 0); err != nil {
			t.Fatal(err)
		}
		h.entra.set(func(e *entra) { e.down = true; delete(e.keys, "one") })
		for day := range 10 {
			<-time.After(24 * time.Hour)
			if err := knock("one", 0); err != nil {
				t.Fatalf("on day %d: %v", day, err)
			}
		}
		if err := knock("two", 1); !unavailable(err) || !errors.Is(err, errDown) {
			t.Errorf("a key nobody could ask for: %v", err)
		}
		asked := h.entra.questions()
		for range 9 {
			<-time.After(time.Second)
			if err := knock("two", 1); !unavailable(err) {
				t.Errorf("a key nobody could ask for: %v", err)
			}
		}
		if more := h.entra.questions() - asked; more != 0 {
			t.Errorf("asked %d times in 9 s", more)
		}
		h.entra.set(func(e *entra) { e.down = false; e.keys["two"] = rsaKeys()[1] })
		<-time.After(time.Second)
		if err := knock("two", 1); err != nil {
			t.Errorf("Entra is back: %v", err)
		}
		if err := knock("one", 0); refusal(err) == "" {
			t.Errorf("a withdrawn key opens: %v", err)
		}
	})
}

func TestWithoutAnyKeysItIsNoRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, knock := knocker(t)
		h.entra.down = true
		if err := knock("one", 0); !unavailable(err) || !errors.Is(err, errDown) {
			t.Fatal(err)
		}
		_, err := h.grant(t, "acme", withAssertion(sign(header(), assertion(time.Now()), rsaKeys()[0])))
		if e := tenants.GrantErrorOf(err); e.Code != tenants.Unavailable {
			t.Error(err)
		}
		// What is wrong in itself is refused all the same, and costs no question.
		asked := h.entra.questions()
		<-time.After(time.Minute)
		if _, err := h.who(t, "acme", "Bearer "+sign(header(), with(provisioning(time.Now()), object{"aud": "x"}), rsaKeys()[0])); refusal(err) == "" {
			t.Error(err)
		}
		if h.entra.questions() != asked {
			t.Error("Entra was asked for a token that is for somebody else")
		}
		h.entra.set(func(e *entra) { e.down = false })
		if err := knock("one", 0); err != nil {
			t.Error(err)
		}
	})
}

func TestOneQuestionServesAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, knock := knocker(t)
		h.entra.hold = make(chan struct{})
		impatient, leave := context.WithCancel(t.Context())
		token := sign(header(), provisioning(time.Now()), rsaKeys()[0])
		first, rest := make(chan error, 1), make(chan error, 50)
		go func() {
			_, err := h.Authenticate(impatient, "acme", []string{"Bearer " + token})
			first <- err
		}()
		synctest.Wait()
		for range cap(rest) {
			go func() { rest <- knock("one", 0) }()
		}
		synctest.Wait()
		leave()
		if err := <-first; !unavailable(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("the one who left got %v", err)
		}
		close(h.entra.hold)
		for range cap(rest) {
			if err := <-rest; err != nil {
				t.Errorf("one who waited got %v", err)
			}
		}
		if h.entra.questions() != 1 {
			t.Errorf("Entra was asked %d times", h.entra.questions())
		}
	})
}

// An issuer that falls silent costs one caller a wait, and those with a known key none after.
func TestASilentIssuerHoldsNobodyUpTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, knock := knocker(t)
		if err := knock("one", 0); err != nil {
			t.Fatal(err)
		}
		h.entra.set(func(e *entra) { e.hold = make(chan struct{}) })
		<-time.After(24 * time.Hour)
		took := func() time.Duration {
			began := time.Now()
			if err := knock("one", 0); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		if first := took(); first != 5*time.Second {
			t.Errorf("the first waited %v", first)
		}
		for range 5 {
			<-time.After(time.Minute)
			if next := took(); next != 0 {
				t.Errorf("the next waited %v", next)
			}
		}
		synctest.Wait()
		<-time.After(time.Minute)
	})
}

// document is a source with one answer.
type document string

func (d document) Keys(context.Context, string) ([]byte, error) { return []byte(d), nil }

func TestDocumentsOfKeysAreReadStrictly(t *testing.T) {
	t.Parallel()
	good := jwk("one", &rsaKeys()[0].PublicKey)
	change := func(name, value string) map[string]string {
		k := jwk("one", &rsaKeys()[0].PublicKey)
		k[name] = value
		return k
	}
	bits := func(n uint) string {
		return b64(new(big.Int).SetBit(big.NewInt(1), int(n-1), 1).Bytes())
	}
	keys := func(list ...map[string]string) string { return string(mustJSON(map[string]any{"keys": list})) }
	many := make([]map[string]string, 65)
	for i := range many {
		many[i] = jwk(fmt.Sprint(i), &rsaKeys()[0].PublicKey)
	}
	for name, c := range map[string]struct {
		document string
		fine     bool
	}{
		"as it is":                        {keys(good), true},
		"with its algorithm":              {keys(change("alg", "RS256")), true},
		"without a use":                   {keys(change("use", "")), true},
		"beside keys that are not for us": {keys(change("kty", "EC"), change("use", "enc"), change("n", bits(1024)), good), true},
		"beside a key without an id":      {keys(change("kid", ""), good), true},
		"not there":                       {"", false},
		"no JSON":                         {"<html>", false},
		"a list":                          {"[]", false},
		"no keys":                         {"{}", false},
		"an empty list":                   {keys(), false},
		"keys of another type":            {keys(change("kty", "oct")), false},
		"keys for encryption":             {keys(change("use", "enc")), false},
		"keys for another algorithm":      {keys(change("alg", "RS512")), false},
		"a short modulus":                 {keys(change("n", bits(2047))), false},
		"a long modulus":                  {keys(change("n", bits(4097))), false},
		"an even modulus":                 {keys(change("n", b64(append(rsaKeys()[0].N.Bytes()[:255], 0)))), false},
		"a modulus that is none":          {keys(change("n", "***")), false},
		"an exponent of 1":                {keys(change("e", "AQ")), false},
		"an exponent of 3":                {keys(change("e", "Aw")), false},
		"an even exponent":                {keys(change("e", "AQAC")), false},
		"a huge exponent":                 {keys(change("e", b64([]byte{1, 0, 0, 0, 1, 1}))), false},
		"an exponent that is none":        {keys(change("e", "=")), false},
		"an id that stands twice":         {keys(good, good), false},
		"an id longer than any":           {keys(change("kid", strings.Repeat("x", 257))), false},
		"more keys than any":              {keys(many...), false},
	} {
		h := newHouse(t)
		h.Keys = &tenants.Keyring{Source: document(c.document), Now: time.Now}
		if c.fine && !json.Valid([]byte(c.document)) {
			t.Fatal(name)
		}
		_, err := h.who(t, "acme", "Bearer "+sign(header(), provisioning(time.Now()), rsaKeys()[0]))
		if c.fine && err != nil || !c.fine && !unavailable(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
