package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/store"
	"scimrelay/tenants"
)

func createToken(t *testing.T, s *store.Store, tenant, keyID string) error {
	return s.Tokens.Change(t.Context(), store.TokenChange{Tenant: tenant, Actor: "test", Kind: "token.created", KeyID: keyID,
		Apply: func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) {
			return set.Create(tenants.Token{Tenant: tenant, KeyID: keyID, Hash: []byte("hash"), Created: now, Expires: now.Add(time.Hour)}, now)
		}})
}

func tokens(t *testing.T, open Open) {
	s := start(t, open)
	for _, id := range []string{"key00001", "key00002"} {
		if err := createToken(t, s, "acme", id); err != nil {
			t.Fatal(err)
		}
	}
	if err := createToken(t, s, "acme", "key00003"); !errors.Is(err, tenants.ErrTooManyActive) || !errors.Is(err, store.ErrTokens) {
		t.Errorf("a third one: %v", err)
	}
	if err := createToken(t, s, "other", "key00004"); err != nil {
		t.Errorf("another tenant's first: %v", err)
	}
	token, err := s.Tokens.Token(t.Context(), "key00001")
	if err != nil || token.Tenant != "acme" || !bytes.Equal(token.Hash, []byte("hash")) || !token.Usable(s.Now()) {
		t.Errorf("token %+v, %v", token, err)
	}
	if _, err := s.Tokens.Token(t.Context(), "nokey000"); !errors.Is(err, tenants.ErrNoToken) {
		t.Errorf("unknown: %v", err)
	}
	at := s.Now().Truncate(time.Millisecond)
	for range 2 {
		if err := s.Tokens.Used(t.Context(), "acme", "key00001", "client entra", at); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Tokens.List(t.Context(), "acme")
	if err != nil || len(list) != 2 || !list[0].LastUsed.Equal(at) {
		t.Errorf("list %+v, %v", list, err)
	}
	events, err := s.Events.Latest(t.Context(), "acme", 10)
	if err != nil || len(events) != 3 || events[0].Kind != "token.first_used" || events[0].Detail != "token key00001, client entra" ||
		events[1].Kind != "token.created" || events[1].Detail != "token key00002" {
		t.Errorf("events %+v, %v", events, err)
	}
}

func tokenRace(t *testing.T, open Open) {
	s := start(t, open)
	if err := createToken(t, s, "acme", "first000"); err != nil {
		t.Fatal(err)
	}
	var made atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			switch err := createToken(t, s, "acme", fmt.Sprintf("race%04d", i)); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, store.ErrTokens):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("%d made beside one active token", made.Load())
	}
}

func settings(t *testing.T, open Open) {
	s := start(t, open)
	answers := make([]string, 20)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			var err error
			if answers[i], err = s.Settings.Ensure(t.Context(), "key", fmt.Sprint("offer", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, a := range answers {
		if a != answers[0] || a == "" {
			t.Fatalf("answers differ: %v", answers)
		}
	}
}

func replacing(t *testing.T, open Open) {
	s := start(t, open)
	for _, name := range []string{"one", "two"} {
		if _, err := s.Settings.Ensure(t.Context(), name, "old "+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Settings.Replace(t.Context(), "one", "old one", "new"); err != nil {
		t.Fatal(err)
	}
	for name, old := range map[string]string{"one": "old one", "three": ""} {
		if err := s.Settings.Replace(t.Context(), name, old, "newer"); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all, err := s.Settings.All(t.Context())
	if err != nil || len(all) != 2 || all["one"] != "new" || all["two"] != "old two" {
		t.Errorf("%v, %v", all, err)
	}
}
