package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// migrateLimit is how long somebody else may take to bring a file up to date.
	migrateLimit = 2 * time.Minute
	migrateRetry = 20 * time.Millisecond
)

// migrate brings the schema up to date. Whoever else would do it at the same time waits: at a
// server for a lock of the database's own, beside a file for one of the system, which ends with
// its process.
func (db *database) migrate(ctx context.Context) (err error) {
	release, err := db.engine.lockSchema(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	var options []goose.ProviderOption
	if db.engine.server() {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("store: migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(goose.Dialect(db.engine.name), db.write, dir, options...)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	_, err = provider.Up(ctx)
	return unavailable("migrate", err)
}

// lockSchema waits until nobody else migrates the file. A server needs none of it.
func (e engine) lockSchema(ctx context.Context) (release func() error, err error) {
	if e.file == "" {
		return func() error { return nil }, nil
	}
	ctx, cancel := context.WithTimeout(ctx, migrateLimit)
	defer cancel()
	own := flock.New(e.file + ".schema.lock")
	_, err = own.TryLockContext(ctx, migrateRetry)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, fmt.Errorf("store: migrate: another process brings the schema of %s up to date: %w", e.file, err)
	case err != nil:
		return nil, fmt.Errorf("store: migrate: lock the schema: %w", err)
	}
	return own.Unlock, nil
}
