package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"scimrelay/configs"
	"scimrelay/scim/event"
	"scimrelay/store"
	"scimrelay/tenants"
)

// tokenHasher finds the key that tokens are hashed with: the configured one, else for SQLite a
// file of its own beside the database, else one that the shared database keeps. The last is no
// wall against whoever reads the database, unless it is sealed, and says so.
func tokenHasher(ctx context.Context, c configs.Config, s *store.Store, log *slog.Logger) (tenants.Hasher, error) {
	if !c.Tokens.Key.Empty() {
		return tenants.NewHasher([]byte(c.Tokens.Key.Reveal()))
	}
	v, err := openVault(c, s)
	if err != nil {
		return tenants.Hasher{}, err
	}
	name := tokenKeySetting
	if v.kind == "file" {
		name = tokenKeyFile
	}
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails
	key, err := v.ensure(ctx, name, hex.EncodeToString(fresh))
	if err != nil {
		return tenants.Hasher{}, err
	}
	if v.shared() {
		log.Warn("the key of the token hashes is kept in the database: set tokens.key to keep it apart, or secrets.keys to seal it")
	}
	return tenants.NewHasher([]byte(key))
}

// eventSigner finds the key that events are signed with: for SQLite in a file of its own beside
// the database, else in the database that all processes share, which says so unless it is sealed:
// whoever reads the database could sign.
func eventSigner(ctx context.Context, c configs.Config, s *store.Store, log *slog.Logger) (*event.Signer, error) {
	fresh, err := event.NewKey()
	if err != nil {
		return nil, err
	}
	v, err := openVault(c, s)
	if err != nil {
		return nil, err
	}
	key, err := v.ensure(ctx, eventKey, fresh)
	if err != nil {
		return nil, err
	}
	if v.shared() {
		log.Warn("the key that asynchronous answers are signed with is kept in the database: set secrets.keys to seal it")
	}
	return event.NewSigner(key)
}

// newToken creates a token of the tenant and returns its secret.
func (g *gateway) newToken(ctx context.Context, tenant, actor string) (secret string, err error) {
	hasher, err := tokenHasher(ctx, g.config, g.store, g.log)
	if err != nil {
		return "", err
	}
	fresh, secret, err := hasher.Issue(rand.Reader, tenant, g.store.Now())
	if err != nil {
		return "", err
	}
	return secret, g.store.Tokens.Change(ctx, store.TokenChange{Tenant: tenant, Actor: actor, Kind: "token.created", KeyID: fresh.KeyID,
		Apply: func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) { return set.Create(fresh, now) }})
}

// exclusive reports that only one process may serve the store: a file that nobody else rings for.
func exclusive(c configs.Config) bool {
	_, _, file := c.Store.URL.SQLite()
	return file && c.Queue.URL.Scheme() == "inprocess"
}

// lockData makes sure that a process that takes itself to be alone is: a second one on the
// same SQLite file would take over its turns.
func lockData(c configs.Config) (release func(), err error) {
	if !exclusive(c) {
		return func() {}, nil
	}
	path, _, _ := c.Store.URL.SQLite()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock := flock.New(path + ".lock")
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if !held {
		return nil, fmt.Errorf("another scimrelay serves %s already", path)
	}
	return func() { _ = lock.Unlock() }, nil
}
